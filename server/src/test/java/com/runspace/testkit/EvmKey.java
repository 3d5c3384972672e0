package com.runspace.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.chain.Address;
import com.runspace.chain.Hex;
import com.runspace.chain.Keccak;
import com.runspace.chain.Secp256k1;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;

/** An Ethereum wallet with a real key, which signs whatever it is asked to. */
public final class EvmKey {
  private static final X9ECParameters CURVE = CustomNamedCurves.getByName("secp256k1");
  private static final BigInteger N = CURVE.getN();

  private final BigInteger secret;
  private final Address address;

  private EvmKey(BigInteger secret) {
    this.secret = secret;
    byte[] point = CURVE.getG().multiply(secret).normalize().getEncoded(/* compressed= */ false);
    byte[] hash = Keccak.hash(Arrays.copyOfRange(point, 1, point.length));
    this.address = Address.of(Arrays.copyOfRange(hash, 12, 32));
  }

  /** Always the same key for the same number, from 1. */
  public static EvmKey number(int number) {
    return of(BigInteger.valueOf(number).multiply(new BigInteger("9".repeat(70))).mod(N));
  }

  /** The key with this secret number. */
  public static EvmKey of(BigInteger secret) {
    return new EvmKey(secret);
  }

  public Address address() {
    return address;
  }

  /** As {@code personal_sign} does: {@code 0x} and 65 bytes in hex. */
  public String signs(String message) {
    return Hex.of(sign(Keccak.personal(message.getBytes(UTF_8))));
  }

  /** Signs a hash: r, s, and v as 27 or 28. */
  public byte[] sign(byte[] hash) {
    ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest()));
    ECDomainParameters domain = new ECDomainParameters(CURVE);
    signer.init(true, new ECPrivateKeyParameters(secret, domain));
    BigInteger[] rs = signer.generateSignature(hash);
    BigInteger low = rs[1].min(N.subtract(rs[1]));
    byte[] signature = new byte[65];
    put(rs[0], signature, 0);
    put(low, signature, 32);
    for (byte v = 27; v <= 28; v++) {
      signature[64] = v;
      if (address.equals(Secp256k1.recover(hash, signature))) {
        return signature;
      }
    }
    throw new AssertionError("no v fits");
  }

  /** The other form of the same signature, with s in the upper half. */
  public static byte[] twin(byte[] signature) {
    byte[] twin = signature.clone();
    BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, 32, 64));
    put(N.subtract(s), twin, 32);
    twin[64] = (byte) (signature[64] == 27 ? 28 : 27);
    return twin;
  }

  private static void put(BigInteger number, byte[] into, int at) {
    byte[] digits = number.toByteArray();
    int from = digits.length > 32 ? digits.length - 32 : 0;
    Arrays.fill(into, at, at + 32, (byte) 0);
    int length = digits.length - from;
    System.arraycopy(digits, from, into, at + 32 - length, length);
  }
}
