package com.runspace.browser;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.bouncycastle.asn1.sec.SECNamedCurves;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** Checks what a wallet signed, with nothing but BouncyCastle. */
final class Signatures {
  private Signatures() {}

  static boolean hold(TestKey key, String text, String signature) {
    byte[] message = text.getBytes(StandardCharsets.UTF_8);
    byte[] publicKey = HexFormat.of().parseHex(key.publicKey());
    return key.family().equals("solana")
        ? ed25519(publicKey, message, HexFormat.of().parseHex(signature))
        : secp256k1(publicKey, message, HexFormat.of().parseHex(signature.substring(2)));
  }

  private static boolean ed25519(byte[] publicKey, byte[] message, byte[] signature) {
    return signature.length == 64
        && Ed25519.verify(signature, 0, publicKey, 0, message, 0, message.length);
  }

  private static boolean secp256k1(byte[] publicKey, byte[] message, byte[] signature) {
    if (signature.length != 65 || (signature[64] != 27 && signature[64] != 28)) {
      return false;
    }
    X9ECParameters curve = SECNamedCurves.getByName("secp256k1");
    byte[] point = new byte[65];
    point[0] = 4;
    System.arraycopy(publicKey, 0, point, 1, 64);
    ECDSASigner signer = new ECDSASigner();
    signer.init(
        false,
        new ECPublicKeyParameters(
            curve.getCurve().decodePoint(point), new ECDomainParameters(curve)));
    return signer.verifySignature(
        personal(message),
        new BigInteger(1, Arrays.copyOfRange(signature, 0, 32)),
        new BigInteger(1, Arrays.copyOfRange(signature, 32, 64)));
  }

  /** The hash that EIP-191 has a wallet sign for a person's text. */
  private static byte[] personal(byte[] message) {
    byte[] head =
        ("\u0019Ethereum Signed Message:\n" + message.length).getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(head, head.length + message.length);
    System.arraycopy(message, 0, all, head.length, message.length);
    return TestKey.keccak(all);
  }
}
