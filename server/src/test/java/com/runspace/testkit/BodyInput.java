package com.runspace.testkit;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/** A body as it comes, freed from its framing, one piece at a time. */
final class BodyInput {
  private enum Framing {
    LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  private final HttpInput input;
  private final Framing framing;
  private long remaining;
  private boolean chunkEndDue;
  private boolean lastChunk;
  private Ending ending = Ending.OPEN;

  private BodyInput(HttpInput input, Framing framing, long remaining) {
    this.input = input;
    this.framing = framing;
    this.remaining = remaining;
    if (framing == Framing.LENGTH && remaining == 0) {
      ending = Ending.COMPLETE;
    }
  }

  static BodyInput none(HttpInput input) {
    return new BodyInput(input, Framing.LENGTH, 0);
  }

  static BodyInput ofRequest(HttpInput input, Headers headers) {
    return headers.says("transfer-encoding", "chunked") || headers.has("content-length")
        ? ofAnswer(input, headers)
        : none(input);
  }

  static BodyInput ofAnswer(HttpInput input, Headers headers) {
    if (headers.says("transfer-encoding", "chunked")) {
      return new BodyInput(input, Framing.CHUNKED, 0);
    }
    return headers
        .first("content-length")
        .map(length -> new BodyInput(input, Framing.LENGTH, Long.parseLong(length)))
        .orElseGet(() -> new BodyInput(input, Framing.UNTIL_CLOSE, Long.MAX_VALUE));
  }

  Ending ending() {
    return ending;
  }

  /** The next bytes, or null once the body has ended, in whatever way. */
  byte @Nullable [] next() throws SocketTimeoutException {
    if (ending != Ending.OPEN) {
      return null;
    }
    try {
      if (framing == Framing.CHUNKED && remaining == 0 && !nextChunk()) {
        ending = Ending.COMPLETE;
        return null;
      }
      return piece();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (EOFException e) {
      ending = Ending.CUT;
    } catch (IOException e) {
      ending = Ending.RESET;
    }
    return null;
  }

  private byte @Nullable [] piece() throws IOException {
    if (input.available() == 0 && !input.fill()) {
      if (framing != Framing.UNTIL_CLOSE) {
        throw new EOFException("the connection ended inside a body");
      }
      ending = Ending.COMPLETE;
      return null;
    }
    byte[] bytes = input.take((int) Math.min(remaining, input.available()));
    if (framing != Framing.UNTIL_CLOSE) {
      remaining -= bytes.length;
    }
    if (framing == Framing.LENGTH && remaining == 0) {
      ending = Ending.COMPLETE;
    }
    return bytes;
  }

  /** Enters the next chunk; false after the last one and its trailer. */
  private boolean nextChunk() throws IOException {
    if (chunkEndDue) {
      String rest = input.line();
      if (!rest.isEmpty()) {
        throw new AssertionError("bytes after a chunk: '" + rest + "'");
      }
      chunkEndDue = false;
    }
    if (!lastChunk) {
      String size = input.line();
      remaining = Long.parseLong(size.replaceFirst(";.*", "").strip(), 16);
      chunkEndDue = remaining > 0;
      lastChunk = remaining == 0;
    }
    if (!lastChunk) {
      return true;
    }
    while (!input.line().isEmpty()) {
      // Trailers are of no interest here.
    }
    return false;
  }
}
