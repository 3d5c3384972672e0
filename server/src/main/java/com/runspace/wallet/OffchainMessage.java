package com.runspace.wallet;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The envelope in which Solana wallets sign text that is no transaction. Only one signer, our own
 * text, and the two versions that wallets write; everything but the application's name in version 0
 * is compared.
 */
final class OffchainMessage {
  private static final byte[] PREFIX = "\u00ffsolana offchain".getBytes(ISO_8859_1);
  private static final int APPLICATION_BYTES = 32;

  /** UTF-8 that fits into a hardware wallet, and UTF-8 of any length; plain ASCII has no lines. */
  private static final byte LIMITED_UTF8 = 1;

  private static final byte EXTENDED_UTF8 = 2;
  private static final int LIMITED_BYTES_MAX = 1212;

  private OffchainMessage() {}

  /** Version 1: prefix, version, number of signers, signers, text. */
  static byte[] version1(byte[] key, byte[] text) {
    return ByteBuffer.allocate(PREFIX.length + 2 + key.length + text.length)
        .put(PREFIX)
        .put((byte) 1)
        .put((byte) 1)
        .put(key)
        .put(text)
        .array();
  }

  /** Version 0: prefix, version, application, format, number of signers, signers, length, text. */
  static byte[] version0(byte[] application, byte format, byte[] key, byte[] text) {
    return ByteBuffer.allocate(PREFIX.length + 5 + APPLICATION_BYTES + key.length + text.length)
        .put(PREFIX)
        .put((byte) 0)
        .put(application)
        .put(format)
        .put((byte) 1)
        .put(key)
        .put((byte) text.length)
        .put((byte) (text.length >> 8))
        .put(text)
        .array();
  }

  /**
   * What was signed, when it is this text in an envelope for this key and nothing else.
   *
   * @param signed what the wallet says it signed; null to take version 1
   * @return null when it is anything else
   */
  static byte @Nullable [] of(byte @Nullable [] signed, byte[] key, byte[] text) {
    byte[] version1 = version1(key, text);
    if (signed == null || Arrays.equals(signed, version1)) {
      return version1;
    }
    int formatAt = PREFIX.length + 1 + APPLICATION_BYTES;
    if (signed.length <= formatAt) {
      return null;
    }
    byte format = signed[formatAt];
    boolean fits = format == LIMITED_UTF8 && text.length <= LIMITED_BYTES_MAX;
    if (!fits && format != EXTENDED_UTF8) {
      return null;
    }
    byte[] application = Arrays.copyOfRange(signed, PREFIX.length + 1, formatAt);
    byte[] version0 = version0(application, format, key, text);
    return Arrays.equals(signed, version0) ? version0 : null;
  }
}
