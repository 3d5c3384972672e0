package com.runspace.wallet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.chain.Address;
import com.runspace.chain.EvmChain.SignatureAnswer;
import com.runspace.chain.Hex;
import com.runspace.testkit.EvmKey;
import com.runspace.wallet.SignIn.Ask;
import com.runspace.wallet.SignIn.Challenge;
import com.runspace.wallet.SignIn.Outcome;
import com.runspace.wallet.SignIn.Reason;
import com.runspace.wallet.SignIn.Refused;
import com.runspace.wallet.SignIn.Reply;
import com.runspace.wallet.SignIn.SignedIn;
import com.runspace.wallet.SignIn.Visitor;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Signing in with EVM wallets: the good way, and each forgery that is known. */
class EvmSignInTest extends WalletRoom {
  private Outcome verify(Challenge challenge, String signature) throws SQLException {
    return signIn.verify(reply(challenge, ANNE.address(), Purpose.SIGN_IN, signature), HERE);
  }

  @Test
  void theMessageIsOfEip4361ToTheLetter() {
    Challenge challenge = forSignIn(ANNE);
    assertThat(challenge.id()).matches("[0-9a-f]{72}");
    assertThat(challenge.message())
        .isEqualTo(
            """
            run-space.example wants you to sign in with your Ethereum account:
            %s

            Sign in to RunSpace. This costs nothing and sends no transaction.

            URI: https://run-space.example
            Version: 1
            Chain ID: 8453
            Nonce: %s
            Issued At: 2026-11-22T12:00:30Z
            Expiration Time: 2026-11-22T12:05:30Z
            Request ID: sign-in\
            """
                .formatted(ANNE.address().shown(), challenge.id()));
    assertThat(SiweMessage.read(message(challenge)).address()).isEqualTo(ANNE.address());
    for (Purpose purpose : List.of(Purpose.LINK, Purpose.CONFIRM)) {
      SignInText text =
          new SignInText(
              "a",
              purpose.statement(accounts.newcomer(new WalletTable.Signer(TOKEN, "")).account()),
              "https://a",
              "1",
              "12345678",
              Instant.EPOCH,
              Instant.EPOCH,
              purpose.requestId());
      assertThat(SiweMessage.read(text.of(TOKEN)).statement()).contains("account acc_");
    }
  }

  @Test
  void aKeySignsInAndComesBackToItsAccount() throws SQLException {
    SignedIn first = signsIn(ANNE);
    assertThat(first.wallet().address()).isEqualTo(ANNE.address());
    assertThat(first.wallet().chain()).isEmpty();
    assertThat(sessions.find(first.cookie().reveal())).contains(first.session());
    assertThat(first.session().wallet()).isEqualTo(ANNE.address().shown());
    assertThat(first.session().agent()).isEqualTo("Browser/1");
    SignedIn second = signsIn(ANNE);
    assertThat(second.wallet()).isEqualTo(first.wallet());
    assertThat(second.session().id()).isNotEqualTo(first.session().id());
    assertThat(second.cookie().reveal()).isNotEqualTo(first.cookie().reveal());
    assertThat(signsIn(BOB).wallet().account()).isNotEqualTo(first.wallet().account());
    assertThat(moved)
        .containsExactly(
            first.wallet().account(),
            first.wallet().account(),
            accounts.find(BOB.address()).orElseThrow().account());
  }

  @Test
  void aKeyNeedsNoChain() throws SQLException {
    contracts =
        (_, _, _, _) -> {
          throw new AssertionError("a chain was asked");
        };
    assertThat(signsIn(ANNE).session()).isNotNull();
  }

  /** Such an account has code, and its key still decides (EIP-7702). */
  @Test
  void anAccountThatDelegatesToCodeSignsInByItsKey() throws SQLException {
    contractsSay(SignatureAnswer.INVALID);
    assertThat(signsIn(ANNE).wallet().chain()).isEmpty();
  }

  @Test
  void aReplayIsRefused() throws SQLException {
    Reply reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    SignedIn in = (SignedIn) signIn.verify(reply, HERE);
    sessions.endAll(in.session().account());
    restart();
    Outcome again = signIn.verify(reply, HERE);
    assertThat(((Refused) again).reason()).isEqualTo(Reason.CHALLENGE);
    assertThat(accounts.table().sessions()).isEmpty();
  }

