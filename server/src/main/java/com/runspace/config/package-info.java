/** The operator's one file, what ships with the program, and what of both is in force. */
@NullMarked
package com.runspace.config;

import org.jspecify.annotations.NullMarked;
