package com.runspace.journal;

import java.util.Collection;

/**
 * What of the journal the store does not have yet.
 *
 * @param segments files of the journal
 * @param waitingBytes written and not yet posted
 * @param openCalls admitted and not yet settled
 * @param lagNanos how long ago the store had all that was written then; 0 when nothing waits
 * @param isRefused whether the store did not take it the last time
 */
public record Backlog(
    int segments, long waitingBytes, int openCalls, long lagNanos, boolean isRefused) {
  /** Of a ledger that keeps no journal. */
  public static final Backlog NONE = new Backlog(0, 0, 0, 0, false);

  /**
   * As of about now, while loops and poster write.
   *
   * @param sinceNanos how long ago the last posting of all began
   */
  static Backlog of(Collection<Segment> segments, long sinceNanos, boolean isRefused) {
    long waiting = 0;
    int open = 0;
    for (Segment segment : segments) {
      waiting += segment.written - segment.posted;
      open += segment.openCalls();
    }
    return new Backlog(segments.size(), waiting, open, waiting == 0 ? 0 : sinceNanos, isRefused);
  }
}
