package com.runspace.chain;

import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.math.ec.ECAlgorithms;
import org.bouncycastle.math.ec.ECPoint;
import org.jspecify.annotations.Nullable;

/**
 * Who signed with an Ethereum key. Only one form of a signature is taken, so that one act of
 * signing cannot be shown in two forms: 65 bytes, {@code 0 < r < n}, {@code 0 < s <= n/2} (EIP-2),
 * v one of 0, 1, 27, 28.
 */
public final class Secp256k1 {
  private static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256k1");
  private static final BigInteger N = CURVE.getN();
  private static final BigInteger HALF_N = N.shiftRight(1);
  private static final int LENGTH = 65;

  private Secp256k1() {}

  /**
   * The address whose key signed this hash.
   *
   * @param hash 32 bytes
   * @param signature r, s and v
   * @return null when this is no signature in the one form that is taken
   */
  public static @Nullable Address recover(byte[] hash, byte[] signature) {
    if (hash.length != 32 || signature.length != LENGTH) {
      return null;
    }
    BigInteger r = new BigInteger(1, Arrays.copyOfRange(signature, 0, 32));
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
    int v = signature[64] & 0xff;
    int parity = v >= 27 ? v - 27 : v;
    boolean inRange = r.signum() > 0 && r.compareTo(N) < 0 && s.signum() > 0;
    if (!inRange || s.compareTo(HALF_N) > 0 || parity < 0 || parity > 1) {
      return null;
    }
    ECPoint point = point(r, parity);
    if (point == null) {
      return null;
    }
    BigInteger e = new BigInteger(1, hash);
    BigInteger inverse = r.modInverse(N);
    ECPoint key =
        ECAlgorithms.sumOfTwoMultiplies(
                CURVE.getG(),
                e.negate().multiply(inverse).mod(N),
                point,
                s.multiply(inverse).mod(N))
            .normalize();
    return key.isInfinity() ? null : address(key);
  }

  /**
   * The point with this x and parity of y. That x could be r + n is left out: r would have to lie
   * below p - n, which no honest signature does.
   */
  private static @Nullable ECPoint point(BigInteger x, int parity) {
    byte[] encoded = new byte[33];
    encoded[0] = (byte) (2 + parity);
    byte[] digits = x.toByteArray();
    int from = digits[0] == 0 ? 1 : 0;
    int length = digits.length - from;
    System.arraycopy(digits, from, encoded, encoded.length - length, length);
    try {
      return CURVE.getCurve().decodePoint(encoded);
    } catch (IllegalArgumentException noSuchPoint) {
      return null;
    }
  }

  /** The last 20 bytes of the hash of the key's coordinates. */
  private static Address address(ECPoint key) {
    byte[] encoded = key.getEncoded(/* compressed= */ false);
    byte[] hash = Keccak.hash(Arrays.copyOfRange(encoded, 1, encoded.length));
    return Address.of(Arrays.copyOfRange(hash, 12, 32));
  }
}
