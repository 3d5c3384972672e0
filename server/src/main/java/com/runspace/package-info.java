/** The front door: builds every object once, by hand, and starts the service. */
@NullMarked
package com.runspace;

import org.jspecify.annotations.NullMarked;
