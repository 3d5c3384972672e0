package com.runspace.wallet;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.chain.Address;
import com.runspace.chain.Base58;
import com.runspace.testkit.SolanaKey;
import com.runspace.wallet.SignIn.Ask;
import com.runspace.wallet.SignIn.Challenge;
import com.runspace.wallet.SignIn.Outcome;
import com.runspace.wallet.SignIn.Reason;
import com.runspace.wallet.SignIn.Refused;
import com.runspace.wallet.SignIn.Reply;
import com.runspace.wallet.SignIn.SignedIn;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Signing in with Solana wallets, in each of the ways that they sign. */
class SolanaSignInTest extends WalletRoom {
  private static final byte[] APPLICATION = new byte[32];

  private Challenge challenge() {
    return challenge("solana", null, Purpose.SIGN_IN, HERE);
  }

  private static byte[] text(Challenge challenge) {
    return challenge.input().bytes(SOL.address());
  }

  private Outcome verify(Challenge challenge, byte[] signed, @Nullable String kind, boolean tells)
      throws SQLException {
    return signIn.verify(solanaReply(challenge, SOL, signed, kind, tells), HERE);
  }

  @Test
  void theMessageIsOneOfSignInWithSolana() {
    Challenge challenge = challenge("solana", SOL.address(), Purpose.SIGN_IN, HERE);
    assertThat(challenge.message())
        .isEqualTo(
            """
            run-space.example wants you to sign in with your Solana account:
            %s

            Sign in to RunSpace. This costs nothing and sends no transaction.

            URI: https://run-space.example
            Version: 1
            Chain ID: mainnet
            Nonce: %s
            Issued At: 2026-11-22T12:00:30Z
            Expiration Time: 2026-11-22T12:05:30Z
            Request ID: sign-in\
            """
                .formatted(SOL.address(), challenge.id()));
    assertThat(challenge().message()).as("without an address").isNull();
  }

  @Test
  void everyWayOfSigningWorks() throws SQLException {
    for (boolean tells : List.of(true, false)) {
      Challenge plain = challenge();
      assertThat(verify(plain, text(plain), null, tells)).isInstanceOf(SignedIn.class);
      Challenge message = challenge();
      assertThat(verify(message, text(message), "message", tells)).isInstanceOf(SignedIn.class);
      Challenge written = challenge();
      assertThat(verify(written, text(written), "sign_in", tells)).isInstanceOf(SignedIn.class);
      Challenge wrapped = challenge();
      byte[] version1 = OffchainMessage.version1(SOL.bytes(), text(wrapped));
      assertThat(verify(wrapped, version1, "offchain", tells)).isInstanceOf(SignedIn.class);
    }
    Challenge old = challenge();
    byte[] version0 = OffchainMessage.version0(APPLICATION, (byte) 1, SOL.bytes(), text(old));
    assertThat(verify(old, version0, "offchain", true)).isInstanceOf(SignedIn.class);
    assertThat(accounts.all()).hasSize(1);
    assertThat(accounts.all().getFirst().address()).isEqualTo(SOL.address());
  }

  @Test
  void theEnvelopeHasTheBytesOfTheStandard() {
    byte[] key = SOL.bytes();
    String head = "ff736f6c616e61206f6666636861696e";
    String keyHex = HexFormat.of().formatHex(key);
    assertThat(OffchainMessage.version1(key, utf8("hi")))
        .isEqualTo(HexFormat.of().parseHex(head + "01" + "01" + keyHex + "6869"));
    assertThat(OffchainMessage.version0(APPLICATION, (byte) 1, key, utf8("hi")))
        .isEqualTo(
            HexFormat.of()
                .parseHex(head + "00" + "00".repeat(32) + "01" + "01" + keyHex + "0200" + "6869"));
  }

  @Test
  void aSignatureMayComeAsBase58() throws SQLException {
    Challenge challenge = challenge();
    Reply reply =
        new Reply(
            challenge.id(),
            "solana",
            SOL.address().text(),
            "sign_in",
            Base58.encode(SOL.sign(text(challenge))),
            null,
            null,
            null);
    assertThat(signIn.verify(reply, HERE)).isInstanceOf(SignedIn.class);
  }

