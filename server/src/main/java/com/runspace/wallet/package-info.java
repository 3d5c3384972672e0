/** Who you are on a chain: sign-in, linked wallets, sessions. */
@NullMarked
package com.runspace.wallet;

import org.jspecify.annotations.NullMarked;
