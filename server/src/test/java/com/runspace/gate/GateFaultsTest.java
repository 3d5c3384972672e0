package com.runspace.gate;

import static com.runspace.gate.GateStage.tokens;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.runspace.chain.Address;
import com.runspace.chains.Anvil;
import com.runspace.chains.Middleman;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Script;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the gate does when a chain's providers are out, slow, behind, lie, or change their mind. */
class GateFaultsTest {
  private static final Instant WEEK_AGO = Instant.parse("2026-11-15T12:00:00Z");
  private static final Address ANN = Anvil.address(0xa1);
  private static final Address BEN = Anvil.address(0xb1);
  private static final Map<String, Script> OUT =
      Map.of(
          "hangs up", Script.hangUp(),
          "HTTP 429", Script.json(429, "{}"),
          "HTTP 500", Script.json(500, "no"),
          "HTML", Script.json(200, "<html>"),
          "nothing", Script.json(200, "null"),
          "no result", Script.json(200, "{\"jsonrpc\":\"2.0\",\"id\":1}"),
          "0x", Script.json(200, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"0x\"}"),
          "an error",
              Script.json(
                  200,
                  "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"no\"}}"));

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
  private Anvil anvil;
  private Middleman one;
  private Middleman other;
  private Address token;

  @BeforeEach
  void start() {
    assumeTrue(Anvil.missing() == null, Anvil.missing());
    anvil = Anvil.start(WEEK_AGO);
    token = anvil.token(18);
    anvil.mint(token, ANN, tokens(1000));
    anvil.settle(now());
    one = new Middleman(anvil.url());
    other = new Middleman(anvil.url());
  }

  @AfterEach
  void stop() {
    if (anvil != null) {
      one.close();
      other.close();
      anvil.close();
    }
  }

