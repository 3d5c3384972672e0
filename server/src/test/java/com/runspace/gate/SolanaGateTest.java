package com.runspace.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.runspace.base.AccountId;
import com.runspace.chain.Address;
import com.runspace.chains.SolanaNode;
import com.runspace.gate.GateSettings.Token;
import com.runspace.testkit.ManualTime;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gate on Solana's real token programs. */
class SolanaGateTest {
  private static final Instant WEEK_AGO = Instant.parse("2026-11-15T12:00:00Z");
  private static final int DECIMALS = 6;

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
  private SolanaNode node;

  @BeforeEach
  void start() {
    assumeTrue(SolanaNode.missing() == null, SolanaNode.missing());
    node = SolanaNode.start(WEEK_AGO);
  }

  @AfterEach
  void stop() {
    if (node != null) {
      node.close();
    }
  }

  private GateStage stage(Address mint, Duration window) throws SQLException {
    Token token = GateStage.token(SolanaNode.CHAIN, mint, DECIMALS, window, node.url());
    return GateStage.open(folder, time, token);
  }

  private GateStage stage(Address mint) throws SQLException {
    return stage(mint, Duration.ofDays(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoHeldForAWeekHasTheTierAtTheFirstConnect(boolean program2022) throws SQLException {
    Address mint = node.mint(DECIMALS, program2022);
    Address ann = node.owner();
    node.mintTo(mint, ann, "12000000000");
    node.at(now());
    try (GateStage stage = stage(mint)) {
      assertThat(stage.gate().check()).isEqualTo(new Gate.StartCheck(List.of(), List.of()));
      stage.link("ann", ann);
      assertThat(stage.tier("ann")).isEqualTo("silver");
      assertThat(stage.of("ann").holdings().getFirst().now()).isEqualTo(12_000_000_000L);
    }
  }

  @Test
  void whatMovedCountsFromThenOn() throws SQLException {
    Address mint = node.mint(DECIMALS, false);
    Address ann = node.owner();
    Address ben = node.owner();
    node.mintTo(mint, ann, "1000000000");
    node.at(now());
    try (GateStage stage = stage(mint)) {
      stage.link("ann", ann);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      node.transfer(mint, ann, ben, "1000000000");
      stage.link("ben", ben);
      time.advance(Duration.ofMinutes(2));
      stage.changed("ann");
      assertThat(stage.tier("ann")).isEmpty();
      assertThat(stage.tier("ben")).isEmpty();
      for (int quarter = 0; quarter < 4 * 24; quarter++) {
        step(stage);
        assertThat(stage.tier("ben")).as("at " + now()).isEmpty();
      }
      for (int quarter = 0; quarter < 4 * 3; quarter++) {
        step(stage);
      }
      assertThat(stage.tier("ben")).isEqualTo("bronze");
      assertThat(stage.tier("ann")).isEmpty();
    }
  }

  @Test
  void anAccountThatChangesHandsCountsAsMoved() throws SQLException {
    Address mint = node.mint(DECIMALS, false);
    Address ann = node.owner();
    Address ben = node.owner();
    node.mintTo(mint, ann, "1000000000");
    node.at(now());
    node.giveAccount(mint, ann, ben);
    try (GateStage stage = stage(mint)) {
      stage.link("ann", ann);
      stage.link("ben", ben);
      assertThat(stage.of("ann").holdings().getFirst().now()).isEqualTo(BigInteger.ZERO);
      assertThat(stage.of("ben").holdings().getFirst().now()).isEqualTo(1_000_000_000L);
      // It was somebody else's a moment ago.
      assertThat(stage.tier("ben")).isEmpty();
    }
  }

  @Test
  void aReceiptWithoutAWindowCountsAtOnceAndForOneAccountADay() throws SQLException {
    Address mint = node.mint(DECIMALS, false);
    Address ann = node.owner();
    node.at(now());
    try (GateStage stage = stage(mint, Duration.ZERO)) {
      node.mintTo(mint, ann, "1000000000");
      stage.link("ann", ann);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      stage.unlink(ann);
      assertThat(stage.tier("ann")).isEmpty();
      stage.link("ben", ann);
      assertThat(stage.tier("ben")).isEmpty();
      for (int quarter = 0; quarter < 4 * 25; quarter++) {
        step(stage);
      }
      assertThat(stage.tier("ben")).isEqualTo("bronze");
    }
  }

  @Test
  void moreThanAHundredWalletsAreRead() throws SQLException {
    Address mint = node.mint(DECIMALS, false);
    node.at(now().minus(Duration.ofDays(2)));
    List<Address> many = IntStream.range(0, 103).mapToObj(_ -> node.owner()).toList();
    many.forEach(each -> node.mintTo(mint, each, "1000000000"));
    node.at(now());
    try (GateStage stage = stage(mint)) {
      for (int i = 0; i < many.size(); i++) {
        stage.linked.add(new LinkedWallets.Linked(account(i), many.get(i), ""));
      }
      stage.gate().runDue();
      for (int i = 0; i < many.size(); i++) {
        assertThat(stage.tier(account(i).value())).isEqualTo("bronze");
      }
    }
  }

  private static AccountId account(int i) {
    return new AccountId("account-" + i);
  }

  private void step(GateStage stage) {
    time.advance(Duration.ofMinutes(15));
    node.at(now());
    stage.gate().runDue();
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }
}
