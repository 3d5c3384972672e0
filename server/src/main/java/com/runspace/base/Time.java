package com.runspace.base;

/** The two clocks, passed in so that tests own them. Safe to share between threads. */
public interface Time {
  /** Monotonic nanoseconds; only differences mean anything. */
  long nanos();

  /** Wall clock, milliseconds since 1970-01-01T00:00Z. */
  long epochMillis();

  /** The clocks of this machine. */
  static Time system() {
    return new Time() {
      @Override
      public long nanos() {
        return System.nanoTime();
      }

      @Override
      public long epochMillis() {
        return System.currentTimeMillis();
      }
    };
  }
}
