package com.runspace.cluster;

import com.runspace.cluster.LeaseStore.Wish;

/** How much of what is left of a limit a node is given. */
final class Division {
  /** No wish is given more of a limit at once than such a part, unless it needs more. */
  static final int PARTS = 8;

  /** What is left is not divided any finer than this, or it would be for ever. */
  private static final int FINEST = 256;

  private Division() {}

  /**
   * What is written for a node, and what of it is new to the node.
   *
   * @param given beyond what the node has
   * @param amount that all nodes together leave to this one; at least what it has and is given
   */
  record Share(long given, long amount) {}

  /**
   * Divides a limit for one wish.
   *
   * @param highest what the limit has been at the most; nodes never have more together
   * @param others what all other nodes have
   */
  static Share divide(Wish wish, long highest, long others) {
    long given = give(wish, Math.min(wish.limit(), highest) - others - wish.have());
    // A store that has lost what it had confirmed may know of less than the node has.
    long amount = Math.clamp(wish.have() + given, 0, Math.max(0, highest - others));
    return new Share(given, amount);
  }

  /**
   * What to give beyond what the node has; never more than is left.
   *
   * <p>What is needed, as far as it is there; then what would be good, up to half of what is left,
   * so that the other nodes find something too, and up to an eighth of the limit, so that the loss
   * of a node's disk loses little.
   *
   * @param left what no node has
   */
  static long give(Wish wish, long left) {
    if (left <= 0) {
      return 0;
    }
    long half = Math.max(Math.ceilDiv(left, 2), Math.ceilDiv(wish.limit(), FINEST));
    long most = Math.min(half, Math.ceilDiv(wish.limit(), PARTS));
    return Math.min(left, Math.max(wish.least(), Math.min(wish.more(), most)));
  }
}
