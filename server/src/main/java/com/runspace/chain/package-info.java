/** What a chain knows, and how to ask it: addresses, signatures, balances. */
@NullMarked
package com.runspace.chain;

import org.jspecify.annotations.NullMarked;
