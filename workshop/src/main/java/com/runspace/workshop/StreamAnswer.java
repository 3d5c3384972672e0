package com.runspace.workshop;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A streamed answer: all its content events, usage, and {@code [DONE]}.
 *
 * <p>A content event carries in its text the nanosecond at which the upstream wrote it, so that the
 * way through the gateway can be timed event by event. Which other events there are, and whether
 * usage has one of its own or rides on the finish event, is the gateway's affair.
 */
final class StreamAnswer implements Answer {
  /** Told of each content event. */
  interface Listener {
    /**
     * A content event has come.
     *
     * @param sentNanos the upstream's {@link System#nanoTime} when it wrote the event
     */
    void event(long sentNanos);
  }

  private static final byte[] DATA = Bytes.of("data:");
  private static final byte[] DONE = Bytes.of("[DONE]");
  private static final byte[] ERROR = Bytes.of("\"error\"");

  private final int expected;
  private final Listener listener;
  private byte[] partial = new byte[512];
  private int partialLength;
  private int stampAt;
  private int events;
  private boolean usage;
  private boolean done;
  private @Nullable String error;

  StreamAnswer(int expected, Listener listener) {
    this.expected = expected;
    this.listener = listener;
  }

  @Override
  public void next() {
    partialLength = 0;
    events = 0;
    usage = false;
    done = false;
    error = null;
  }

  int events() {
    return events;
  }

  @Override
  public void bytes(byte[] from, int start, int end) {
    int line = start;
    for (int i = start; i < end; i++) {
      if (from[i] != '\n') {
        continue;
      }
      if (partialLength == 0) {
        line(from, line, i);
      } else {
        keep(from, line, i);
        line(partial, 0, partialLength);
        partialLength = 0;
      }
      line = i + 1;
    }
    keep(from, line, end);
  }

  private void keep(byte[] from, int start, int end) {
    int length = end - start;
    if (partialLength + length > partial.length) {
      partial = Arrays.copyOf(partial, Math.max(partial.length * 2, partialLength + length));
    }
    System.arraycopy(from, start, partial, partialLength, length);
    partialLength += length;
  }

  private void line(byte[] from, int start, int end) {
    if (!Bytes.at(from, start, end, DATA)) {
      return;
    }
    // The stamp stands at the same place in every event of a stream, so that place goes first.
    int stamp = start + stampAt;
    if (!Bytes.at(from, stamp, end, EventFrame.MARK)) {
      stamp = Bytes.find(from, start, end, EventFrame.MARK);
    }
    if (stamp >= 0) {
      stampAt = stamp - start;
      events++;
      listener.event(Bytes.decimal(from, stamp + EventFrame.MARK.length, end));
      return;
    }
    usage |= Bytes.find(from, start, end, USAGE) >= 0;
    done |= Bytes.find(from, start, end, DONE) >= 0;
    if (Bytes.find(from, start, end, ERROR) >= 0) {
      error = Bytes.text(from, start, Math.min(end, start + 300));
    }
  }

  @Override
  public @Nullable String problem() {
    if (error != null) {
      return "stream with an error: " + error;
    }
    if (events != expected) {
      return "stream with " + events + " of " + expected + " events";
    }
    if (!usage) {
      return "stream without usage";
    }
    return done ? null : "stream without [DONE]";
  }
}
