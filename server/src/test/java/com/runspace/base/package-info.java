/** Money, days, deadlines and secrets. */
@NullMarked
package com.runspace.base;

import org.jspecify.annotations.NullMarked;
