package com.runspace.keys;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * SHA-256 of a key's text, in four words. A key has 256 random bits, so a fast hash is enough, and
 * looking it up by hash tells an attacker's clock nothing about the key.
 */
record KeyHash(long a, long b, long c, long d) {
  static KeyHash of(String secret) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer hash = ByteBuffer.wrap(digest.digest(secret.getBytes(StandardCharsets.UTF_8)));
      return new KeyHash(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
    } catch (NoSuchAlgorithmException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }

  /**
   * Reads what {@link #hex} wrote.
   *
   * @throws IllegalArgumentException when the text is anything else
   */
  static KeyHash ofHex(String hex) {
    if (hex.length() != 64) {
      throw new IllegalArgumentException("a hash has 64 hex digits");
    }
    return new KeyHash(word(hex, 0), word(hex, 1), word(hex, 2), word(hex, 3));
  }

  private static long word(String hex, int number) {
    return HexFormat.fromHexDigitsToLong(hex, 16 * number, 16 * (number + 1));
  }

  /** The hash as 64 hex digits. */
  String hex() {
    HexFormat form = HexFormat.of();
    return form.toHexDigits(a) + form.toHexDigits(b) + form.toHexDigits(c) + form.toHexDigits(d);
  }
}
