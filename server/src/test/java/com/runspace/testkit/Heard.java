package com.runspace.testkit;

import com.runspace.cluster.Announcements;
import java.sql.SQLException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** What a node of a test does with news, and patience for news to arrive. */
public final class Heard {
  private static final long SOON_NANOS = 10_000_000_000L;

  private Heard() {}

  /** Takes in one thing, from the store. */
  @FunctionalInterface
  public interface Taking {
    void heard(String text) throws SQLException;
  }

  /** Takes in all things, from the store. */
  @FunctionalInterface
  public interface TakingAll {
    void resync() throws SQLException;
  }

  public static Announcements.Listener by(Taking one, TakingAll all) {
    return new Announcements.Listener() {
      @Override
      public void heard(String text) throws SQLException {
        one.heard(text);
      }

      @Override
      public void resync() throws SQLException {
        all.resync();
      }
    };
  }

  /** Waits for something to come true; an error after ten seconds. */
  public static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + SOON_NANOS;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not in time: " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
