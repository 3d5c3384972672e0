package com.runspace.workshop;

import java.net.ProtocolException;
import java.util.Arrays;

/**
 * Reads one HTTP/1.1 message after the other from bytes as they arrive, request or response.
 *
 * <p>It knows what the bench meets and no more: a length or chunks frame the body, and a message
 * with neither has no body. Chunk framing is taken off properly, since a gateway may cut an event
 * wherever its buffers end.
 */
final class MessageReader {
  /** Takes the body, free of its framing, in the pieces in which it came. */
  interface Body {
    void bytes(byte[] from, int start, int end);
  }

  private enum Part {
    HEAD,
    FIXED,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILER,
    COMPLETE
  }

  private static final int LONGEST_HEAD = 16 * 1024;
  private static final byte[] HEAD_END = Bytes.of("\r\n\r\n");
  private static final byte[] LENGTH = Bytes.of("\ncontent-length:");
  private static final byte[] CODING = Bytes.of("\ntransfer-encoding:");

  private byte[] head = new byte[512];
  private int headLength;
  private Part part = Part.HEAD;
  private long left;
  private boolean inExtension;
  private int lineLength;

  /** Makes ready for the next message on the same connection. */
  void next() {
    part = Part.HEAD;
    headLength = 0;
  }

  boolean complete() {
    return part == Part.COMPLETE;
  }

  /** The head, once it is in; else nothing. */
  String head() {
    return part == Part.HEAD ? "" : Bytes.text(head, 0, headLength);
  }

  /** The status of a response whose head is in. */
  int status() {
    return (int) Bytes.decimal(head, 9, headLength);
  }

  /** Whether the first line starts so. */
  boolean startsWith(byte[] text) {
    return Bytes.at(head, 0, headLength, text);
  }

  /**
   * Takes what arrived.
   *
   * @return where this message ended, or {@code end} when more is to come
   */
  int read(byte[] from, int start, int end, Body body) throws ProtocolException {
    int at = start;
    while (at < end && part != Part.COMPLETE) {
      at =
          switch (part) {
            case HEAD -> head(from, at, end);
            case FIXED, CHUNK -> content(from, at, end, body);
            case CHUNK_SIZE -> chunkSize(from[at], at);
            case CHUNK_END -> chunkEnd(from[at], at);
            case TRAILER -> trailer(from[at], at);
            case COMPLETE -> throw new IllegalStateException("read past the end");
          };
    }
    return at;
  }

  private int head(byte[] from, int start, int end) throws ProtocolException {
    for (int at = start; at < end; at++) {
      if (headLength == head.length) {
        if (headLength == LONGEST_HEAD) {
          throw new ProtocolException("head over " + LONGEST_HEAD + " bytes");
        }
        head = Arrays.copyOf(head, headLength * 2);
      }
      byte b = from[at];
      head[headLength++] = b;
      if (b == '\n' && headLength >= 4 && Bytes.at(head, headLength - 4, headLength, HEAD_END)) {
        frame();
        return at + 1;
      }
    }
    return end;
  }

  private void frame() {
    left = 0;
    inExtension = false;
    boolean chunked = false;
    for (int i = 0; i < headLength; i++) {
      if (head[i] != '\n') {
        continue;
      }
      if (Bytes.nameAt(head, i, headLength, LENGTH)) {
        int value = i + LENGTH.length;
        while (head[value] == ' ') {
          value++;
        }
        left = Bytes.decimal(head, value, headLength);
      } else if (Bytes.nameAt(head, i, headLength, CODING)) {
        chunked = true;
      }
    }
    part = chunked ? Part.CHUNK_SIZE : left > 0 ? Part.FIXED : Part.COMPLETE;
    if (chunked) {
      left = 0;
    }
  }

  private int content(byte[] from, int start, int end, Body body) {
    int stop = (int) Math.min(end, start + left);
    body.bytes(from, start, stop);
    left -= stop - start;
    if (left == 0) {
      part = part == Part.FIXED ? Part.COMPLETE : Part.CHUNK_END;
    }
    return stop;
  }

  private int chunkSize(byte b, int at) throws ProtocolException {
    if (b == '\n') {
      part = left == 0 ? Part.TRAILER : Part.CHUNK;
      lineLength = 0;
      inExtension = false;
    } else if (b == ';') {
      inExtension = true;
    } else if (!inExtension && b != '\r') {
      int digit = Character.digit(b, 16);
      if (digit < 0) {
        throw new ProtocolException("bad chunk size");
      }
      left = left * 16 + digit;
    }
    return at + 1;
  }

  private int chunkEnd(byte b, int at) {
    if (b == '\n') {
      part = Part.CHUNK_SIZE;
    }
    return at + 1;
  }

  private int trailer(byte b, int at) {
    if (b == '\n') {
      if (lineLength == 0) {
        part = Part.COMPLETE;
      }
      lineLength = 0;
    } else if (b != '\r') {
      lineLength++;
    }
    return at + 1;
  }
}
