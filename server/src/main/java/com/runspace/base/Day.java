package com.runspace.base;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/** One day in UTC, as days since 1970-01-01. Allowances are granted per account and day. */
public record Day(long epochDay) implements Comparable<Day> {
  private static final long MILLIS = 86_400_000L;

  public static Day ofEpochMillis(long epochMillis) {
    return new Day(Math.floorDiv(epochMillis, MILLIS));
  }

  public Day next() {
    return new Day(epochDay + 1);
  }

  public Day previous() {
    return new Day(epochDay - 1);
  }

  /** Milliseconds since the epoch at 00:00 UTC of this day. */
  public long startEpochMillis() {
    return epochDay * MILLIS;
  }

  /** 00:00 UTC of the day after: when a new allowance begins. */
  public Instant end() {
    return Instant.ofEpochMilli(next().startEpochMillis());
  }

  /** Whole seconds, rounded up, from {@code epochMillis} to the end of this day; at least 1. */
  public long secondsLeft(long epochMillis) {
    return Math.max(1, Math.ceilDiv(next().startEpochMillis() - epochMillis, 1000L));
  }

  @Override
  public int compareTo(Day other) {
    return Long.compare(epochDay, other.epochDay);
  }

  /** ISO date, for example {@code 2026-11-22}. */
  @Override
  public String toString() {
    return LocalDate.ofInstant(Instant.ofEpochMilli(startEpochMillis()), ZoneOffset.UTC).toString();
  }
}
