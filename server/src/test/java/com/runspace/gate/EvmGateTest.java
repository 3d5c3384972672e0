package com.runspace.gate;

import static com.runspace.gate.GateStage.tokens;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.runspace.base.AccountId;
import com.runspace.chain.Address;
import com.runspace.chains.Anvil;
import com.runspace.gate.GateSettings.Token;
import com.runspace.testkit.ManualTime;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gate on a real EVM chain, with a token of ours. */
class EvmGateTest {
  private static final Instant WEEK_AGO = Instant.parse("2026-11-15T12:00:00Z");
  private static final Duration QUARTER = Duration.ofMinutes(15);
  private static final Address ANN = Anvil.address(0xa1);
  private static final Address BEN = Anvil.address(0xb1);

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
  private Anvil anvil;
  private Address token;

  @BeforeEach
  void start() {
    assumeTrue(Anvil.missing() == null, Anvil.missing());
    anvil = Anvil.start(WEEK_AGO);
    token = anvil.token(18);
  }

  @AfterEach
  void stop() {
    if (anvil != null) {
      anvil.close();
    }
  }

  private GateStage stage() throws SQLException {
    return GateStage.open(folder, time, GateStage.token(Anvil.CHAIN, token, 18, anvil.url()));
  }

  @Test
  void whoHeldForAWeekHasTheTierAtTheFirstConnect() throws SQLException {
    anvil.mint(token, ANN, tokens(12_000));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      assertThat(stage.gate().check()).isEqualTo(new Gate.StartCheck(List.of(), List.of()));
      stage.link("ann", ANN);
      assertThat(stage.of("ann"))
          .satisfies(now -> {
            assertThat(now.tier()).isEqualTo("silver");
            assertThat(now.allowance()).isEqualTo(GateStage.usd("5"));
            assertThat(now.token()).isEqualTo("RUN");
            assertThat(now.holdings().getFirst().now()).isEqualTo(tokens(12_000));
            assertThat(now.holdings().getFirst().floor()).isEqualTo(tokens(12_000));
            assertThat(now.holdings().getFirst().full()).isNull();
            assertThat(now.next()).isNull();
          });
    }
  }

  @Test
  void whoJustBoughtWaitsADay() throws SQLException {
    anvil.settle(time());
    try (GateStage stage = stage()) {
      anvil.mint(token, BEN, tokens(1000));
      anvil.settle(time());
      stage.link("ben", BEN);
      assertThat(stage.tier("ben")).isEmpty();
      Instant unlocks = requireNonNull(next(stage, "ben").unlocks());
      assertThat(unlocks)
          .isBetween(time().plus(Duration.ofHours(24)), time().plus(Duration.ofHours(27)));
      while (time().isBefore(unlocks)) {
        assertThat(stage.tier("ben")).as("at " + time()).isEmpty();
        step(stage);
      }
      step(stage);
      assertThat(stage.tier("ben")).isEqualTo("bronze");
      assertThat(next(stage, "ben").tier()).isEqualTo("silver");
      assertThat(next(stage, "ben").missing()).isEqualTo(tokens(9000));
    }
  }

  @Test
  void oneBagThroughFortyEightWalletsUnlocksOne() throws SQLException {
    List<Address> wallets =
        IntStream.range(0, 48).mapToObj(i -> Anvil.address(0xc000 + i)).toList();
    anvil.mint(token, wallets.getFirst(), tokens(1000));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      for (int i = 0; i < wallets.size(); i++) {
        stage.link("account-" + i, wallets.get(i));
      }
      Map<LocalDate, Set<Integer>> unlocked = new TreeMap<>();
      int transfers = 0;
      // Half an hour in each wallet, for two days; every account asks to be read at each move.
      for (int move = 0; move < 2 * 48; move++) {
        int from = move % 48;
        int to = (move + 1) % 48;
        anvil.at(time());
        anvil.transfer(token, wallets.get(from), wallets.get(to), tokens(1000));
        transfers++;
        step(stage);
        stage.changed("account-" + to);
        stage.changed("account-" + from);
        step(stage);
        note(stage, unlocked);
      }
      assertThat(transfers).isEqualTo(96);
      // The first one held it for a week; after it was sent on, nobody had it for a day.
      assertThat(unlocked.values()).allSatisfy(day -> assertThat(day).hasSizeLessThanOrEqualTo(1));
      assertThat(unlocked.keySet()).hasSizeLessThanOrEqualTo(1);
    }
  }

  private void note(GateStage stage, Map<LocalDate, Set<Integer>> unlocked) {
    LocalDate today = LocalDate.ofInstant(time(), ZoneOffset.UTC);
    for (int i = 0; i < 48; i++) {
      if (!stage.tier("account-" + i).isEmpty()) {
        unlocked.computeIfAbsent(today, _ -> new TreeSet<>()).add(i);
      }
    }
  }

  @Test
  void ownWalletsKeepTheTier() throws SQLException {
    Address other = Anvil.address(0xa2);
    anvil.mint(token, ANN, tokens(1000));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      stage.link("ann", ANN);
      stage.link("ann", other);
      for (int hour = 0; hour < 30; hour++) {
        anvil.at(time());
        boolean there = hour % 2 == 0;
        anvil.transfer(token, there ? ANN : other, there ? other : ANN, tokens(1000));
        for (int quarter = 0; quarter < 4; quarter++) {
          step(stage);
          assertThat(stage.tier("ann")).as("at " + time()).isEqualTo("bronze");
        }
      }
    }
  }

  @Test
  void linkingAndUnlinkingGivesNobodyMore() throws SQLException {
    anvil.mint(token, ANN, tokens(1000));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      stage.link("ann", ANN);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      // The wallet goes to another account: gone here at once, and not there for a day.
      stage.unlink(ANN);
      assertThat(stage.tier("ann")).isEmpty();
      stage.link("ben", ANN);
      assertThat(stage.of("ben").holdings().getFirst().now()).isEqualTo(tokens(1000));
      assertThat(stage.tier("ben")).isEmpty();
      for (int quarter = 0; quarter < 4 * 23; quarter++) {
        step(stage);
        assertThat(stage.tier("ben")).as("at " + time()).isEmpty();
      }
      // Back again, before the window was full: that is nobody's any more for a while.
      stage.unlink(ANN);
      stage.link("ann", ANN);
      step(stage);
      assertThat(stage.tier("ann")).isEmpty();
      for (int quarter = 0; quarter < 4 * 28; quarter++) {
        step(stage);
      }
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.tier("ben")).isEmpty();
    }
  }

  @Test
  void aRestartForgetsNothing() throws SQLException {
    anvil.mint(token, ANN, tokens(1000));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      stage.link("ann", ANN);
      Entitlement before = stage.of("ann");
      stage.restart();
      assertThat(stage.of("ann")).isEqualTo(before);
      stage.unlink(ANN);
      stage.linked.add(new LinkedWallets.Linked(new AccountId("ben"), ANN, ""));
      stage.restart();
      assertThat(stage.tier("ben")).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 18, 24})
  void decimalsAreTheTokens(int decimals) throws SQLException {
    Address odd = anvil.token(decimals);
    BigInteger unit = BigInteger.TEN.pow(decimals);
    anvil.mint(odd, ANN, unit.multiply(BigInteger.valueOf(1000)));
    anvil.mint(odd, BEN, unit.multiply(BigInteger.valueOf(1000)).subtract(BigInteger.ONE));
    anvil.settle(time());
    Token settings = GateStage.token(Anvil.CHAIN, odd, decimals, anvil.url());
    try (GateStage stage = GateStage.open(folder, time, settings)) {
      assertThat(stage.gate().check().problems()).isEmpty();
      stage.link("ann", ANN);
      stage.link("ben", BEN);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.tier("ben")).isEmpty();
      assertThat(next(stage, "ben").missing()).isEqualTo(1);
    }
  }

  @Test
  void theLargestBalanceCounts() throws SQLException {
    BigInteger most = BigInteger.ONE.shiftLeft(256).subtract(BigInteger.ONE);
    anvil.mint(token, ANN, most);
    anvil.settle(time());
    try (GateStage stage = stage()) {
      stage.link("ann", ANN);
      assertThat(stage.tier("ann")).isEqualTo("silver");
      assertThat(stage.of("ann").holdings().getFirst().floor()).isEqualTo(most);
      stage.restart();
      assertThat(stage.of("ann").holdings().getFirst().floor()).isEqualTo(most);
    }
  }

  @Test
  void aRebasingTokenIsReadAndNotReckoned() throws SQLException {
    Address rebasing = anvil.deploy("RebasingToken");
    anvil.mint(rebasing, ANN, tokens(800));
    anvil.settle(time().minus(Duration.ofHours(10)));
    anvil.at(time().minus(Duration.ofHours(5)));
    anvil.rebase(rebasing, 150);
    anvil.settle(time());
    Token settings = GateStage.token(Anvil.CHAIN, rebasing, 18, anvil.url());
    try (GateStage stage = GateStage.open(folder, time, settings)) {
      stage.link("ann", ANN);
      assertThat(stage.of("ann").holdings().getFirst().now()).isEqualTo(tokens(1200));
      assertThat(stage.of("ann").holdings().getFirst().floor()).isEqualTo(tokens(800));
      assertThat(stage.tier("ann")).isEmpty();
    }
  }

  @Test
  void aWrongChainOrTokenIsNamed() throws SQLException {
    Token elsewhere = GateStage.token("eip155:8453", token, 18, anvil.url());
    try (GateStage stage = GateStage.open(folder, time, elsewhere)) {
      assertThat(stage.gate().check().problems())
          .containsExactly(
              "gate token 'RUN', rpc 1: is on eip155:31337, and the settings say eip155:8453");
      // Nor is it read later.
      stage.link("ann", ANN);
      assertThat(stage.of("ann").asOf()).isNull();
    }
    Token decimals = GateStage.token(Anvil.CHAIN, token, 6, anvil.url());
    try (GateStage stage = GateStage.open(folder, time, decimals)) {
      assertThat(stage.gate().check().problems())
          .containsExactly(
              "gate token 'RUN', rpc 1: the token has 18 decimals, and the settings say 6");
    }
    Token nothing = GateStage.token(Anvil.CHAIN, BEN, 18, anvil.url());
    try (GateStage stage = GateStage.open(folder, time, nothing)) {
      assertThat(stage.gate().check().problems())
          .containsExactly("gate token 'RUN', rpc 1: there is no contract at " + BEN);
    }
  }

  @Test
  void theExplanationTellsWhy() throws SQLException {
    anvil.mint(token, ANN, tokens(1200));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      assertThat(stage.gate().explain(ANN)).contains("is linked to no account");
      stage.link("ann", ANN);
      assertThat(stage.gate().explain(ANN))
          .contains(ANN + " belongs to account ann, which has no other wallet.")
          .contains("held now  1200, read 2026-11-22 12:00:00")
          .contains("floor     1200, the lowest of the rounds since 2026-11-21 10:00:00")
          .contains("counts    1200: tier bronze, $0.5 a day")
          .contains("silver    needs 8800 more")
          .contains("2026-11-22 12:00:00  3  1200  1200");
    }
  }

  @Test
  void holdingsOfTwoTokensAreNeverAdded() throws SQLException {
    Address second = anvil.token(6);
    anvil.mint(token, ANN, tokens(9000));
    anvil.mint(second, ANN, BigInteger.valueOf(9_999_999_999L));
    anvil.settle(time());
    Token one = GateStage.token(Anvil.CHAIN, token, 18, anvil.url());
    Token two =
        new Token(
            "TWO",
            Anvil.CHAIN,
            second,
            6,
            one.rpc(),
            Duration.ofDays(1),
            false,
            false,
            GateStage.tiers(6));
    try (GateStage stage = GateStage.open(folder, time, one, two)) {
      stage.link("ann", ANN);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.of("ann").holdings()).hasSize(2);
      // Of the second token the least is missing.
      assertThat(next(stage, "ann").token()).isEqualTo("TWO");
      assertThat(next(stage, "ann").missing()).isEqualTo(1);
    }
  }

  @Test
  void aContractWalletCountsOnItsOwnChainOnly() throws SQLException {
    Address wallet = anvil.deploy("OwnedWallet", BigInteger.ONE);
    anvil.mint(token, wallet, tokens(1000));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      stage.linked.add(new LinkedWallets.Linked(new AccountId("ann"), wallet, "eip155:1"));
      assertThat(stage.changed("ann").tier()).isEmpty();
      stage.linked.add(new LinkedWallets.Linked(new AccountId("ben"), wallet, Anvil.CHAIN));
      assertThat(stage.changed("ben").tier()).isEqualTo("bronze");
      assertThat(stage.gate().contractChains()).containsOnlyKeys(Anvil.CHAIN);
    }
  }

  @Test
  void aListedWalletNeverCounts() throws SQLException {
    anvil.mint(token, ANN, tokens(1000));
    anvil.settle(time());
    GateSettings all =
        GateSettings.of(List.of(GateStage.token(Anvil.CHAIN, token, 18, anvil.url())));
    GateSettings listed =
        new GateSettings(
            all.every(), all.freezeAfter(), all.grace(), Set.of(ANN), Set.of(), all.tokens());
    try (GateStage stage = GateStage.open(folder, time, listed)) {
      stage.link("ann", ANN);
      assertThat(stage.tier("ann")).isEmpty();
      assertThat(stage.gate().explain(ANN)).contains("no wallet of this account counts for it");
    }
  }

  @Test
  void theThreadReadsByItselfAndEnds() throws Exception {
    anvil.mint(token, ANN, tokens(1000));
    anvil.settle(time());
    try (GateStage stage = stage()) {
      stage.gate().start();
      stage.linked.add(new LinkedWallets.Linked(new AccountId("ann"), ANN, ""));
      assertThat(
              stage.gate().accountChanged(new AccountId("ann")).get(100, TimeUnit.SECONDS).tier())
          .isEqualTo("bronze");
      // The same wallets are not read twice in a minute.
      assertThat(stage.gate().accountChanged(new AccountId("ann"))).isDone();
    }
  }

  private static Entitlement.Next next(GateStage stage, String account) {
    return requireNonNull(stage.of(account).next());
  }

  private void step(GateStage stage) {
    time.advance(QUARTER);
    anvil.settle(time());
    stage.gate().runDue();
  }

  private Instant time() {
    return Instant.ofEpochMilli(time.epochMillis());
  }
}
