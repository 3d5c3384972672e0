/** Nodes that divide limits, in all orders of small cases and in long stories. */
@NullMarked
package com.runspace.cluster;

import org.jspecify.annotations.NullMarked;
