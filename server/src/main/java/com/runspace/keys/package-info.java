/** Makes, finds, limits and revokes bearer credentials. */
@NullMarked
package com.runspace.keys;

import org.jspecify.annotations.NullMarked;
