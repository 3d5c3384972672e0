package com.runspace.workshop;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests at a fixed rate over whichever connections are free.
 *
 * <p>A request that finds none free waits, and its latency counts from when it was due: a gateway
 * that stalls is charged with the queue behind it. A thread of its own keeps the time, since a
 * selector wakes at whole milliseconds only.
 */
final class Timetable implements Runnable {
  private final Queue<LoadConnection> free = new ArrayDeque<>();
  private final Queue<Long> late = new ArrayDeque<>();
  private final Queue<LoadConnection> broken = new ArrayDeque<>();
  private final long intervalNanos;
  private volatile boolean over;

  Timetable(int ratePerSecond) {
    intervalNanos = 1_000_000_000L / ratePerSecond;
  }

  @Override
  public void run() {
    for (long due = System.nanoTime(); !over; due += intervalNanos) {
      for (long left; (left = due - System.nanoTime()) > 0; ) {
        LockSupport.parkNanos(left);
      }
      LoadConnection connection = freeOrLate(due);
      if (connection != null) {
        send(connection, due);
      }
    }
  }

  private synchronized @Nullable LoadConnection freeOrLate(long due) {
    LoadConnection connection = free.poll();
    if (connection == null) {
      late.add(due);
    }
    return connection;
  }

  /** Takes a connection that is ready for a request, perhaps one that waits already. */
  void give(LoadConnection connection) {
    Long due;
    synchronized (this) {
      due = late.poll();
      if (due == null) {
        free.add(connection);
        return;
      }
    }
    send(connection, due);
  }

  private void send(LoadConnection connection, long due) {
    try {
      connection.send(due);
    } catch (IOException e) {
      synchronized (this) {
        broken.add(connection);
      }
    }
  }

  /** A connection on which a request could not be sent, or null. */
  synchronized @Nullable LoadConnection broken() {
    return broken.poll();
  }

  /** Sends no more; returns how many requests were due and have not left. */
  synchronized int stop() {
    over = true;
    int waiting = late.size();
    late.clear();
    return waiting;
  }
}
