/** Key texts and who they belong to. */
@NullMarked
package com.runspace.keys;

import org.jspecify.annotations.NullMarked;
