package com.runspace.keys;

import java.util.concurrent.CompletionStage;
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
   * @param remaining what is left of it now on this node, less than what the call needs
   * @param retryAfterMillis when the same call would be let in if no other came, at least 1; for
   *     {@link Kind#CONCURRENT} nobody knows, and it is a second; where nodes share the limit it is
   *     an estimate
   */
  record Limited(Kind kind, long limit, long remaining, long retryAfterMillis)
      implements Admission {}

  /**
   * The call does not fit into this node's parts of the limits, and more was asked for. Nothing was
   * taken for it; when this completes, ask again.
   */
  record Coming(CompletionStage<?> arrival) implements Admission {}

  /**
   * The call does not fit into this node's parts of the limits, and the store cannot be asked for
   * more; or it could not be asked for so long that the parts are others'. Nothing was taken.
   */
  record Closed() implements Admission {}

  /** Which limit. */
  enum Kind {
    REQUESTS,
    TOKENS,
    CONCURRENT
  }
}
