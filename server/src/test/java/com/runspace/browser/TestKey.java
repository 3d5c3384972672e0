package com.runspace.browser;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.crypto.digests.KeccakDigest;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;

/**
 * A key pair that lives as long as a test. The addresses are worked out here and not by the code
 * under test.
 *
 * @param family {@code eip155} or {@code solana}
 * @param secret 32 bytes in hex
 * @param publicKey in hex: 64 bytes of a point, or 32
 * @param address with the checksum of EIP-55, or in Base58
 */
public record TestKey(String family, String secret, String publicKey, String address) {
  private static final HexFormat HEX = HexFormat.of();
  private static final String BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

  public static TestKey ethereum() {
    return ethereum(random());
  }

  /** The key with this secret, such as one of those that a test chain gave something to. */
  public static TestKey ethereum(byte[] secret) {
    byte[] point =
        SECNamedCurves.getByName("secp256k1")
            .getG()
            .multiply(new BigInteger(1, secret))
            .getEncoded(false);
    byte[] publicKey = Arrays.copyOfRange(point, 1, point.length);
    byte[] address = Arrays.copyOfRange(keccak(publicKey), 12, 32);
    return new TestKey("eip155", HEX.formatHex(secret), HEX.formatHex(publicKey), eip55(address));
  }

  public static TestKey solana() {
    return solana(random());
  }

  /** The key with this seed. */
  public static TestKey solana(byte[] seed) {
    byte[] key = new Ed25519PrivateKeyParameters(seed, 0).generatePublicKey().getEncoded();
    return new TestKey("solana", HEX.formatHex(seed), HEX.formatHex(key), base58(key));
  }

  static byte[] keccak(byte[] input) {
    KeccakDigest digest = new KeccakDigest(256);
    digest.update(input, 0, input.length);
    byte[] hash = new byte[32];
    digest.doFinal(hash, 0);
    return hash;
  }

  private static byte[] random() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    return secret;
  }

  private static String eip55(byte[] address) {
    String lower = HEX.formatHex(address);
    String hash = HEX.formatHex(keccak(lower.getBytes(StandardCharsets.US_ASCII)));
    StringBuilder mixed = new StringBuilder("0x");
    for (int i = 0; i < lower.length(); i++) {
      String digit = lower.substring(i, i + 1);
      mixed.append(hash.charAt(i) >= '8' ? digit.toUpperCase(Locale.ROOT) : digit);
    }
    return mixed.toString();
  }

  private static String base58(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    BigInteger rest = new BigInteger(1, bytes);
    BigInteger base = BigInteger.valueOf(58);
    while (rest.signum() > 0) {
      text.append(BASE58.charAt(rest.mod(base).intValue()));
      rest = rest.divide(base);
    }
    for (int i = 0; i < bytes.length && bytes[i] == 0; i++) {
      text.append('1');
    }
    return text.reverse().toString();
  }
}
