/** The floor, and the gate on real chains. */
@NullMarked
package com.runspace.gate;

import org.jspecify.annotations.NullMarked;
