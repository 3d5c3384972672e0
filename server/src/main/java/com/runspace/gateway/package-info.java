/** One chat request from key check to last byte, in order; lists the models. */
@NullMarked
package com.runspace.gateway;

import org.jspecify.annotations.NullMarked;
