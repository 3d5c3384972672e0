package com.runspace.wallet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.chain.Address;
import com.runspace.chain.EvmChain;
import com.runspace.chains.Anvil;
import com.runspace.testkit.EvmKey;
import com.runspace.wallet.SignIn.Challenge;
import com.runspace.wallet.SignIn.Outcome;
import com.runspace.wallet.SignIn.Reason;
import com.runspace.wallet.SignIn.SignedIn;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Contract wallets on a real chain: what the scripted node says is what real ones say. */
class DeployedWalletTest extends WalletRoom {
  private static final Address WALLET = EvmKey.number(500).address();
  private static final long CHAIN_ID = 31337;
  private static final String MAGIC = "631626ba7e60e01b60005260206000f3";

  private static @Nullable Anvil anvil;

  private Anvil node;

  @BeforeAll
  static void startNode() {
    Assumptions.assumeTrue(Anvil.missing() == null, Anvil::missing);
    anvil = Anvil.start(Instant.parse("2026-11-22T12:00:00Z"));
  }

  @AfterAll
  static void stopNode() {
    if (anvil != null) {
      anvil.close();
    }
  }

  @BeforeEach
  void askTheNode() throws SQLException {
    node = requireNonNull(anvil);
    EvmChain chain = new EvmChain(node.rpc(), 20);
    contracts =
        (chainId, wallet, hash, signature) -> {
          assertThat(chainId).isEqualTo(CHAIN_ID);
          return chain.isValidSignature(wallet, hash, signature);
        };
    signIn = room(settings(SITE, CHAIN_ID));
  }

  private void code(Address at, String code) {
    node.call("anvil_setCode", "[\"" + at.text() + "\",\"0x" + code + "\"]");
  }

  /**
   * The code of a wallet with one owner: puts hash, v, r and s of the call where the precompile
   * that recovers wants them, and says ERC-1271's word when that finds the owner, else reverts.
   */
  private static String ownedBy(EvmKey owner) {
    return "600435600052"
        + "60a43560001a602052"
        + "606435604052"
        + "608435606052"
        + "602060806080600060015afa50"
        + "60805173"
        + owner.address().text().substring(2)
        + "14604957"
        + "60006000fd"
        + "5b"
        + MAGIC;
  }

  private Outcome verify(Address wallet, EvmKey signer) throws SQLException {
    Challenge challenge = challenge("eip155", wallet, Purpose.SIGN_IN, HERE);
    String signature = signer.signs(message(challenge));
    return signIn.verify(reply(challenge, wallet, Purpose.SIGN_IN, signature), HERE);
  }

  @Test
  void theOwnerOfAContractSignsInAndNobodyElse() throws SQLException {
    code(WALLET, ownedBy(BOB));
    assertRefused(verify(WALLET, ANNE), Reason.SIGNATURE);
    SignedIn in = (SignedIn) verify(WALLET, BOB);
    assertThat(in.wallet().chain()).isEqualTo("eip155:" + CHAIN_ID);
  }

  @Test
  void aWalletThatIsNotDeployedIsRefused() throws SQLException {
    code(WALLET, "");
    assertRefused(verify(WALLET, BOB), Reason.SIGNATURE);
  }

  @Test
  void contractsThatMeanNothingAreRefused() throws SQLException {
    // Stops at once; burns all gas; echoes what it is sent; says the word with something behind.
    for (String code :
        List.of(
            "00",
            "5b600056",
            "3660006000373660006000f3",
            MAGIC.replace("600052", "600117600052"))) {
      code(WALLET, code);
      assertRefused(verify(WALLET, BOB), Reason.SIGNATURE);
    }
    code(WALLET, MAGIC);
    assertThat(verify(WALLET, BOB)).as("says yes to all").isInstanceOf(SignedIn.class);
  }

  /** An account with a key that delegates to a contract which says yes to everybody (EIP-7702). */
  @Test
  void aDelegatingAccountIsSpokenForByItsKeyAlone() throws SQLException {
    code(WALLET, MAGIC);
    code(ANNE.address(), "ef0100" + WALLET.text().substring(2));
    assertRefused(verify(ANNE.address(), BOB), Reason.SIGNATURE);
    SignedIn in = (SignedIn) verify(ANNE.address(), ANNE);
    assertThat(in.wallet().chain()).isEmpty();
  }

  @Test
  void aNodeThatHangsIsNoAnswerAndKeepsNoKeyOut() throws SQLException {
    code(WALLET, ownedBy(BOB));
    node.pause();
    try {
      assertRefused(verify(WALLET, BOB), Reason.UNAVAILABLE);
      assertThat(signsIn(ANNE)).isNotNull();
    } finally {
      node.resume();
    }
  }
}
