package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import com.runspace.cluster.NamedLock;
import com.runspace.gate.GateSettings.Tier;
import com.runspace.gate.GateSettings.Token;
import com.runspace.testkit.ManualTime;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A gate with a store, wallets that the test links, and clocks that it moves. No thread runs: the
 * test says when the gate does what is due.
 */
final class GateStage implements AutoCloseable, LinkedWallets {
  static final BigInteger ONE = BigInteger.TEN.pow(18);

  final ManualTime time;
  final List<Linked> linked = new CopyOnWriteArrayList<>();
  private final Db db;
  private final GateSettings settings;
  private final Random random;
  private Gate gate;

  private final NamedLock turn;

  private GateStage(Db db, ManualTime time, GateSettings settings) throws SQLException {
    this.time = time;
    this.settings = settings;
    this.random = new Random(5);
    this.db = db;
    this.turn = new NamedLock(db, "gate");
    this.gate = open();
  }

  static GateStage open(Path folder, ManualTime time, Token... tokens) throws SQLException {
    return open(folder, time, GateSettings.of(List.of(tokens)));
  }

  static GateStage open(Path folder, ManualTime time, GateSettings settings) throws SQLException {
    return open(Db.sqlite(folder.resolve("gate.db"), Duration.ofSeconds(5)), time, settings);
  }

  /** On a store that is the stage's to close. */
  static GateStage open(Db db, ManualTime time, GateSettings settings) throws SQLException {
    return new GateStage(db, time, settings);
  }

  private Gate open() throws SQLException {
    return Gate.open(db, time, random::nextBytes, settings, this, turn::holds, turn::giveUp);
  }

  /** The tiers: 1,000 tokens for half a dollar, 10,000 for five. */
  static List<Tier> tiers(int decimals) {
    BigInteger unit = BigInteger.TEN.pow(decimals);
    return List.of(
        new Tier("bronze", unit.multiply(BigInteger.valueOf(1000)), usd("0.5")),
        new Tier("silver", unit.multiply(BigInteger.valueOf(10_000)), usd("5")));
  }

  static Nanos usd(String amount) {
    return Nanos.ofUsd(new BigDecimal(amount));
  }

  static BigInteger tokens(long amount) {
    return ONE.multiply(BigInteger.valueOf(amount));
  }

  static Token token(String chain, Address address, int decimals, String... urls) {
    return token(chain, address, decimals, Duration.ofDays(1), urls);
  }

  static Token token(String chain, Address address, int decimals, Duration window, String... urls) {
    return new Token(
        "RUN",
        chain,
        address,
        decimals,
        List.of(urls).stream().map(Secret::new).toList(),
        window,
        address.namespace() == Namespace.EIP155,
        false,
        tiers(decimals));
  }

  Gate gate() {
    return gate;
  }

  Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }

  /** Links a wallet that is a key, and tells the gate, which reads it. */
  void link(String account, Address wallet) {
    linked.add(new Linked(new AccountId(account), wallet, ""));
    changed(account);
  }

  void unlink(Address wallet) {
    Linked gone =
        linked.stream().filter(each -> each.address().equals(wallet)).findFirst().orElseThrow();
    linked.remove(gone);
    changed(gone.account().value());
  }

  /** The account is read as after a sign-in. */
  Entitlement changed(String account) {
    CompletableFuture<Entitlement> answer = gate.accountChanged(new AccountId(account));
    gate.runDue();
    return answer.join();
  }

  Entitlement of(String account) {
    return gate.entitlement(new AccountId(account));
  }

  String tier(String account) {
    return of(account).tier();
  }

  /** Lets time pass in steps, doing what is due after each. */
  void pass(Duration whole, Duration step) {
    for (Duration passed = Duration.ZERO; passed.compareTo(whole) < 0; passed = passed.plus(step)) {
      time.advance(step);
      gate.runDue();
    }
  }

  /** Ends the gate and opens it again on the same store. */
  void restart() throws SQLException {
    gate.close();
    gate = open();
  }

  @Override
  public Collection<Linked> all() {
    return List.copyOf(linked);
  }

  @Override
  public Collection<Linked> of(AccountId account) {
    return linked.stream().filter(each -> each.account().equals(account)).toList();
  }

  @Override
  public void close() {
    gate.close();
    turn.close();
    db.close();
  }
}
