/** Prices and quotes, against exact arithmetic. */
@NullMarked
package com.runspace.models;

import org.jspecify.annotations.NullMarked;
