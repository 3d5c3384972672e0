package com.runspace.gate;

import java.time.Instant;

/**
 * One reading of all wallets at one block.
 *
 * @param id in the store
 * @param number of the block or the slot; {@link #BY_TIME} where only the time is known
 * @param hash of the block; empty where a chain is not read by hash
 */
record Round(long id, Instant at, long number, String hash) {
  /** A round in the past of a chain whose state of then cannot be had, only what happened since. */
  static final long BY_TIME = -1;
}
