package com.runspace.upstream;

/**
 * Keeps calls away from a route that fails, and lets one through now and then to see whether it
 * still does. Safe to share between threads; on the way of a call that goes well it costs one read.
 *
 * <p>After a few failures in a row the route rests. When its rest is over one call tries it; each
 * failure more doubles the rest, and a success ends all of that.
 */
final class Breaker {
  static final long REST_NANOS = 5_000_000_000L;
  static final long REST_NANOS_MAX = 60_000_000_000L;

  private final int failuresBeforeRest;
  private volatile boolean calm = true;
  private int failures;
  private long restNanos = REST_NANOS;
  private boolean resting;
  private long restsUntilNanos;

  /**
   * A route that has not failed yet.
   *
   * @param failuresBeforeRest failed calls in a row after which it rests; 0 for never
   */
  Breaker(int failuresBeforeRest) {
    this.failuresBeforeRest = failuresBeforeRest;
  }

  /** Whether a call may be sent; the one that is let through to try counts as sent. */
  boolean admits(long nowNanos) {
    return calm || tries(nowNanos);
  }

  private synchronized boolean tries(long nowNanos) {
    if (!resting) {
      return true;
    }
    if (nowNanos - restsUntilNanos < 0) {
      return false;
    }
    // Others wait until it is known how this one went, or for one more rest.
    restsUntilNanos = nowNanos + restNanos;
    return true;
  }

  /** Whether the route rests. */
  boolean isResting(long nowNanos) {
    return !calm && restLeft(nowNanos) > 0;
  }

  /** Nanoseconds until a call is let through; 0 when one would be now. */
  synchronized long restLeft(long nowNanos) {
    return resting ? Math.max(0, restsUntilNanos - nowNanos) : 0;
  }

  void succeeded() {
    if (!calm) {
      reset();
    }
  }

  private synchronized void reset() {
    failures = 0;
    resting = false;
    restNanos = REST_NANOS;
    calm = true;
  }

  /** Notes a failure; true when the route begins to rest because of it. */
  synchronized boolean failed(long nowNanos) {
    calm = false;
    if (failuresBeforeRest == 0 || ++failures < failuresBeforeRest) {
      return false;
    }
    boolean begins = failures == failuresBeforeRest;
    restNanos = begins ? REST_NANOS : Math.min(2 * restNanos, REST_NANOS_MAX);
    rest(nowNanos, restNanos);
    return begins;
  }

  /** Rests for as long as the provider asked. */
  synchronized void rest(long nowNanos, long nanos) {
    calm = false;
    resting = true;
    restsUntilNanos = nowNanos + nanos;
  }
}
