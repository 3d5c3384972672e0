package com.runspace.keys;

import java.util.concurrent.atomic.AtomicBoolean;

/** Whether the limits of a key let a call begin. */
public sealed interface Admission {

  /** The call may run. It must be ended, however it ends. */
  final class Admitted implements Admission {
    private final Limiter limiter;
    private final Limiter.Reservation reservation;
    private final AtomicBoolean ended = new AtomicBoolean();

    Admitted(Limiter limiter, Limiter.Reservation reservation) {
      this.limiter = limiter;
      this.reservation = reservation;
    }

    /**
     * Ends the call: its place among the running ones is free, tokens that it reserved and did not
     * use go back as far as they are not back by themselves, and what it used beyond is charged.
     * Only the first time counts.
     *
     * @param nowNanos monotonic
     * @param usedTokens of prompt and answer together; 0 for a call that reached no provider
     */
    public void end(long nowNanos, long usedTokens) {
      if (ended.compareAndSet(false, true)) {
        limiter.end(reservation, nowNanos, usedTokens);
      }
    }
  }

  /**
   * The call may not begin, and nothing was taken for it.
   *
   * @param limit the limit that is reached, in its own unit
   * @param remaining what is left of it now, less than what the call needs
   * @param retryAfterMillis when the same call would be let in if no other came, at least 1; for
   *     {@link Kind#CONCURRENT} nobody knows, and it is a second
   */
  record Limited(Kind kind, long limit, long remaining, long retryAfterMillis)
      implements Admission {}

  /** Which limit. */
  enum Kind {
    REQUESTS,
    TOKENS,
    CONCURRENT
  }
}
