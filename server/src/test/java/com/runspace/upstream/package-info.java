@NullMarked
package com.runspace.upstream;

import org.jspecify.annotations.NullMarked;
