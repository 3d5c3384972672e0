/** Sends a request to a provider and hands back its answer as it arrives. */
@NullMarked
package com.runspace.upstream;

import org.jspecify.annotations.NullMarked;
