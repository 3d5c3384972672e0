package com.runspace.engine;

import org.jspecify.annotations.Nullable;

/**
 * Whether the client of a request is still there. It may leave before its generation exists, while
 * that waits, or while it runs; in each case nothing more is computed for it.
 */
final class ClientPresence {
  private final Scheduler scheduler;
  private @Nullable Generation generation;
  private boolean left;

  ClientPresence(Scheduler scheduler) {
    this.scheduler = scheduler;
  }

  /** Hands the generation to the scheduler unless the client has left; false if refused. */
  synchronized boolean submit(Generation wanted) {
    if (left) {
      return true;
    }
    generation = wanted;
    return scheduler.submit(wanted);
  }

  synchronized void leave() {
    left = true;
    if (generation != null) {
      scheduler.cancel(generation);
    }
  }
}
