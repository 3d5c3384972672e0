package com.runspace.testkit;

import com.runspace.base.Time;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/** Clocks that stand still until the test moves them. Safe to share between threads. */
public final class ManualTime implements Time {
  // Not zero, so that code which takes nanos for a time since some start is found out.
  private final AtomicLong nanos = new AtomicLong(7_000_000_000_000L);
  // Nanoseconds, so that small advances add up.
  private final AtomicLong epochNanos;

  private ManualTime(Instant moment) {
    this.epochNanos = new AtomicLong(nanosAt(moment));
  }

  /** Stands at a wall-clock moment such as {@code 2026-11-01T23:59:59Z}. */
  public static ManualTime at(String moment) {
    return new ManualTime(Instant.parse(moment));
  }

  /** Moves both clocks. */
  public void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
    epochNanos.addAndGet(by.toNanos());
  }

  /** Moves the wall clock alone, back too, as an administrator or a time server does. */
  public void jumpTo(String moment) {
    epochNanos.set(nanosAt(Instant.parse(moment)));
  }

  @Override
  public long nanos() {
    return nanos.get();
  }

  @Override
  public long epochMillis() {
    return Math.floorDiv(epochNanos.get(), 1_000_000L);
  }

  private static long nanosAt(Instant moment) {
    return Math.multiplyExact(moment.toEpochMilli(), 1_000_000L);
  }
}
