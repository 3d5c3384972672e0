/** Several nodes on one store. */
@NullMarked
package com.runspace.cluster;

import org.jspecify.annotations.NullMarked;
