/** The pages in a real browser, with a wallet in it that signs with real keys. */
@NullMarked
package com.runspace.browser;

import org.jspecify.annotations.NullMarked;
