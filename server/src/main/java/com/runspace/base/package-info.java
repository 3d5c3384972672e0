/** The few things every room shares: money, days, time, randomness, secrets. */
@NullMarked
package com.runspace.base;

import org.jspecify.annotations.NullMarked;