  private GateStage stage(String... urls) throws SQLException {
    return GateStage.open(folder, time, GateStage.token(Anvil.CHAIN, token, 18, urls));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hangs up",
        "HTTP 429",
        "HTTP 500",
        "HTML",
        "nothing",
        "no result",
        "0x",
        "an error"
      })
  void whileAChainIsOutTiersStayForAWhileAndNobodyRises(String how) throws SQLException {
    try (GateStage stage = stage(one.url())) {
      stage.link("ann", ANN);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      Instant read = now();
      one.always(requireNonNull(OUT.get(how)));
      anvil.mint(token, BEN, tokens(1000));
      stage.link("ben", BEN);
      assertThat(stage.of("ben").asOf()).isNull();

      passHours(stage, 5);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.of("ann").frozen()).isNull();
      assertThat(stage.gate().conditions().getFirst().fault()).isNotEmpty();

      passHours(stage, 2);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.of("ann").frozen()).isEqualTo(read);
      stage.restart();
      assertThat(stage.tier("ann")).as("after a restart in the freeze").isEqualTo("bronze");

      passHours(stage, 22);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      passHours(stage, 2);
      assertThat(stage.tier("ann")).as("after the grace").isEmpty();

      one.behaves(Middleman.HONEST);
      passHours(stage, 2);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.of("ann").frozen()).isNull();
      assertThat(stage.tier("ben")).as("bought in the outage").isEmpty();
      assertThat(stage.gate().conditions().getFirst().fault()).isEmpty();
    }
  }

  @Test
  void aBagThatMovesInAnOutageCountsOnceADay() throws SQLException {
    try (GateStage stage = stage(one.url())) {
      stage.link("ann", ANN);
      stage.link("ben", BEN);
      one.always(Script.hangUp());
      passHours(stage, 1);
      anvil.at(now());
      anvil.transfer(token, ANN, BEN, tokens(1000));
      passHours(stage, 19);
      assertThat(stage.tier("ann")).as("in the grace").isEqualTo("bronze");
      Instant last = now();
      one.behaves(Middleman.HONEST);
      while (stage.tier("ben").isEmpty()) {
        assertThat(now()).isBefore(last.plus(Duration.ofHours(30)));
        passHours(stage, 1);
        assertThat(stage.tier("ann")).isEmpty();
      }
      assertThat(Duration.between(last, now())).isGreaterThan(Duration.ofDays(1));
    }
  }

  @Test
  void afterALongRestHistoryBeginsAnew() throws SQLException {
    try (GateStage stage = stage(one.url())) {
      stage.link("ben", BEN);
      assertThat(stage.tier("ben")).isEmpty();
      // Nobody was granted anything for days; who has held since the second of them need not wait.
      anvil.at(now().plus(Duration.ofDays(2)));
      anvil.transfer(token, ANN, BEN, tokens(1000));
      time.advance(Duration.ofDays(10));
      anvil.settle(now());
      stage.restart();
      stage.gate().runDue();
      assertThat(stage.tier("ben")).isEqualTo("bronze");
      // After a shorter one the rounds from before it still matter.
      anvil.at(now().plus(Duration.ofHours(20)));
      anvil.transfer(token, BEN, ANN, tokens(1000));
      time.advance(Duration.ofHours(30));
      anvil.settle(now());
      stage.restart();
      stage.link("ann", ANN);
      assertThat(stage.tier("ben")).isEmpty();
      assertThat(stage.tier("ann")).isEmpty();
    }
  }

  @Test
  void aNodeThatHangsHoldsNobodyUp() throws SQLException {
    try (GateStage stage = stage(anvil.url())) {
      stage.link("ann", ANN);
      anvil.pause();
      time.advance(Duration.ofHours(2));
      long start = System.nanoTime();
      stage.gate().runDue();
      // Five seconds are one question's limit.
      assertThat(System.nanoTime() - start).isLessThan(Duration.ofSeconds(50).toNanos());
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      anvil.resume();
      passHours(stage, 2);
      assertThat(stage.gate().conditions().getFirst().fault()).isEmpty();
    }
  }

  @Test
  void theSecondProviderAnswersWhenTheFirstDoesNot() throws SQLException {
    one.always(Script.hangUp());
    try (GateStage stage = stage(one.url(), other.url())) {
      assertThat(stage.gate().check().problems()).isEmpty();
      assertThat(stage.gate().check().warnings()).singleElement().asString().contains("rpc 1");
      stage.link("ann", ANN);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
    }
  }

  @Test
  void oneThatLiesGrantsNothing() throws SQLException {
    try (GateStage stage = stage(one.url(), other.url())) {
      stage.link("ann", ANN);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      // To it Ben holds what Ann holds.
      one.twists(asked -> asked.replace(BEN.text().substring(2), ANN.text().substring(2)));
      stage.link("ben", BEN);
      assertThat(stage.tier("ben")).isEmpty();
      assertThat(stage.of("ben").disputed()).isEqualTo(now());
      assertThat(stage.tier("ann")).as("who had a tier keeps it").isEqualTo("bronze");
      Instant since = now();
      passHours(stage, 3);
      assertThat(stage.of("ann").disputed()).isEqualTo(since);
      assertThat(stage.gate().conditions().getFirst().disputed()).isEqualTo(since);
      assertThat(stage.gate().explain(ANN)).contains("two providers tell different things");
      assertThat(stage.tier("ben")).isEmpty();

      one.behaves(Middleman.HONEST);
      passHours(stage, 2);
      assertThat(stage.of("ann").disputed()).isNull();
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.tier("ben")).isEmpty();
    }
  }

  @Test
  void oneThatLiesAboutThePastGrantsNothing() throws SQLException {
    anvil.mint(token, BEN, tokens(1000));
    anvil.settle(now());
    try (GateStage stage = stage(one.url(), other.url())) {
      stage.gate().runDue();
      // The newest is true, all before is made up.
      one.twists(asked ->
          isHistory(asked)
              ? asked.replace(BEN.text().substring(2), ANN.text().substring(2))
              : asked);
      stage.link("ben", BEN);
      assertThat(stage.tier("ben")).isEmpty();
      assertThat(stage.of("ben").disputed()).isNotNull();
    }
  }

  @Test
  void anOldBlockIsNoReading() throws SQLException {
    anvil.mint(token, BEN, tokens(1000));
    anvil.settle(now());
    try (GateStage stage = stage(one.url())) {
      stage.link("ann", ANN);
      Instant read = requireNonNull(stage.of("ann").asOf());
      one.twists(asked -> asked.replace("finalized", "0x3"));
      passHours(stage, 2);
      assertThat(stage.gate().conditions().getFirst().fault()).contains("an old block, 3 after");
      assertThat(stage.of("ann").asOf()).isEqualTo(read);
      assertThat(stage.tier("ann")).isEqualTo("bronze");
    }
  }

  @Test
  void aChainThatStandsIsNoReading() throws SQLException {
    try (GateStage stage = stage(one.url())) {
      stage.link("ann", ANN);
      for (int hour = 0; hour < 9; hour++) {
        time.advance(Duration.ofHours(1));
        stage.gate().runDue();
      }
      assertThat(stage.gate().conditions().getFirst().fault()).contains("stands");
    }
  }

  @Test
  void roundsOnBlocksThatWereTakenBackAreReadAgain() throws SQLException {
    // All of this week is in blocks that will be taken back.
    anvil.mint(token, BEN, tokens(1000));
    anvil.settle(now());
    time.advance(Duration.ofDays(2));
    anvil.settle(now());
    try (GateStage stage = stage(anvil.url())) {
      stage.link("ben", BEN);
      stage.link("ann", ANN);
      assertThat(stage.tier("ben")).isEqualTo("bronze");
      anvil.reorg(7);
      passHours(stage, 2);
      assertThat(stage.of("ben").holdings().getFirst().now()).isZero();
      assertThat(stage.of("ben").holdings().getFirst().floor()).isZero();
      assertThat(stage.tier("ben")).isEmpty();
      assertThat(stage.tier("ann")).isEqualTo("bronze");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void withoutOldStateTheTransfersTellThePast(boolean shortRanges) throws SQLException {
    for (int day = 6; day > 0; day--) {
      anvil.at(now().minus(Duration.ofDays(day)));
      anvil.mine(200);
    }
    anvil.at(now().minus(Duration.ofHours(5)));
    anvil.mint(token, ANN, tokens(11_000));
    anvil.at(now().minus(Duration.ofHours(4)));
    anvil.transfer(token, ANN, BEN, tokens(500));
    anvil.settle(now());
    one.behaves((question, node) -> {
      boolean tooLong = shortRanges && question.contains("eth_getLogs") && isLong(question);
      return isHistory(question) || tooLong
          ? requireNonNull(OUT.get("an error"))
          : Script.json(200, node.apply(question));
    });
    try (GateStage stage = stage(one.url())) {
      stage.link("ann", ANN);
      stage.link("ben", BEN);
      assertThat(stage.of("ann").holdings().getFirst().now()).isEqualTo(tokens(11_500));
      assertThat(stage.of("ann").holdings().getFirst().floor()).isEqualTo(tokens(1000));
      assertThat(stage.tier("ann")).isEqualTo("bronze");
      assertThat(stage.of("ben").holdings().getFirst().floor()).isZero();
    }
  }

  /** Only history asks for the balance of one wallet many times at once. */
  private static boolean isHistory(String question) {
    return question.startsWith("[")
        && question.indexOf("0x70a08231") >= 0
        && question.indexOf("0x70a08231") != question.lastIndexOf("0x70a08231");
  }

  private static boolean isLong(String question) {
    String from = question.replaceAll(".*\"fromBlock\":\"0x([0-9a-f]+)\".*", "$1");
    String to = question.replaceAll(".*\"toBlock\":\"0x([0-9a-f]+)\".*", "$1");
    return Long.parseLong(to, 16) - Long.parseLong(from, 16) > 100;
  }

  /** The chain goes on whatever its providers do. */
  private void passHours(GateStage stage, int hours) {
    for (int quarter = 0; quarter < 4 * hours; quarter++) {
      time.advance(Duration.ofMinutes(15));
      anvil.settle(now());
      stage.gate().runDue();
    }
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }
}
