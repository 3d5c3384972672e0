@NullMarked
package com.runspace.chain;

import org.jspecify.annotations.NullMarked;
