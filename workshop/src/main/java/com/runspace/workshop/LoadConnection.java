package com.runspace.workshop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/** One keep-alive connection of a client, with one request open on it at most. */
final class LoadConnection implements MessageReader.Body {
  private static final int SEND_BUFFER_BYTES = 256 * 1024;

  private final SocketChannel channel;
  private final SelectionKey key;
  private final ByteBuffer request;
  private final MessageReader reader = new MessageReader();
  private final Answer answer;
  private final @Nullable KeyRing keys;
  private final StringBuilder refusal = new StringBuilder();
  // Written by the thread that keeps the timetable, read by the one that takes the answer.
  private volatile long dueNanos;
  private volatile boolean open;

  /** Connects. The answer's checks are told of what comes. */
  LoadConnection(
      Selector selector, int port, ByteBuffer request, @Nullable KeyRing keys, Answer answer)
      throws IOException {
    channel = SocketChannel.open();
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_SNDBUF, SEND_BUFFER_BYTES);
    channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.configureBlocking(false);
    key = channel.register(selector, SelectionKey.OP_READ, this);
    this.keys = keys;
    this.request = keys == null ? request.duplicate() : keys.room(request);
    this.answer = answer;
  }

  /** When the open request was to leave. */
  long dueNanos() {
    return dueNanos;
  }

  /** Whether an answer is awaited. */
  boolean open() {
    return open;
  }

  /** The checks of the answer at hand. */
  Answer answer() {
    return answer;
  }

  /**
   * Sends the request; what the socket does not take at once follows in {@link #flush}.
   *
   * @param due when it was to leave, which is what its latency counts from
   */
  void send(long due) throws IOException {
    dueNanos = due;
    open = true;
    request.rewind();
    if (keys != null) {
      keys.next(request);
    }
    channel.write(request);
    if (request.hasRemaining()) {
      key.interestOps(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
    }
  }

  void flush() throws IOException {
    channel.write(request);
    if (!request.hasRemaining()) {
      key.interestOps(SelectionKey.OP_READ);
    }
  }

  /** Reads into this buffer; negative when the other side has closed. */
  int read(ByteBuffer into) throws IOException {
    return channel.read(into);
  }

  /** Takes what was read; true when the answer is complete. */
  boolean take(byte[] bytes, int length) throws IOException {
    int end = reader.read(bytes, 0, length, this);
    if (end < length) {
      throw new IOException("bytes after the end of the answer");
    }
    return reader.complete();
  }

  @Override
  public void bytes(byte[] from, int start, int end) {
    if (reader.status() == 200) {
      answer.bytes(from, start, end);
    } else if (refusal.length() < 300) {
      refusal.append(Bytes.text(from, start, Math.min(end, start + 300)));
    }
  }

  /** What is wrong with the complete answer, or null. */
  @Nullable String problem() {
    return reader.status() == 200 ? answer.problem() : "status " + reader.status() + " " + refusal;
  }

  /** Makes ready for the next request. */
  void next() {
    reader.next();
    answer.next();
    refusal.setLength(0);
    open = false;
  }

  void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is left to lose on it.
    }
  }
}
