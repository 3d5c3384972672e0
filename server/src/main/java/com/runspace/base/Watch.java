package com.runspace.base;

import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one event loop.
 *
 * <p>A call in flight has half a dozen deadlines that almost never strike: first byte, next byte,
 * next comment, whole call. A timer for each, set and cancelled per call, would cost more than the
 * rest of the call. Instead everything in flight stands in one list, is looked at several times a
 * second, and compares times itself. A deadline is therefore late by up to one tick.
 *
 * <p>Belongs to one thread.
 */
public final class Watch {
  /** Milliseconds between two ticks. */
  public static final long TICK_MILLIS = 100;

  /** Something with deadlines. In one watch at a time. */
  public abstract static class Watched {
    private @Nullable Watched before;
    private @Nullable Watched after;
    private boolean isIn;

    /** Looks at the deadlines; may remove itself or others, and may add others. */
    protected abstract void tick(long nowNanos);
  }

  private final Time time;
  private @Nullable Watched first;
  private @Nullable Watched cursor;
  private long now;

  public Watch(Time time) {
    this.time = time;
    this.now = time.nanos();
  }

  /** Monotonic nanoseconds as of the last tick: at most one tick old, and free to ask. */
  public long now() {
    return now;
  }

  public void add(Watched watched) {
    if (watched.isIn) {
      return;
    }
    watched.isIn = true;
    watched.before = null;
    watched.after = first;
    if (first != null) {
      first.before = watched;
    }
    first = watched;
  }

  /** Takes it off; nothing happens when it is not there. */
  @SuppressWarnings("ReferenceEquality") // a place in the list is an identity
  public void remove(Watched watched) {
    if (!watched.isIn) {
      return;
    }
    watched.isIn = false;
    if (cursor == watched) {
      cursor = watched.after;
    }
    if (watched.before == null) {
      first = watched.after;
    } else {
      watched.before.after = watched.after;
    }
    if (watched.after != null) {
      watched.after.before = watched.before;
    }
    watched.before = null;
    watched.after = null;
  }

  /** Looks at everything once. */
  public void tick() {
    now = time.nanos();
    cursor = first;
    while (cursor != null) {
      Watched next = cursor;
      cursor = next.after;
      next.tick(now);
    }
  }

  public boolean isEmpty() {
    return first == null;
  }
}
