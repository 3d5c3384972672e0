package com.runspace.chain;

import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Base58 with Bitcoin's alphabet, as Solana writes keys and signatures. One text stands for one row
 * of bytes: a leading {@code 1} is a zero byte. Its cost grows with the square of the length, so
 * long texts are not read.
 */
public final class Base58 {
  private static final String DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());

  /** Enough for 64 bytes, with room. */
  private static final int LENGTH_MAX = 128;

  private Base58() {}

  public static String encode(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    BigInteger rest = new BigInteger(1, bytes);
    while (rest.signum() > 0) {
      BigInteger[] parts = rest.divideAndRemainder(BASE);
      text.append(DIGITS.charAt(parts[1].intValue()));
      rest = parts[0];
    }
    for (int i = 0; i < bytes.length && bytes[i] == 0; i++) {
      text.append(DIGITS.charAt(0));
    }
    return text.reverse().toString();
  }

  /** The bytes; null when the text is empty, has another character or more than 128 of them. */
  public static byte @Nullable [] decode(String text) {
    if (text.isEmpty() || text.length() > LENGTH_MAX) {
      return null;
    }
    BigInteger number = BigInteger.ZERO;
    for (int i = 0; i < text.length(); i++) {
      int digit = DIGITS.indexOf(text.charAt(i));
      if (digit < 0) {
        return null;
      }
      number = number.multiply(BASE).add(BigInteger.valueOf(digit));
    }
    int zeros = 0;
    while (zeros < text.length() && text.charAt(zeros) == DIGITS.charAt(0)) {
      zeros++;
    }
    byte[] signed = number.signum() == 0 ? new byte[0] : number.toByteArray();
    int from = signed.length > 0 && signed[0] == 0 ? 1 : 0;
    byte[] bytes = new byte[zeros + signed.length - from];
    System.arraycopy(signed, from, bytes, zeros, signed.length - from);
    return bytes;
  }

  /** The bytes when there are exactly so many, else null. */
  public static byte @Nullable [] decode(String text, int length) {
    byte[] bytes = decode(text);
    return bytes != null && bytes.length == length ? Arrays.copyOf(bytes, length) : null;
  }
}
