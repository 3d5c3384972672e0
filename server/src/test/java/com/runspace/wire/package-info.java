/** The formats, against tables, references and mutations. */
@NullMarked
package com.runspace.wire;

import org.jspecify.annotations.NullMarked;
