package com.runspace.base;

/** Lets something be said once, and again only after a while. Belongs to one thread. */
public final class Seldom {
  private final Time time;
  private final long pauseNanos;
  private long saidNanos;

  /**
   * Nothing has been said yet.
   *
   * @param pauseNanos how long it is then not said again
   */
  public Seldom(Time time, long pauseNanos) {
    this.time = time;
    this.pauseNanos = pauseNanos;
    this.saidNanos = time.nanos() - pauseNanos;
  }

  /** Whether it is to be said now, which counts as said. */
  public boolean isDue() {
    long now = time.nanos();
    if (now - saidNanos < pauseNanos) {
      return false;
    }
    saidNanos = now;
    return true;
  }
}
