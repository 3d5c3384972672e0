package com.runspace.workshop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** Searches in byte ranges, without making strings of them. */
final class Bytes {
  private Bytes() {}

  static byte[] of(String text) {
    return text.getBytes(ISO_8859_1);
  }

  static String text(byte[] from, int start, int end) {
    return new String(from, start, end - start, ISO_8859_1);
  }

  static boolean at(byte[] from, int start, int end, byte[] wanted) {
    if (end - start < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (from[start + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Like {@link #at}, for a wanted text in lower case, as header names compare. */
  static boolean nameAt(byte[] from, int start, int end, byte[] wanted) {
    if (end - start < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      int lower = from[start + i];
      if (lower >= 'A' && lower <= 'Z') {
        lower |= 0x20;
      }
      if (lower != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Where the wanted bytes begin, or -1. */
  static int find(byte[] from, int start, int end, byte[] wanted) {
    for (int i = Math.max(0, start); i <= end - wanted.length; i++) {
      if (from[i] == wanted[0] && at(from, i, end, wanted)) {
        return i;
      }
    }
    return -1;
  }

  /** The decimal number that starts here; stops at the first byte that is no digit. */
  static long decimal(byte[] from, int start, int end) {
    long value = 0;
    for (int i = start; i < end && from[i] >= '0' && from[i] <= '9'; i++) {
      value = value * 10 + (from[i] - '0');
    }
    return value;
  }
}
