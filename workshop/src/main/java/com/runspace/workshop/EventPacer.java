package com.runspace.workshop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends the events of all streams when they are due.
 *
 * <p>All streams have the same interval, so the order of joining is the order of due times and a
 * plain queue will do. A thread of its own keeps time, because a selector wakes at whole
 * milliseconds only: with many streams that would send events in bunches, and a bunch is cheaper to
 * relay than the same events apart.
 */
final class EventPacer implements Runnable {
  private static final class Stream {
    final SocketChannel channel;
    long dueNanos;
    int sent = 1;
    ByteBuffer unsent = ByteBuffer.allocate(0);

    Stream(SocketChannel channel, long dueNanos) {
      this.channel = channel;
      this.dueNanos = dueNanos;
    }
  }

  private final BlockingQueue<Stream> queue = new LinkedBlockingQueue<>();
  private final EventFrame frame = new EventFrame();
  private final long intervalNanos;
  private final int events;

  EventPacer(Duration interval, int events) {
    this.intervalNanos = interval.toNanos();
    this.events = events;
  }

  /** Takes over a stream whose first event has just been sent. */
  void add(SocketChannel channel) {
    queue.add(new Stream(channel, System.nanoTime() + intervalNanos));
  }

  @Override
  public void run() {
    try {
      while (true) {
        Stream stream = queue.take();
        for (long left; (left = stream.dueNanos - System.nanoTime()) > 0; ) {
          LockSupport.parkNanos(left);
        }
        if (goesOn(stream)) {
          stream.dueNanos += intervalNanos;
          queue.add(stream);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A stream whose reader lags skips its turn, so that nothing piles up here. */
  private boolean goesOn(Stream stream) {
    try {
      if (stream.unsent.hasRemaining()) {
        stream.channel.write(stream.unsent);
        return stream.unsent.hasRemaining() || stream.sent <= events;
      }
      boolean last = stream.sent == events;
      ByteBuffer bytes = last ? ByteBuffer.wrap(EventFrame.END) : frame.stamped(System.nanoTime());
      stream.channel.write(bytes);
      stream.sent++;
      if (bytes.hasRemaining()) {
        stream.unsent = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
        return true;
      }
      return !last;
    } catch (IOException e) {
      // The gateway has closed: the stream is over.
      return false;
    }
  }
}
