package com.runspace.chain;

/**
 * Solana's signatures, checked strictly. The JDK's own check takes signatures by keys of small
 * order, which anybody can make: the all-zero address is one of them, and tokens are burnt there.
 * So a key must be a point of the large group in its one encoding, and S below the group's order.
 */
public final class Ed25519 {
  private static final int KEY_LENGTH = 32;
  private static final int SIGNATURE_LENGTH = 64;

  private Ed25519() {}

  /** Whether these bytes can be somebody's key: on the curve, canonical, of the large order. */
  public static boolean isKey(byte[] key) {
    return key.length == KEY_LENGTH
        && org.bouncycastle.math.ec.rfc8032.Ed25519.validatePublicKeyFull(key, 0);
  }

  /** Whether the holder of this key signed the message. */
  public static boolean verify(byte[] key, byte[] message, byte[] signature) {
    return signature.length == SIGNATURE_LENGTH
        && isKey(key)
        && org.bouncycastle.math.ec.rfc8032.Ed25519.verify(
            signature, 0, key, 0, message, 0, message.length);
  }
}
