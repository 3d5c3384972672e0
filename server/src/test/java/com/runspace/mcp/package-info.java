@NullMarked
package com.runspace.mcp;

import org.jspecify.annotations.NullMarked;
