package com.runspace.chain;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.bouncycastle.crypto.digests.KeccakDigest;

/** Ethereum's hash. It is not SHA3-256, which pads otherwise and came later. */
public final class Keccak {
  private static final int BITS = 256;
  private static final int BYTES = BITS / 8;

  private Keccak() {}

  /** Keccak-256 of these pieces, one after the other. */
  public static byte[] hash(byte[]... pieces) {
    KeccakDigest digest = new KeccakDigest(BITS);
    for (byte[] piece : pieces) {
      digest.update(piece, 0, piece.length);
    }
    byte[] hash = new byte[BYTES];
    digest.doFinal(hash, 0);
    return hash;
  }

  /**
   * What {@code personal_sign} signs (EIP-191, version 0x45). The length in the prefix is that of
   * the bytes, not of the characters.
   */
  public static byte[] personal(byte[] message) {
    String prefix = "\u0019Ethereum Signed Message:\n" + message.length;
    return hash(prefix.getBytes(US_ASCII), message);
  }
}
