package com.runspace.wallet;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.chain.Address;
import com.runspace.chain.EvmChain.SignatureAnswer;
import com.runspace.testkit.EvmKey;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.SolanaKey;
import com.runspace.testkit.Store;
import com.runspace.wallet.SignIn.Ask;
import com.runspace.wallet.SignIn.Challenge;
import com.runspace.wallet.SignIn.Outcome;
import com.runspace.wallet.SignIn.Reason;
import com.runspace.wallet.SignIn.Refused;
import com.runspace.wallet.SignIn.Reply;
import com.runspace.wallet.SignIn.SignedIn;
import com.runspace.wallet.SignIn.Visitor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The room over a real store, with a clock that stands still, and people with real keys. */
@Timeout(60)
abstract class WalletRoom {
  static final String SITE = "https://run-space.example";
  static final EvmKey ANNE = EvmKey.number(1);
  static final EvmKey BOB = EvmKey.number(2);
  static final SolanaKey SOL = SolanaKey.number(3);
  static final Address TOKEN = Address.parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");

  /** The secret of the browser that most tests use. */
  static final Visitor HERE = new Visitor("b".repeat(43), null, "Browser/1");

  final ManualTime time = ManualTime.at("2026-11-22T12:00:30Z");
  final Randomness random = new Random(5)::nextBytes;
  final List<AccountId> moved = new ArrayList<>();

  final Store store;
  @TempDir Path folder;
  ContractWallets contracts = ContractWallets.NONE;
  Db db;
  Sessions sessions;
  Accounts accounts;
  SignIn signIn;

  WalletRoom() {
    this(Store.SQLITE);
  }

  WalletRoom(Store store) {
    this.store = store;
  }

  @BeforeEach
  void open() throws SQLException {
    db = store.open(folder);
    sessions = new Sessions(db, time, random);
    accounts = new Accounts(db, sessions, time, random, moved::add);
    signIn = room(settings(SITE, 8453L, 10L));
  }

  @AfterEach
  void close() {
    db.close();
  }

  final void restart() throws SQLException {
    db.close();
    open();
  }

  static WalletSettings settings(String site, Long... chains) {
    return new WalletSettings(site, Set.of(TOKEN), List.of(chains), "");
  }

  final SignIn room(WalletSettings settings) throws SQLException {
    ContractWallets asked =
        (chain, who, hash, signature) -> contracts.check(chain, who, hash, signature);
    return new SignIn(settings, accounts, sessions, asked, time, random);
  }

  final void contractsSay(SignatureAnswer answer) {
    contracts = (_, _, _, _) -> answer;
  }

  static Visitor signedInAs(Session session) {
    return new Visitor(HERE.browser(), session, "Browser/1");
  }

  final Challenge challenge(String chain, @Nullable Address address, Purpose purpose, Visitor by) {
    String shown = address == null ? null : address.shown();
    return (Challenge) signIn.challenge(new Ask(chain, shown, purpose.wireName()), by);
  }

  final Challenge forSignIn(EvmKey key) {
    return challenge("eip155", key.address(), Purpose.SIGN_IN, HERE);
  }

  static String message(Challenge challenge) {
    return Objects.requireNonNull(challenge.message());
  }

  /** A reply to a challenge for an EVM wallet. */
  static Reply reply(Challenge challenge, Address address, Purpose purpose, String signature) {
    return new Reply(
        challenge.id(), "eip155", address.shown(), purpose.wireName(), signature, null, null, null);
  }

  static Reply honest(EvmKey key, Challenge challenge, Purpose purpose) {
    return reply(challenge, key.address(), purpose, key.signs(message(challenge)));
  }

  final Outcome act(EvmKey key, Purpose purpose, Visitor by) throws SQLException {
    Challenge challenge = challenge("eip155", key.address(), purpose, by);
    return signIn.verify(honest(key, challenge, purpose), by);
  }

  final SignedIn signsIn(EvmKey key) throws SQLException {
    return (SignedIn) act(key, Purpose.SIGN_IN, HERE);
  }

  /** What a Solana wallet answers that signed these bytes. */
  static Reply solanaReply(
      Challenge challenge, SolanaKey key, byte[] signed, @Nullable String kind, boolean tells) {
    Base64.Encoder base64 = Base64.getEncoder();
    return new Reply(
        challenge.id(),
        "solana",
        key.address().text(),
        "sign_in",
        base64.encodeToString(key.sign(signed)),
        kind,
        tells ? base64.encodeToString(signed) : null,
        null);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Refused for this reason, and nothing is left of it. */
  final void assertRefused(Outcome outcome, Reason reason) throws SQLException {
    assertThat(outcome).isInstanceOf(Refused.class);
    assertThat(((Refused) outcome).reason()).as(outcome.toString()).isEqualTo(reason);
    assertThat(accounts.all()).as("wallets").isEmpty();
    assertThat(accounts.table().sessions()).as("sessions").isEmpty();
  }
}
