package com.runspace.wallet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.chain.Address;
import com.runspace.chain.EvmChain.SignatureAnswer;
import com.runspace.chain.Hex;
import com.runspace.chain.Keccak;
import com.runspace.wallet.SignIn.Challenge;
import com.runspace.wallet.SignIn.Outcome;
import com.runspace.wallet.SignIn.Reason;
import com.runspace.wallet.SignIn.Refused;
import com.runspace.wallet.SignIn.SignedIn;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Signing in with contract wallets, which a chain has to be asked about. */
class ContractSignInTest extends WalletRoom {
  private static final Address SAFE = Address.parse("0xd1220a0cf47c7b9be7a2e6ba89f429762e7b9adb");

  private final List<Long> asked = new ArrayList<>();

  private Challenge challenge() {
    return challenge("eip155", SAFE, Purpose.SIGN_IN, HERE);
  }

  private Outcome verify(Challenge challenge, String signature) throws SQLException {
    return signIn.verify(reply(challenge, SAFE, Purpose.SIGN_IN, signature), HERE);
  }

  /** A contract that takes what its owner signed, on one chain. */
  private void ownedByBob(long where) {
    contracts =
        (chain, wallet, hash, signature) -> {
          asked.add(chain);
          boolean isBobs =
              BOB.address().equals(com.runspace.chain.Secp256k1.recover(hash, signature));
          return isBobs && wallet.equals(SAFE) && chain == where
              ? SignatureAnswer.VALID
              : SignatureAnswer.INVALID;
        };
  }

  @Test
  void aContractSignsInByItsOwner() throws SQLException {
    ownedByBob(8453);
    Challenge challenge = challenge();
    byte[] hash = Keccak.personal(utf8(message(challenge)));
    assertThat(Hex.of(BOB.sign(hash))).isEqualTo(BOB.signs(message(challenge)));
    SignedIn in = (SignedIn) verify(challenge, BOB.signs(message(challenge)));
    assertThat(in.wallet().address()).isEqualTo(SAFE);
    assertThat(in.wallet().chain()).isEqualTo("eip155:8453");
    assertThat(asked).containsExactly(8453L);
    assertThat(in.session().expires())
        .as("its owner may change")
        .isEqualTo(in.session().created().plus(Duration.ofDays(1)));
  }

  @Test
  void theSameAddressOnAnotherChainIsAnotherWallet() throws SQLException {
    ownedByBob(8453);
    Challenge challenge = challenge("eip155:10", SAFE, Purpose.SIGN_IN, HERE);
    var reply =
        new SignIn.Reply(
            challenge.id(),
            "eip155:10",
            SAFE.shown(),
            "sign_in",
            BOB.signs(message(challenge)),
            null,
            null,
            null);
    assertRefused(signIn.verify(reply, HERE), Reason.SIGNATURE);
    assertThat(asked).containsExactly(10L);
    ownedByBob(10);
    SignedIn there = (SignedIn) signIn.verify(reply, HERE);
    ownedByBob(8453);
    Challenge here = challenge();
    SignedIn other = (SignedIn) verify(here, BOB.signs(message(here)));
    assertThat(there.wallet().account()).isNotEqualTo(other.wallet().account());
  }

  @Test
  void aContractThatSaysNoIsRefused() throws SQLException {
    ownedByBob(8453);
    Challenge challenge = challenge();
    assertRefused(verify(challenge, ANNE.signs(message(challenge))), Reason.SIGNATURE);
    assertRefused(verify(challenge, "0x"), Reason.SIGNATURE);
  }

  @Test
  void aChainThatCannotBeAskedIsNoAnswer() throws SQLException {
    contractsSay(SignatureAnswer.UNAVAILABLE);
    Challenge challenge = challenge();
    assertRefused(verify(challenge, BOB.signs(message(challenge))), Reason.UNAVAILABLE);
    ownedByBob(8453);
    assertThat(verify(challenge, BOB.signs(message(challenge))))
        .as("the challenge is still good")
        .isInstanceOf(SignedIn.class);
  }

  /** A wrapper of ERC-6492 would let a factory's simulation say what it likes. */
  @Test
  void aWalletThatIsNotDeployedIsRefusedUnasked() throws SQLException {
    contractsSay(SignatureAnswer.VALID);
    Challenge challenge = challenge();
    String inner = BOB.signs(message(challenge)).substring(2);
    Outcome outcome = verify(challenge, "0x" + inner + "6492".repeat(16));
    assertRefused(outcome, Reason.SIGNATURE);
    assertThat(((Refused) outcome).message()).contains("not deployed");
    assertRefused(verify(challenge, "0x" + "6492".repeat(16)), Reason.SIGNATURE);
  }

  @Test
  void noChainIsAskedBeforeTheChallengeIsGood() throws SQLException {
    ownedByBob(8453);
    Challenge challenge = challenge();
    var reply = reply(challenge, SAFE, Purpose.SIGN_IN, BOB.signs(message(challenge)));
    assertRefused(
        signIn.verify(reply, new SignIn.Visitor("z".repeat(43), null, "")), Reason.CHALLENGE);
    assertThat(asked).isEmpty();
    signIn.verify(reply, HERE);
    assertThat(asked).hasSize(1);
    signIn.verify(reply, HERE);
    assertThat(asked).as("a replay costs no question").hasSize(1);
  }

  @Test
  void anAddressHasThirtyQuestionsAnHourAndItsKeyAsManyAsItLikes() throws SQLException {
    ownedByBob(8453);
    for (int i = 0; i < 40; i++) {
      Challenge challenge = forSignIn(ANNE);
      Outcome outcome =
          signIn.verify(
              reply(challenge, ANNE.address(), Purpose.SIGN_IN, BOB.signs("something else")), HERE);
      assertRefused(outcome, i < 30 ? Reason.SIGNATURE : Reason.UNAVAILABLE);
    }
    assertThat(asked).hasSize(30);
    assertThat(signsIn(ANNE)).as("nobody keeps her out").isNotNull();
    time.advance(Duration.ofMinutes(4));
    Challenge challenge = forSignIn(ANNE);
    signIn.verify(reply(challenge, ANNE.address(), Purpose.SIGN_IN, BOB.signs("else")), HERE);
    assertThat(asked).hasSize(31);
  }

  @Test
  void oneAddressIsNotTwoWallets() throws SQLException {
    SignedIn asKey = signsIn(ANNE);
    contractsSay(SignatureAnswer.VALID);
    Challenge challenge = forSignIn(ANNE);
    Outcome asContract =
        signIn.verify(
            reply(challenge, ANNE.address(), Purpose.SIGN_IN, BOB.signs("anything")), HERE);
    assertThat(asContract).isInstanceOf(Refused.class);
    assertThat(accounts.all()).containsExactly(requireNonNull(asKey.wallet()));
  }
}
