package com.runspace.http;

import com.runspace.base.Randomness;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Makes the ids of requests: 128 bits, unique, not secret. Seeded from the secure source, since
 * asking that for each request would cost a system call. Belongs to one thread.
 */
final class RequestIds {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private final SplittableRandom random;

  RequestIds(Randomness seed) {
    random = new SplittableRandom(seed.nextLong());
  }

  /** {@code req_} and 32 hex digits. */
  @SuppressWarnings("deprecation") // the one constructor that turns ASCII into text without a look
  String next() {
    byte[] text = new byte[36];
    text[0] = 'r';
    text[1] = 'e';
    text[2] = 'q';
    text[3] = '_';
    hex(random.nextLong(), text, 4);
    hex(random.nextLong(), text, 20);
    return new String(text, 0);
  }

  private static void hex(long bits, byte[] text, int at) {
    for (int i = 0; i < 16; i++) {
      text[at + i] = HEX[(int) (bits >>> (60 - 4 * i)) & 0xf];
    }
  }
}
