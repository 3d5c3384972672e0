package com.runspace.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Generates several answers at once on one thread, which goes around the slots and lets each take
 * one step. llama.cpp spreads each step over the processors. Who finds no free slot waits in order;
 * who finds the queue full is refused. A cancelled answer leaves before its next step, wherever it
 * stands.
 */
final class Scheduler {
  static final int QUEUE_LIMIT = 64;

  private final List<Slot> slots;
  private final int contextPerSlot;
  private final Thread thread = new Thread(this::run, "generate");

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<Generation> waiting = new ArrayDeque<>();
  private int busy;
  private boolean stopped;

  /**
   * Begins to wait for work.
   *
   * @param broken is told what ended the computing thread, after which no answer comes any more
   */
  Scheduler(List<Slot> slots, int contextPerSlot, Consumer<Throwable> broken) {
    this.slots = List.copyOf(slots);
    this.contextPerSlot = contextPerSlot;
    thread.setUncaughtExceptionHandler((dead, cause) -> broken.accept(cause));
    thread.start();
  }

  /** How full the engine is. */
  record Load(int slots, int busy, int queued) {}

  Load load() {
    lock.lock();
    try {
      return new Load(slots.size(), busy, waiting.size());
    } finally {
      lock.unlock();
    }
  }

  /** Tokens that prompt and answer of one request may have together. */
  int contextPerSlot() {
    return contextPerSlot;
  }

  /** Starts the answer, now or when its turn comes; false if too many wait already. */
  boolean submit(Generation generation) {
    lock.lock();
    try {
      int free = slots.size() - busy;
      if (stopped || waiting.size() >= QUEUE_LIMIT + free) {
        return false;
      }
      waiting.add(generation);
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  void cancel(Generation generation) {
    lock.lock();
    try {
      generation.markCancelled();
      waiting.remove(generation);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Ends after the step in progress; llama.cpp must not be running while the process exits. */
  void stop() throws InterruptedException {
    lock.lock();
    try {
      stopped = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    thread.join(Duration.ofSeconds(5));
  }

  private void run() {
    while (true) {
      for (Slot slot : slots) {
        if (!reseat()) {
          return;
        }
        slot.step();
      }
    }
  }

  /** Frees and fills slots; waits until there is something to compute; false at the end. */
  private boolean reseat() {
    lock.lock();
    try {
      while (!stopped) {
        busy = 0;
        for (Slot slot : slots) {
          slot.freeIfCancelled();
          if (slot.isFree() && !waiting.isEmpty()) {
            slot.start(waiting.remove());
          }
          busy += slot.isFree() ? 0 : 1;
        }
        if (busy > 0) {
          return true;
        }
        changed.awaitUninterruptibly();
      }
      return false;
    } finally {
      lock.unlock();
    }
  }
}
