package com.runspace.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes that all buffered bodies together may take. Without it, a thousand large bodies sent
 * slowly would end the process; with it they meet a 503. Safe to share between event loops.
 */
public final class MemoryBudget {
  private final long max;
  private final AtomicLong taken = new AtomicLong();

  public MemoryBudget(long bytesMax) {
    this.max = bytesMax;
  }

  /** A quarter of the heap. */
  public static MemoryBudget ofHeap() {
    return new MemoryBudget(Runtime.getRuntime().maxMemory() / 4);
  }

  /** Takes so many bytes; false, and nothing taken, when they are not there. */
  public boolean take(long bytes) {
    if (taken.addAndGet(bytes) <= max) {
      return true;
    }
    taken.addAndGet(-bytes);
    return false;
  }

  /** Gives back what was taken. */
  public void giveBack(long bytes) {
    taken.addAndGet(-bytes);
  }

  /** Bytes taken now. */
  public long taken() {
    return taken.get();
  }

  /** A part of the budget in somebody's hand; given back once, however often that is asked. */
  public static final class Share {
    private final MemoryBudget budget;
    private long bytes;

    Share(MemoryBudget budget, long bytes) {
      this.budget = budget;
      this.bytes = bytes;
    }

    /** Gives it back. To be called on one thread only. */
    public void giveBack() {
      budget.giveBack(bytes);
      bytes = 0;
    }
  }
}