  /**
   * Anybody can sign for these keys, where a check is not strict. One is where tokens are burnt.
   */
  @Test
  void theEightKeysOfSmallOrderCannotSignIn() throws SQLException {
    List<String> keys =
        List.of(
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa");
    for (String key : keys) {
      String address = Address.of(HexFormat.of().parseHex(key)).text();
      assertThat(signIn.challenge(new Ask("solana", address, "sign_in"), HERE))
          .isInstanceOf(Refused.class);
      for (String point : keys) {
        byte[] forged = Arrays.copyOf(HexFormat.of().parseHex(point), 64);
        Reply reply =
            new Reply(
                challenge().id(),
                "solana",
                address,
                "sign_in",
                Base64.getEncoder().encodeToString(forged),
                null,
                null,
                null);
        assertRefused(signIn.verify(reply, HERE), Reason.MALFORMED);
      }
    }
  }

  @Test
  void anotherKeyIsRefused() throws SQLException {
    Challenge challenge = challenge();
    byte[] signed = text(challenge);
    Reply others = solanaReply(challenge, SolanaKey.number(4), signed, null, false);
    Reply stolen =
        new Reply(
            challenge.id(),
            "solana",
            SOL.address().text(),
            "sign_in",
            others.signature(),
            null,
            null,
            null);
    assertRefused(signIn.verify(stolen, HERE), Reason.SIGNATURE);
    // And with the other's own address: what was signed names another one.
    assertRefused(signIn.verify(others, HERE), Reason.SIGNATURE);
  }

  @Test
  void anotherMessageIsRefused() throws SQLException {
    Challenge challenge = challenge();
    String good = new String(text(challenge), java.nio.charset.StandardCharsets.UTF_8);
    for (String other :
        List.of(
            good.replace("run-space.example wants", "evil.example wants"),
            good.replace("mainnet", "devnet"),
            good.replace("URI: https://run-space.example", "URI: https://evil.example"),
            good.replace("Sign in to RunSpace.", "Sign in to RunSpace.\nMore."),
            good.replace("sign-in", "link-wallet"),
            good.replace(challenge.id(), "0".repeat(72)),
            good + "\n",
            good + "\nResources:\n- https://evil.example",
            good.replace("\n", "\r\n"),
            "")) {
      for (boolean tells : List.of(true, false)) {
        assertRefused(verify(challenge, utf8(other), "message", tells), Reason.SIGNATURE);
        assertRefused(verify(challenge, utf8(other), "sign_in", tells), Reason.SIGNATURE);
        byte[] wrapped = OffchainMessage.version1(SOL.bytes(), utf8(other));
        assertRefused(verify(challenge, wrapped, "offchain", tells), Reason.SIGNATURE);
      }
    }
  }

  @Test
  void anotherEnvelopeIsRefused() throws SQLException {
    Challenge challenge = challenge();
    byte[] text = text(challenge);
    byte[] version1 = OffchainMessage.version1(SOL.bytes(), text);
    byte[] two = version1.clone();
    two[17] = 2;
    byte[] version2 = version1.clone();
    version2[16] = 2;
    byte[] noPrefix = Arrays.copyOfRange(version1, 1, version1.length);
    byte[] othersKey = OffchainMessage.version1(SolanaKey.number(4).bytes(), text);
    byte[] ascii = OffchainMessage.version0(APPLICATION, (byte) 0, SOL.bytes(), text);
    byte[] cut = Arrays.copyOf(version1, 40);
    byte[] longer = Arrays.copyOf(version1, version1.length + 1);
    for (byte[] odd :
        List.of(two, version2, noPrefix, othersKey, ascii, cut, longer, text, new byte[0])) {
      assertRefused(verify(challenge, odd, "offchain", true), Reason.SIGNATURE);
      assertRefused(verify(challenge, odd, "offchain", false), Reason.SIGNATURE);
    }
    // An envelope is not the text, and the text no envelope.
    assertRefused(verify(challenge, version1, "message", true), Reason.SIGNATURE);
    assertRefused(verify(challenge, version1, "sign_in", false), Reason.SIGNATURE);
    assertRefused(verify(challenge, text, "transaction", false), Reason.MALFORMED);
  }

  @Test
  void signaturesOfAnotherFormAreRefused() throws SQLException {
    Challenge challenge = challenge();
    String good = Base64.getEncoder().encodeToString(SOL.sign(text(challenge)));
    for (String odd :
        List.of(
            "", "====", good.substring(4), good + "AAAA", "1".repeat(64), "A".repeat(200_000))) {
      Reply reply =
          new Reply(
              challenge.id(), "solana", SOL.address().text(), "sign_in", odd, null, null, null);
      assertRefused(signIn.verify(reply, HERE), Reason.SIGNATURE);
    }
  }

  @Test
  void anEvmChallengeIsNoneForSolana() throws SQLException {
    Challenge challenge = forSignIn(ANNE);
    byte[] text = challenge.input().bytes(SOL.address());
    assertRefused(verify(challenge, text, null, false), Reason.CHALLENGE);
  }
}
