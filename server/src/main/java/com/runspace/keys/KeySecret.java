package com.runspace.keys;

import com.runspace.base.Randomness;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.CRC32;

/**
 * The text of an API key: {@code rsk_live_}, 256 random bits as 43 base62 digits, and 6 digits of
 * checksum over what stands before, so that leaked keys can be scanned for and a typo can be told
 * from a revoked key.
 */
public final class KeySecret {
  public static final String PREFIX = "rsk_live_";

  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());
  private static final int RANDOM_DIGITS = 43;
  private static final int CHECK_DIGITS = 6;
  private static final int LENGTH = PREFIX.length() + RANDOM_DIGITS + CHECK_DIGITS;
  private static final int RANDOM_BYTES = 32;

  private KeySecret() {}

  /** Makes a new key text. It is shown to its owner once; only its hash is kept. */
  public static String make(Randomness random) {
    byte[] bits = new byte[RANDOM_BYTES];
    random.fill(bits);
    String body = PREFIX + base62(new BigInteger(1, bits), RANDOM_DIGITS);
    return body + checksum(body);
  }

  /** A new public id of a key, which has nothing to do with its text and is safe to show. */
  static String newId(Randomness random) {
    return "key_" + HexFormat.of().toHexDigits(random.nextLong());
  }

  /** Whether a text could be a key at a glance, so that others need not be hashed. */
  static boolean hasForm(String text) {
    return text.length() == LENGTH && text.startsWith(PREFIX);
  }

  /** Whether the text has the form of a key and its checksum is right. */
  public static boolean isWellFormed(String text) {
    if (!hasForm(text)) {
      return false;
    }
    for (int i = PREFIX.length(); i < LENGTH; i++) {
      if (DIGITS.indexOf(text.charAt(i)) < 0) {
        return false;
      }
    }
    int check = LENGTH - CHECK_DIGITS;
    return text.substring(check).equals(checksum(text.substring(0, check)));
  }

  private static String checksum(String body) {
    CRC32 crc = new CRC32();
    crc.update(body.getBytes(StandardCharsets.UTF_8));
    return base62(BigInteger.valueOf(crc.getValue()), CHECK_DIGITS);
  }

  private static String base62(BigInteger number, int digits) {
    char[] text = new char[digits];
    BigInteger rest = number;
    for (int i = digits - 1; i >= 0; i--) {
      BigInteger[] parts = rest.divideAndRemainder(BASE);
      text[i] = DIGITS.charAt(parts[1].intValue());
      rest = parts[0];
    }
    return new String(text);
  }

  /**
   * SHA-256 of a key's text, in four words. A key has 256 random bits, so a fast hash is enough,
   * and looking it up by hash tells an attacker's clock nothing about the key.
   */
  record Hash(long a, long b, long c, long d) {
    static Hash of(String secret) {
      try {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        ByteBuffer hash = ByteBuffer.wrap(digest.digest(secret.getBytes(StandardCharsets.UTF_8)));
        return new Hash(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong());
      } catch (NoSuchAlgorithmException everyJavaHasIt) {
        throw new IllegalStateException(everyJavaHasIt);
      }
    }

    /**
     * Reads what {@link #hex} wrote.
     *
     * @throws IllegalArgumentException when the text is anything else
     */
    static Hash ofHex(String hex) {
      if (hex.length() != 64) {
        throw new IllegalArgumentException("a hash has 64 hex digits");
      }
      return new Hash(word(hex, 0), word(hex, 1), word(hex, 2), word(hex, 3));
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
}
