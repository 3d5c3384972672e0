package com.runspace.testkit;

import java.time.Duration;

/** A point in time by which something has to have happened. */
record Deadline(long atNanos, Duration limit) {
  static Deadline in(Duration limit) {
    return new Deadline(System.nanoTime() + limit.toNanos(), limit);
  }

  /** What is left, in nanoseconds; 0 or less once it has passed. */
  long remainingNanos() {
    return atNanos - System.nanoTime();
  }

  boolean passed() {
    return remainingNanos() <= 0;
  }

  /** What is left for a socket, in milliseconds: at least 1, as 0 would mean for ever there. */
  int socketMillis() {
    return Math.clamp(remainingNanos() / 1_000_000, 1, Integer.MAX_VALUE);
  }
}
