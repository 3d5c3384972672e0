@NullMarked
package com.runspace.workshop;

import org.jspecify.annotations.NullMarked;
