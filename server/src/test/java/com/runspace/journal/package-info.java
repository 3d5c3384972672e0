/** Journals that are cut, torn, changed and read again. */
@NullMarked
package com.runspace.journal;

import org.jspecify.annotations.NullMarked;