  @Test
  void twoRepliesToOneChallengeGiveOneSession() throws Exception {
    Reply reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    Outcome[] outcomes = new Outcome[8];
    List<Thread> threads = new java.util.ArrayList<>();
    for (int i = 0; i < outcomes.length; i++) {
      int number = i;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  outcomes[number] = signIn.verify(reply, HERE);
                } catch (SQLException fault) {
                  throw new IllegalStateException(fault);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(outcomes).filteredOn(SignedIn.class::isInstance).hasSize(1);
    assertThat(accounts.table().sessions()).hasSize(1);
    assertThat(sessions.list(accounts.all().getFirst().account())).hasSize(1);
  }

  @Test
  void theOtherSpellingOfAUsedNonceIsRefused() throws SQLException {
    Challenge challenge = forSignIn(ANNE);
    Challenge loud =
        new Challenge(
            challenge.id().toUpperCase(java.util.Locale.ROOT),
            true,
            challenge.message(),
            challenge.input());
    assertRefused(verify(loud, ANNE.signs(message(challenge))), Reason.CHALLENGE);
  }

  @Test
  void anotherBrowserIsRefused() throws SQLException {
    Reply reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    assertRefused(signIn.verify(reply, new Visitor("c".repeat(43), null, "")), Reason.CHALLENGE);
    assertRefused(signIn.verify(reply, new Visitor("", null, "")), Reason.CHALLENGE);
  }

  @Test
  void anExpiredChallengeIsRefused() throws SQLException {
    Reply reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    time.advance(Duration.ofMinutes(5));
    assertRefused(signIn.verify(reply, HERE), Reason.CHALLENGE);
  }

  @Test
  void aChallengeLivesForFiveMinutes() throws SQLException {
    Reply reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    time.advance(Duration.ofMinutes(5).minusSeconds(1));
    assertThat(signIn.verify(reply, HERE)).isInstanceOf(SignedIn.class);
  }

  @Test
  void aChallengeOfTheFutureOrOfNobodyIsRefused() throws SQLException {
    Reply reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    time.jumpTo("2026-11-22T11:59:00Z");
    assertRefused(signIn.verify(reply, HERE), Reason.CHALLENGE);
    for (String id : List.of("", "x", "0".repeat(72), "g".repeat(72), "0".repeat(100_000))) {
      Reply made =
          new Reply(id, "eip155", ANNE.address().text(), "sign_in", "0x00", null, null, null);
      assertRefused(signIn.verify(made, HERE), Reason.CHALLENGE);
    }
  }

  @Test
  void anotherDomainIsRefused() throws SQLException {
    Challenge challenge = forSignIn(ANNE);
    String phished = message(challenge).replace("run-space.example", "run-space.evil.example");
    assertRefused(verify(challenge, ANNE.signs(phished)), Reason.SIGNATURE);
    // A server elsewhere that has our key of nonces is still not here.
    SignIn elsewhere = room(settings("https://run-space.evil.example", 8453L));
    Challenge theirs =
        (Challenge) elsewhere.challenge(new Ask("eip155", ANNE.address().text(), "sign_in"), HERE);
    assertRefused(signIn.verify(honest(ANNE, theirs, Purpose.SIGN_IN), HERE), Reason.SIGNATURE);
  }

  @Test
  void anotherChainIdIsRefused() throws SQLException {
    Challenge challenge = forSignIn(ANNE);
    String other = message(challenge).replace("Chain ID: 8453", "Chain ID: 10");
    assertRefused(verify(challenge, ANNE.signs(other)), Reason.SIGNATURE);
    Reply onOther =
        new Reply(
            challenge.id(),
            "eip155:10",
            ANNE.address().text(),
            "sign_in",
            ANNE.signs(other),
            null,
            null,
            null);
    assertRefused(signIn.verify(onOther, HERE), Reason.CHALLENGE);
    Refused unknown =
        (Refused) signIn.challenge(new Ask("eip155:1", ANNE.address().text(), "sign_in"), HERE);
    assertThat(unknown.reason()).isEqualTo(Reason.MALFORMED);
  }

  @Test
  void theWrongWalletIsRefused() throws SQLException {
    Challenge challenge = forSignIn(ANNE);
    assertRefused(verify(challenge, BOB.signs(message(challenge))), Reason.SIGNATURE);
    // Bob's good signature, shown as Anne's.
    Challenge bobs = forSignIn(BOB);
    assertRefused(verify(bobs, BOB.signs(message(bobs))), Reason.SIGNATURE);
  }

  @Test
  void theOtherFormsOfASignatureAreRefused() throws SQLException {
    Challenge challenge = forSignIn(ANNE);
    byte[] good = requireNonNull(Hex.bytes(ANNE.signs(message(challenge))));
    assertRefused(verify(challenge, Hex.of(EvmKey.twin(good))), Reason.SIGNATURE);
    assertRefused(verify(challenge, Hex.of(compact(good))), Reason.SIGNATURE);
    assertRefused(verify(challenge, Hex.of(Arrays.copyOf(good, 64))), Reason.SIGNATURE);
    assertRefused(verify(challenge, Hex.of(Arrays.copyOf(good, 66))), Reason.SIGNATURE);
    byte[] otherV = good.clone();
    otherV[64] = (byte) (good[64] + 8);
    assertRefused(verify(challenge, Hex.of(otherV)), Reason.SIGNATURE);
    for (String text : List.of("", "0x", "0x0", "zz", "0x" + "0".repeat(130), "é")) {
      assertRefused(verify(challenge, text), Reason.SIGNATURE);
    }
    assertRefused(verify(challenge, "0x" + "00".repeat(100_000)), Reason.SIGNATURE);
    // None of all this has used the challenge up.
    assertThat(verify(challenge, Hex.of(good))).isInstanceOf(SignedIn.class);
  }

  /** The form of EIP-2098: the parity in the highest bit of s. */
  private static byte[] compact(byte[] signature) {
    byte[] compact = Arrays.copyOf(signature, 64);
    if (signature[64] == 28) {
      compact[32] |= (byte) 0x80;
    }
    return compact;
  }

  @Test
  void aSignatureForAnotherPurposeIsRefused() throws SQLException {
    Challenge challenge = forSignIn(ANNE);
    String linking =
        message(challenge)
            .replace("Request ID: sign-in", "Request ID: link-wallet")
            .replace("Sign in to RunSpace.", "Link this wallet to the RunSpace account x.");
    assertRefused(verify(challenge, ANNE.signs(linking)), Reason.SIGNATURE);
    Reply asLink = honest(ANNE, challenge, Purpose.LINK);
    assertRefused(signIn.verify(asLink, HERE), Reason.NOT_SIGNED_IN);
  }

  @Test
  void aSignInCannotBeUsedToLinkOrConfirm() throws SQLException {
    Session session = signsIn(BOB).session();
    Challenge challenge = challenge("eip155", ANNE.address(), Purpose.SIGN_IN, signedInAs(session));
    for (Purpose purpose : List.of(Purpose.LINK, Purpose.CONFIRM)) {
      Outcome outcome = signIn.verify(honest(ANNE, challenge, purpose), signedInAs(session));
      assertThat(((Refused) outcome).reason()).isEqualTo(Reason.CHALLENGE);
    }
    assertThat(accounts.wallets(session.account())).hasSize(1);
  }

  @Test
  void addressesOfNobodyAreRefused() throws SQLException {
    for (String text :
        List.of(
            "0x0000000000000000000000000000000000000000",
            "0x0000000000000000000000000000000000000001",
            "0x0000000000000000000000000000000000000004",
            "0x00000000000000000000000000000000000001ff",
            "0x000000000000000000000000000000000000dead",
            TOKEN.text(),
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
            "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            SOL.address().text(),
            "")) {
      contractsSay(SignatureAnswer.VALID);
      Refused asked = (Refused) signIn.challenge(new Ask("eip155", text, "sign_in"), HERE);
      assertThat(asked.reason()).isEqualTo(Reason.MALFORMED);
      Challenge challenge = forSignIn(ANNE);
      Reply reply =
          new Reply(
              challenge.id(), "eip155", text, "sign_in", "0x" + "11".repeat(65), null, null, null);
      assertRefused(signIn.verify(reply, HERE), Reason.MALFORMED);
    }
    Address first = Address.parse("0x0000000000000000000000000000000000000200");
    assertThat(settings(SITE).isRefused(first)).isFalse();
  }

  @Test
  void whatIsNoRequestIsRefusedInWords() {
    for (Ask ask :
        List.of(
            new Ask("bitcoin", ANNE.address().text(), "sign_in"),
            new Ask("eip155", null, "sign_in"),
            new Ask("eip155", ANNE.address().text(), "login"),
            new Ask("eip155:", ANNE.address().text(), "sign_in"),
            new Ask("solana", ANNE.address().text(), "sign_in"))) {
      Refused refused = (Refused) signIn.challenge(ask, HERE);
      assertThat(refused.reason()).isEqualTo(Reason.MALFORMED);
      assertThat(refused.message()).endsWith(".");
    }
  }

  @Test
  void aFailingStoreLeavesNoSessionBehind() throws SQLException {
    Reply reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    db.write(connection -> {
      try (var statement = connection.createStatement()) {
        return statement.executeUpdate(
            "CREATE TRIGGER full BEFORE INSERT ON session BEGIN SELECT RAISE(FAIL, 'full'); END");
      }
    });
    org.assertj.core.api.Assertions.assertThatThrownBy(() -> signIn.verify(reply, HERE))
        .isInstanceOf(SQLException.class);
    assertThat(accounts.all()).isEmpty();
    db.write(connection -> {
      try (var statement = connection.createStatement()) {
        return statement.executeUpdate("DROP TRIGGER full");
      }
    });
    assertThat(sessions.list(new com.runspace.base.AccountId("x"))).isEmpty();
    assertThat(signIn.verify(reply, HERE)).as("the nonce is as good").isInstanceOf(SignedIn.class);
  }
}
