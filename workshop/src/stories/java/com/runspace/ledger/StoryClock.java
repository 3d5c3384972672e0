package com.runspace.ledger;

import com.runspace.base.Time;

/** Two clocks that stand still until the story moves them. */
final class StoryClock implements Time {
  private static final long DAY = 86_400_000;

  private long nanos = 7_000_000_000_000L;
  private long epochMillis;

  StoryClock(long epochMillis) {
    this.epochMillis = epochMillis;
  }

  void advance(long millis) {
    nanos += millis * 1_000_000;
    epochMillis += millis;
  }

  /** Sets the wall clock alone. */
  void jump(long millis) {
    epochMillis += millis;
  }

  /** Goes on to the next midnight, or to some milliseconds beside it. */
  void toMidnight(long beside) {
    advance(Math.max(0, DAY - Math.floorMod(epochMillis, DAY) + beside));
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public long epochMillis() {
    return epochMillis;
  }
}
