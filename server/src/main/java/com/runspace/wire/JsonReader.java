package com.runspace.wire;

import com.runspace.base.JsonText;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one JSON text forward, by position, and builds nothing.
 *
 * <p>The chat path needs to know where a few values stand, and that the whole text is well formed
 * (RFC 8259, UTF-8 checked, depth limited), so that a provider's parser cannot read it differently.
 * A tree, or a token object per value, would cost more than the rest of the gateway. Strings are
 * passed over eight bytes at a time, since nearly all bytes of a request are inside strings.
 *
 * <p>Not safe to share between threads; meant to be reused through {@link #reset}.
 */
public final class JsonReader {
  /** A text is not the JSON it should be. Without a stack trace: it is a result, not a bug. */
  public static final class Fault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Offset of the byte that did not fit. */
    final int at;

    Fault(String message, int at) {
      super(message, null, false, false);
      this.at = at;
    }
  }

  static final int DEPTH_MAX = 64;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;

  private byte[] bytes = new byte[0];
  private int end;
  private int pos;
  private int depth;
  // Bit d is set while the container at depth d has had no element yet.
  private long first;

  private int stringFrom;
  private int stringTo;
  private boolean stringEscaped;

  void reset(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.pos = from;
    this.end = to;
    this.depth = 0;
    this.first = 0;
  }

  /** Offset of the next byte to be read. */
  int position() {
    return pos;
  }

  /** The next byte that is not white space, not consumed; -1 at the end. */
  int peek() {
    while (pos < end) {
      byte b = bytes[pos];
      if (b > ' ') {
        return b;
      }
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        break;
      }
      pos++;
    }
    return pos < end ? bytes[pos] & 0xff : -1;
  }

  /** Nothing but white space may follow. */
  void expectEnd() {
    if (peek() != -1) {
      throw fault("text after the end of the JSON value");
    }
  }

  void openObject() {
    open('{', "an object was expected");
  }

  void openArray() {
    open('[', "an array was expected");
  }

  private void open(char bracket, String otherwise) {
    if (peek() != bracket) {
      throw fault(otherwise);
    }
    if (depth == DEPTH_MAX) {
      throw fault("nested deeper than " + DEPTH_MAX + " levels");
    }
    pos++;
    first |= 1L << depth;
    depth++;
  }

  /** Moves to the value of the next member, its name being the current string; false at the end. */
  boolean nextMember() {
    if (!next('}')) {
      return false;
    }
    if (peek() != '"') {
      throw fault("a name in quotes was expected");
    }
    skipString();
    if (peek() != ':') {
      throw fault("a colon was expected");
    }
    pos++;
    return true;
  }

  /** Moves to the next element of the array; false at its end. */
  boolean nextElement() {
    return next(']');
  }

  private boolean next(char close) {
    int b = peek();
    long bit = 1L << (depth - 1);
    if (b == close) {
      pos++;
      depth--;
      first &= ~bit;
      return false;
    }
    if ((first & bit) != 0) {
      first &= ~bit;
    } else if (b == ',') {
      pos++;
    } else {
      throw fault("a comma or the end of the " + (close == '}' ? "object" : "array") + " expected");
    }
    return true;
  }

  /** Passes over one value of any kind, checking it. */
  void skipValue() {
    switch (peek()) {
      case '"' -> skipString();
      case '{' -> {
        openObject();
        while (nextMember()) {
          skipValue();
        }
      }
      case '[' -> {
        openArray();
        while (nextElement()) {
          skipValue();
        }
      }
      case 't' -> literal("true");
      case 'f' -> literal("false");
      case 'n' -> literal("null");
      default -> skipNumber();
    }
  }

  /** Consumes {@code null} if it is next. */
  boolean skipNull() {
    if (peek() != 'n') {
      return false;
    }
    literal("null");
    return true;
  }

  /** Reads {@code true} or {@code false}; anything else is a fault. */
  boolean readBoolean() {
    int b = peek();
    if (b == 't') {
      literal("true");
      return true;
    }
    if (b != 'f') {
      throw fault("true or false was expected");
    }
    literal("false");
    return false;
  }

  /**
   * Reads an integer without fraction or exponent.
   *
   * @return its value; {@link Long#MAX_VALUE} or {@link Long#MIN_VALUE} when it does not fit
   */
  long readInteger() {
    int b = peek();
    int from = pos;
    if (b != '-' && (b < '0' || b > '9')) {
      throw fault("an integer was expected");
    }
    skipNumber();
    boolean negative = bytes[from] == '-';
    long value = 0;
    for (int i = negative ? from + 1 : from; i < pos; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        throw new Fault("an integer was expected", from);
      }
      if (value > (Long.MAX_VALUE - digit) / 10) {
        return negative ? Long.MIN_VALUE : Long.MAX_VALUE;
      }
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  private void literal(String word) {
    int length = word.length();
    boolean same = pos + length <= end;
    for (int i = 0; same && i < length; i++) {
      same = bytes[pos + i] == word.charAt(i);
    }
    if (!same) {
      throw fault("a JSON value was expected");
    }
    pos += length;
  }

  private void skipNumber() {
    int from = pos;
    if (at(pos) == '-') {
      pos++;
    }
    if (at(pos) == '0') {
      pos++;
    } else if (skipDigits() == 0) {
      pos = from;
      throw fault("a JSON value was expected");
    }
    if (at(pos) == '.') {
      pos++;
      if (skipDigits() == 0) {
        throw fault("a digit was expected");
      }
    }
    if (at(pos) == 'e' || at(pos) == 'E') {
      pos++;
      if (at(pos) == '+' || at(pos) == '-') {
        pos++;
      }
      if (skipDigits() == 0) {
        throw fault("a digit was expected");
      }
    }
  }

  private int at(int i) {
    return i < end ? bytes[i] : -1;
  }

  private int skipDigits() {
    int from = pos;
    while (pos < end && bytes[pos] >= '0' && bytes[pos] <= '9') {
      pos++;
    }
    return pos - from;
  }

  /** Passes over the string that is next and makes it the current string. */
  void skipString() {
    if (peek() != '"') {
      throw fault("a string was expected");
    }
    stringFrom = ++pos;
    stringEscaped = false;
    while (true) {
      skipPlain();
      if (pos >= end) {
        throw fault("a string has no end");
      }
      byte b = bytes[pos];
      if (b == '"') {
        stringTo = pos++;
        return;
      }
      if (b == '\\') {
        stringEscaped = true;
        skipEscape();
      } else if (b < 0) {
        skipUtf8();
      } else if (b < ' ') {
        throw fault("a control character in a string");
      } else {
        pos++;
      }
    }
  }

  /** Passes over whole words of plain ASCII: no quote, no backslash, no control, no high bit. */
  private void skipPlain() {
    int i = pos;
    int last = end - Long.BYTES;
    byte[] a = bytes;
    while (i <= last) {
      long w = (long) LONGS.get(a, i);
      long quote = w ^ ('"' * ONES);
      long slash = w ^ ('\\' * ONES);
      // The usual "has a zero byte" trick; exact for the lowest hit, which is the one used.
      long hit =
          (w | ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | ((w - ' ' * ONES) & ~w))
              & HIGHS;
      if (hit != 0) {
        pos = i + (Long.numberOfTrailingZeros(hit) >>> 3);
        return;
      }
      i += Long.BYTES;
    }
    pos = i;
  }

  private void skipEscape() {
    int from = pos;
    switch (at(pos + 1)) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> pos += 2;
      case 'u' -> {
        for (int i = from + 2; i < from + 6; i++) {
          if (Character.digit(at(i), 16) < 0 || at(i) < 0) {
            throw fault("a broken \\u escape");
          }
        }
        pos += 6;
      }
      default -> throw fault("an unknown escape in a string");
    }
  }

  /** One character of two to four bytes; overlong forms and surrogates are faults (RFC 3629). */
  private void skipUtf8() {
    int b = bytes[pos] & 0xff;
    int length = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
    if (b < 0xc2 || b > 0xf4) {
      throw fault("not UTF-8");
    }
    int second = at(pos + 1) & 0xff;
    int low = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
    int high = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
    if (pos + length > end || second < low || second > high) {
      throw fault("not UTF-8");
    }
    for (int i = pos + 2; i < pos + length; i++) {
      if ((bytes[i] & 0xc0) != 0x80) {
        throw fault("not UTF-8");
      }
    }
    pos += length;
  }

  /** Offset of the first byte inside the quotes of the current string. */
  int stringFrom() {
    return stringFrom;
  }

  /** Offset of the closing quote of the current string. */
  int stringTo() {
    return stringTo;
  }

  boolean stringEscaped() {
    return stringEscaped;
  }

  /** Whether the current string says {@code ascii}, its escapes undone. */
  boolean stringIs(byte[] ascii) {
    if (!stringEscaped) {
      return Arrays.equals(bytes, stringFrom, stringTo, ascii, 0, ascii.length);
    }
    return string().equals(new String(ascii, StandardCharsets.US_ASCII));
  }

  /** The current string, its escapes undone. */
  String string() {
    String raw = new String(bytes, stringFrom, stringTo - stringFrom, StandardCharsets.UTF_8);
    return stringEscaped ? JsonText.unescape(raw) : raw;
  }

  /** Length of the current string in UTF-8 bytes, its escapes undone. */
  int stringBytes() {
    return stringEscaped
        ? JsonText.unescapedLength(bytes, stringFrom, stringTo)
        : stringTo - stringFrom;
  }

  Fault fault(String message) {
    return new Fault(message, pos);
  }
}
