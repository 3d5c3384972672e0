/** Real chains on this machine: an EVM node, and Solana's programs behind a small node. */
@NullMarked
package com.runspace.chains;

import org.jspecify.annotations.NullMarked;
