package com.runspace.chain;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.EvmKey;
import com.runspace.testkit.SolanaKey;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SignaturesTest {
  /** All points of small order on the curve of Ed25519, encoded. */
  private static final List<String> SMALL_ORDER =
      List.of(
          "0000000000000000000000000000000000000000000000000000000000000000",
          "0100000000000000000000000000000000000000000000000000000000000000",
          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
          "0000000000000000000000000000000000000000000000000000000000000080",
          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");

  private final Random random = new Random(11);

  private byte[] hash() {
    byte[] hash = new byte[32];
    random.nextBytes(hash);
    return hash;
  }

  @Test
  void aKnownSignatureIsRecovered() {
    // From the documentation of a widely used JavaScript library.
    EvmKey key =
        EvmKey.of(
            new BigInteger("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318", 16));
    String signature =
        "0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd"
            + "6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c";
    byte[] hash = Keccak.personal("Some data".getBytes(UTF_8));
    Address signer = Secp256k1.recover(hash, requireNonNull(Hex.bytes(signature)));
    assertThat(signer).hasToString("0x2c7536E3605D9C16a7a3D7b1898e529396a65c23");
    assertThat(key.address()).isEqualTo(signer);
    assertThat(key.signs("Some data")).isEqualTo(signature);
  }

  @Test
  void everySignatureOfEveryKeyIsRecovered() {
    for (int i = 1; i <= 40; i++) {
      EvmKey key = EvmKey.number(i);
      byte[] hash = hash();
      byte[] signature = key.sign(hash);
      assertThat(Secp256k1.recover(hash, signature)).isEqualTo(key.address());
      signature[64] = (byte) (signature[64] - 27);
      assertThat(Secp256k1.recover(hash, signature)).isEqualTo(key.address());
      assertThat(Secp256k1.recover(hash(), signature)).isNotEqualTo(key.address());
    }
  }

  @Test
  void onlyOneFormOfASignatureIsTaken() {
    byte[] hash = hash();
    byte[] good = EvmKey.number(1).sign(hash);
    assertThat(Secp256k1.recover(hash, EvmKey.twin(good))).as("high s").isNull();
    assertThat(Secp256k1.recover(hash, Arrays.copyOf(good, 64))).as("64 bytes").isNull();
    assertThat(Secp256k1.recover(hash, Arrays.copyOf(good, 66))).as("66 bytes").isNull();
    for (int v : List.of(2, 3, 26, 29, 30, 31, 35, 37, 255)) {
      byte[] odd = good.clone();
      odd[64] = (byte) v;
      assertThat(Secp256k1.recover(hash, odd)).as("v " + v).isNull();
    }
    byte[] order =
        HexFormat.of().parseHex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    for (byte[] word : List.of(new byte[32], order, filled())) {
      byte[] badR = good.clone();
      System.arraycopy(word, 0, badR, 0, 32);
      assertThat(Secp256k1.recover(hash, badR)).as("r").isNull();
      byte[] badS = good.clone();
      System.arraycopy(word, 0, badS, 32, 32);
      assertThat(Secp256k1.recover(hash, badS)).as("s").isNull();
    }
    byte[] noPoint = good.clone();
    Arrays.fill(noPoint, 0, 32, (byte) 0);
    noPoint[31] = 5;
    assertThat(Secp256k1.recover(hash, noPoint)).as("x = 5 is on no point").isNull();
  }

  private static byte[] filled() {
    byte[] word = new byte[32];
    Arrays.fill(word, (byte) 0xff);
    return word;
  }

  @Test
  void solanaSignatures() {
    SolanaKey key = SolanaKey.number(3);
    byte[] message = "hello".getBytes(UTF_8);
    byte[] signature = key.sign(message);
    assertThat(Ed25519.verify(key.bytes(), message, signature)).isTrue();
    assertThat(Ed25519.verify(key.bytes(), "hellp".getBytes(UTF_8), signature)).isFalse();
    assertThat(Ed25519.verify(SolanaKey.number(4).bytes(), message, signature)).isFalse();
    assertThat(Ed25519.verify(key.bytes(), message, Arrays.copyOf(signature, 63))).isFalse();
    assertThat(Ed25519.verify(key.bytes(), message, Arrays.copyOf(signature, 65))).isFalse();
    assertThat(Ed25519.verify(new byte[31], message, signature)).isFalse();
    assertThat(Ed25519.verify(key.bytes(), message, withOrderAdded(signature)))
        .as("S + L says the same as S")
        .isFalse();
  }

  private static byte[] withOrderAdded(byte[] signature) {
    BigInteger order =
        BigInteger.TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    byte[] twin = signature.clone();
    byte[] s = Arrays.copyOfRange(signature, 32, 64);
    reverse(s);
    byte[] sum = new BigInteger(1, s).add(order).toByteArray();
    reverse(sum);
    Arrays.fill(twin, 32, 64, (byte) 0);
    System.arraycopy(sum, 0, twin, 32, Math.min(32, sum.length));
    return twin;
  }

  private static void reverse(byte[] bytes) {
    for (int i = 0; i < bytes.length / 2; i++) {
      byte kept = bytes[i];
      bytes[i] = bytes[bytes.length - 1 - i];
      bytes[bytes.length - 1 - i] = kept;
    }
  }

  /** The JDK takes some of these, so anybody could sign in as the address of burnt tokens. */
  @Test
  void keysOfSmallOrderSignNothing() throws GeneralSecurityException {
    int takenByOthers = 0;
    for (String keyHex : SMALL_ORDER) {
      byte[] key = HexFormat.of().parseHex(keyHex);
      assertThat(Ed25519.isKey(key)).isFalse();
      for (String pointHex : SMALL_ORDER) {
        byte[] forged = Arrays.copyOf(HexFormat.of().parseHex(pointHex), 64);
        for (int i = 0; i < 8; i++) {
          byte[] message = hash();
          assertThat(Ed25519.verify(key, message, forged)).isFalse();
          takenByOthers += jdkTakes(key, message, forged) ? 1 : 0;
        }
      }
    }
    assertThat(takenByOthers).as("the forgeries are real ones").isPositive();
  }

  private static boolean jdkTakes(byte[] key, byte[] message, byte[] signature)
      throws GeneralSecurityException {
    byte[] spec =
        HexFormat.of().parseHex("302a300506032b6570032100" + HexFormat.of().formatHex(key));
    Signature check = Signature.getInstance("Ed25519");
    try {
      check.initVerify(
          KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(spec)));
      check.update(message);
      return check.verify(signature);
    } catch (GeneralSecurityException refused) {
      return false;
    }
  }
}
