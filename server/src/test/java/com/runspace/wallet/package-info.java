@NullMarked
package com.runspace.wallet;

import org.jspecify.annotations.NullMarked;
