package com.runspace.cluster;

import com.runspace.cluster.LeaseStore.Wish;

/** How much of what is left of a limit a node is given. */
final class Division {
  /** No wish is given more of a limit at once than such a part, unless it needs more. */
  private static final int PARTS = 8;

  private Division() {}

  /**
   * What to give beyond what the node has; never more than is left.
   *
   * <p>All that is needed, if there is so much; then what would be good, up to half of what is
   * left, so that the other nodes find something too, and up to an eighth of the limit, so that the
   * loss of a node's disk loses little.
   *
   * @param left what no node has
   */
  static long give(Wish wish, long left) {
    if (left <= 0 || wish.least() > left) {
      return 0;
    }
    long most = Math.min(Math.ceilDiv(left, 2), Math.ceilDiv(wish.limit(), PARTS));
    return Math.max(wish.least(), Math.min(wish.more(), most));
  }
}
