package com.runspace.testkit;

import com.runspace.chain.Address;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** A Solana wallet with a real key, which signs whatever it is asked to. */
public final class SolanaKey {
  private final byte[] secret = new byte[32];
  private final byte[] key = new byte[32];

  private SolanaKey(int number) {
    Arrays.fill(secret, (byte) number);
    Ed25519.generatePublicKey(secret, 0, key, 0);
  }

  /** Always the same key for the same number. */
  public static SolanaKey number(int number) {
    return new SolanaKey(number);
  }

  public Address address() {
    return Address.of(key);
  }

  /** The 32 bytes of the public key. */
  public byte[] bytes() {
    return key.clone();
  }

  /** 64 bytes over these. */
  public byte[] sign(byte[] message) {
    byte[] signature = new byte[64];
    Ed25519.sign(secret, 0, message, 0, message.length, signature, 0);
    return signature;
  }
}
