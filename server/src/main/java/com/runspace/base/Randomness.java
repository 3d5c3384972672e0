package com.runspace.base;

import java.security.SecureRandom;

/** Where random bits come from, passed in so that tests can repeat a run. */
@FunctionalInterface
public interface Randomness {
  /** Fills the whole array with random bytes. */
  void fill(byte[] bytes);

  default long nextLong() {
    byte[] bytes = new byte[Long.BYTES];
    fill(bytes);
    long bits = 0;
    for (byte b : bytes) {
      bits = bits << 8 | (b & 0xff);
    }
    return bits;
  }

  /** The operating system's source; fit for keys. Safe to share between threads. */
  static Randomness secure() {
    return new SecureRandom()::nextBytes;
  }
}
