/** A node's own append-only record of calls, and the way of its records into the store. */
@NullMarked
package com.runspace.journal;

import org.jspecify.annotations.NullMarked;
