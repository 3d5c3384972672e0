package com.runspace.chain;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Bytes as Ethereum writes them: {@code 0x} and two lower-case digits each. */
public final class Hex {
  private static final String PREFIX = "0x";
  private static final HexFormat FORM = HexFormat.of();

  private Hex() {}

  public static String of(byte[] bytes) {
    return PREFIX + FORM.formatHex(bytes);
  }

  /** Reads {@code 0x} and pairs of digits of either case; null when the text is anything else. */
  public static byte @Nullable [] bytes(String text) {
    if (!text.startsWith(PREFIX) || text.length() % 2 != 0) {
      return null;
    }
    for (int i = PREFIX.length(); i < text.length(); i++) {
      if (!HexFormat.isHexDigit(text.charAt(i))) {
        return null;
      }
    }
    return FORM.parseHex(text, PREFIX.length(), text.length());
  }
}
