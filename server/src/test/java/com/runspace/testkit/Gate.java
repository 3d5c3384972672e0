package com.runspace.testkit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A point in a script where the peer waits until the test lets it go on. Opens once, for all. */
public final class Gate {
  private final String name;
  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch opened = new CountDownLatch(1);

  private Gate(String name) {
    this.name = name;
  }

  public static Gate named(String name) {
    return new Gate(name);
  }

  public void open() {
    opened.countDown();
  }

  public boolean isOpen() {
    return opened.getCount() == 0;
  }

  /** Waits until a script stands at this gate: all it sends before the gate is then sent. */
  public void awaitReached(Duration limit) {
    try {
      if (!reached.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("no script came to " + this + " within " + limit);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting for a script at " + this, e);
    }
  }

  /** The script's side. Has no limit of its own: closing the upstream interrupts it. */
  void pass() throws InterruptedException {
    reached.countDown();
    opened.await();
  }

  @Override
  public String toString() {
    return "gate '" + name + "'";
  }
}
