package com.runspace.wire;

import java.util.Arrays;

/** Bytes that are put together to be written at once. Not safe to share between threads. */
public final class ByteJoiner {
  /** Thousands of streams may stand still at once, each with such an array. */
  private static final int KEPT_BYTES_MAX = 8 << 10;

  private byte[] bytes;
  private int length;

  public ByteJoiner(int capacity) {
    bytes = new byte[capacity];
  }

  public void append(byte[] more) {
    append(more, 0, more.length);
  }

  public void append(byte[] more, int from, int to) {
    int size = to - from;
    if (length + size > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + size));
    }
    System.arraycopy(more, from, bytes, length, size);
    length += size;
  }

  /** The array that holds the bytes; only the first {@link #length} count. */
  public byte[] array() {
    return bytes;
  }

  public int length() {
    return length;
  }

  /** Forgets the bytes, and an array that one giant event has made large. */
  public void clear() {
    length = 0;
    if (bytes.length > KEPT_BYTES_MAX) {
      bytes = new byte[512];
    }
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(bytes, length);
  }
}
