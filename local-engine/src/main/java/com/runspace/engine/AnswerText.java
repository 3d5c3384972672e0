package com.runspace.engine;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Turns the bytes of tokens into text that may be shown. Two things are held back: bytes that do
 * not make a whole character yet, because a character may span tokens, and text that could turn out
 * to be the beginning of a stop string, because no part of one may ever be seen. Bytes that can
 * never become a character are dropped.
 */
final class AnswerText {
  private final List<String> stops;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.IGNORE)
          .onUnmappableCharacter(CodingErrorAction.IGNORE);
  private final StringBuilder held = new StringBuilder();
  private byte[] incomplete = {};
  private boolean stopped;

  AnswerText(List<String> stops) {
    this.stops = List.copyOf(stops);
  }

  /** Takes the bytes of one token and returns the text that is now safe to show. */
  String push(byte[] piece) {
    held.append(decode(piece));
    int stop = firstStop();
    if (stop >= 0) {
      stopped = true;
      held.setLength(stop);
      return flush();
    }
    int safe = held.length() - longestStopPrefix();
    String text = held.substring(0, safe);
    held.delete(0, safe);
    return text;
  }

  /** A stop string was written; it and everything after it is cut off. */
  boolean stopped() {
    return stopped;
  }

  /** The rest, once it is known that no more tokens come. */
  String flush() {
    String rest = held.toString();
    held.setLength(0);
    return rest;
  }

  private String decode(byte[] piece) {
    ByteBuffer bytes =
        ByteBuffer.allocate(incomplete.length + piece.length).put(incomplete).put(piece).flip();
    CharBuffer chars = CharBuffer.allocate(bytes.remaining());
    decoder.reset().decode(bytes, chars, false);
    incomplete = new byte[bytes.remaining()];
    bytes.get(incomplete);
    return chars.flip().toString();
  }

  private int firstStop() {
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    return first;
  }

  private int longestStopPrefix() {
    int longest = 0;
    for (String stop : stops) {
      int most = Math.min(stop.length() - 1, held.length());
      for (int length = most; length > longest; length--) {
        if (stop.startsWith(held.substring(held.length() - length))) {
          longest = length;
        }
      }
    }
    return longest;
  }
}
