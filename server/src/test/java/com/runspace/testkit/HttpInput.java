package com.runspace.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The reading side of a connection. Consumes only what is whole (a line, a head), so that a read
 * which runs into a timeout can be tried again without loss.
 */
final class HttpInput {
  /** Where bytes come from: as {@code InputStream.read}, -1 at the end. */
  interface Source {
    int read(byte[] into) throws IOException;
  }

  private final Source source;
  private final byte[] piece = new byte[16 * 1024];
  private byte[] buffer = new byte[0];

  HttpInput(Source source) {
    this.source = source;
  }

  /** What came and was not consumed. */
  byte[] pending() {
    return buffer.clone();
  }

  int available() {
    return buffer.length;
  }

  /** Waits for more bytes; false at the end of the connection. */
  boolean fill() throws IOException {
    int count = source.read(piece);
    if (count < 0) {
      return false;
    }
    int before = buffer.length;
    buffer = Arrays.copyOf(buffer, before + count);
    System.arraycopy(piece, 0, buffer, before, count);
    return true;
  }

  byte[] take(int count) {
    byte[] taken = Arrays.copyOf(buffer, count);
    buffer = Arrays.copyOfRange(buffer, count, buffer.length);
    return taken;
  }

  /** A head through its blank line, or null when the connection ended before its first byte. */
  byte @Nullable [] head() throws IOException {
    int end = indexAfter("\r\n\r\n");
    while (end < 0) {
      if (!fill()) {
        if (buffer.length == 0) {
          return null;
        }
        throw new EOFException("the connection ended inside a head");
      }
      end = indexAfter("\r\n\r\n");
    }
    return take(end);
  }

  /** A line without its CRLF. */
  String line() throws IOException {
    int end = indexAfter("\r\n");
    while (end < 0) {
      if (!fill()) {
        throw new EOFException("the connection ended inside a line");
      }
      end = indexAfter("\r\n");
    }
    return new String(take(end), 0, end - 2, StandardCharsets.ISO_8859_1);
  }

  private int indexAfter(String mark) {
    for (int i = 0; i + mark.length() <= buffer.length; i++) {
      int matched = 0;
      while (matched < mark.length() && buffer[i + matched] == mark.charAt(matched)) {
        matched++;
      }
      if (matched == mark.length()) {
        return i + matched;
      }
    }
    return -1;
  }
}
