@NullMarked
package com.runspace.dashboard;

import org.jspecify.annotations.NullMarked;
