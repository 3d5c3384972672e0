package com.runspace.base;

import java.nio.charset.StandardCharsets;

/** JSON strings as text: quoting and unquoting. */
public final class JsonText {
  private static final String HEX = "0123456789abcdef";

  private JsonText() {}

  /** Appends {@code text} as a JSON string, quotes included. */
  public static StringBuilder quote(StringBuilder out, CharSequence text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          // The two line separators are legal in JSON but not in older JavaScript.
          if (c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029 || Character.isSurrogate(c)) {
            i += escape(out, text, i);
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"');
  }

  /** {@code text} as a JSON string, quotes included. */
  public static String quote(CharSequence text) {
    return quote(new StringBuilder(text.length() + 2), text).toString();
  }

  /** Writes a whole surrogate pair as it is, anything else as an escape; returns units passed. */
  private static int escape(StringBuilder out, CharSequence text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1))) {
      out.append(c).append(text.charAt(i + 1));
      return 1;
    }
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.append(HEX.charAt(c >> shift & 0xf));
    }
    return 0;
  }

  /** Undoes the escapes of a string that is known to be well formed JSON. */
  public static String unescape(String raw) {
    StringBuilder out = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c != '\\') {
        out.append(c);
        continue;
      }
      c = raw.charAt(++i);
      switch (c) {
        case 'b' -> out.append('\b');
        case 'f' -> out.append('\f');
        case 'n' -> out.append('\n');
        case 'r' -> out.append('\r');
        case 't' -> out.append('\t');
        case 'u' -> {
          out.append((char) Integer.parseInt(raw.substring(i + 1, i + 5), 16));
          i += 4;
        }
        default -> out.append(c);
      }
    }
    return out.toString();
  }

  /** UTF-8 bytes that a well formed JSON string has when its escapes are undone. */
  public static int unescapedLength(byte[] bytes, int from, int to) {
    int length = to - from;
    for (int i = from; i < to; i++) {
      if (bytes[i] != '\\') {
        continue;
      }
      if (bytes[i + 1] == 'u') {
        String digits = new String(bytes, i + 2, 4, StandardCharsets.US_ASCII);
        length -= 6 - utf8Length(Integer.parseInt(digits, 16));
        i += 5;
      } else {
        length--;
        i++;
      }
    }
    return length;
  }

  private static int utf8Length(int unit) {
    if (unit < 0x80) {
      return 1;
    }
    // Half of a surrogate pair stands for half of four bytes.
    return unit < 0x800 || Character.isSurrogate((char) unit) ? 2 : 3;
  }
}
