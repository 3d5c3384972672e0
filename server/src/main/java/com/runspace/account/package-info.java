/** What the holder of a key asks about it: how the day stands, and what was used. */
@NullMarked
package com.runspace.account;

import org.jspecify.annotations.NullMarked;
