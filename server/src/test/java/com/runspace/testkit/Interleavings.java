package com.runspace.testkit;

import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.StressOptions;

/**
 * Lets Lincheck run the operations of a class on several threads: once in every order that it finds
 * within its bounds, and at length also as they come. Each result must be that of some order one
 * after the other.
 *
 * <p>The bounds are small; {@code LINCHECK=long} in the environment makes them large.
 */
public final class Interleavings {
  private static final boolean LONG = "long".equals(System.getenv("LINCHECK"));

  private Interleavings() {}

  /**
   * Runs scenarios of {@code operations}. The bounds are those within which a ledger and a limiter
   * that write without comparing are found; fewer scenarios, or full limits before, find nothing.
   */
  public static void check(Class<?> operations) {
    new ModelCheckingOptions()
        .iterations(LONG ? 500 : 12)
        .invocationsPerIteration(LONG ? 10_000 : 300)
        .threads(2)
        .actorsPerThread(LONG ? 3 : 2)
        .actorsBefore(0)
        .actorsAfter(1)
        .check(operations);
    if (!LONG) {
      return;
    }
    new StressOptions()
        .iterations(500)
        .invocationsPerIteration(10_000)
        .threads(3)
        .actorsPerThread(2)
        .actorsBefore(0)
        .actorsAfter(1)
        .check(operations);
  }
}
