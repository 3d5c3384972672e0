package com.runspace.gate;

import static com.runspace.gate.GateStage.tokens;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.chain.Address;
import com.runspace.chains.Anvil;
import com.runspace.chains.Middleman;
import com.runspace.cluster.Announcements;
import com.runspace.testkit.Heard;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Postgres;
import com.runspace.testkit.Script;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two gates on one PostgreSQL, each with a provider that counts what it is asked. */
@Timeout(180)
class GateNodesTest {
  private static final Instant WEEK_AGO = Instant.parse("2026-11-15T12:00:00Z");
  private static final Address ANN = Anvil.address(0xa1);
  private static final Address BEN = Anvil.address(0xb1);

  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
  private Anvil anvil;
  private Address token;
  private String store;

  /** A node: its gate, what its provider was asked, and its ear. */
  private final class Node implements AutoCloseable {
    final AtomicInteger asked = new AtomicInteger();
    final Middleman provider = new Middleman(anvil.url());
    final GateStage stage;
    final Announcements news;
    private final Db ear = Db.postgres(store);

    Node() throws SQLException {
      provider.twists(question -> {
        asked.incrementAndGet();
        return question;
      });
      GateSettings settings =
          GateSettings.of(List.of(GateStage.token(Anvil.CHAIN, token, 18, provider.url())));
      stage = GateStage.open(Db.postgres(store), time, settings);
      Gate gate = stage.gate();
      news = new Announcements(ear, Map.of(Gate.TOPIC, Heard.by(gate::heard, gate::resync)));
      news.start();
      Heard.await("a node that hears", news::isHearing);
    }

    /** Without a word of it on this node: as an announcement of the other one would say it. */
    void knows(String account, Address wallet) {
      stage.linked.add(new LinkedWallets.Linked(new AccountId(account), wallet, ""));
      var _ = stage.changed(account);
    }

    void follows(String account, String tier) {
      Heard.await(
          account + " is " + tier,
          () -> {
            stage.gate().runDue();
            return stage.tier(account).equals(tier);
          });
    }

    @Override
    public void close() {
      news.close();
      stage.close();
      ear.close();
      provider.close();
    }
  }

  @BeforeEach
  void start() {
    assumeTrue(Anvil.missing() == null, Anvil.missing());
    anvil = Anvil.start(WEEK_AGO);
    token = anvil.token(18);
    anvil.mint(token, ANN, tokens(1000));
    anvil.mint(token, BEN, tokens(10_000));
    anvil.settle(now());
    store = Postgres.freshDatabase();
  }

  @AfterEach
  void stop() {
    if (anvil != null) {
      anvil.close();
    }
  }

  @Test
  void oneReadsTheOtherFollowsAndGoesOnWhenTheFirstEnds() throws SQLException {
    Node one = new Node();
    try (Node other = new Node()) {
      try (one) {
        one.stage.gate().runDue();
        other.stage.gate().runDue();
        other.knows("ann", ANN);
        assertThat(other.stage.tier("ann")).isEmpty();
        one.knows("ann", ANN);
        assertThat(one.stage.tier("ann")).isEqualTo("bronze");
        other.follows("ann", "bronze");
        assertThat(other.stage.of("ann").allowance()).isEqualTo(GateStage.usd("0.5"));

        passHours(3, one, other);
        anvil.at(now());
        anvil.transfer(token, ANN, BEN, tokens(1));
        passHours(2, one);
        assertThat(one.stage.tier("ann")).isEmpty();
        other.follows("ann", "");
        assertThat(other.stage.gate().conditions()).isEqualTo(one.stage.gate().conditions());
        assertThat(one.asked.get()).isPositive();
        assertThat(other.asked).hasValue(0);
      }
      int before = one.asked.get();
      List<Gate.Condition> left = other.stage.gate().conditions();
      passHours(2, other);
      assertThat(other.asked.get()).isPositive();
      assertThat(one.asked).hasValue(before);
      assertThat(other.stage.gate().conditions().getFirst().lastRound())
          .isAfter(left.getFirst().lastRound());
      other.knows("ben", BEN);
      assertThat(other.stage.tier("ben")).isEqualTo("silver");
      assertThat(other.stage.tier("ann")).as("what it held is still in the window").isEmpty();
    }
  }

  @Test
  void whoLosesTheConnectionOfItsTurnReadsNoMore() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.knows("ann", ANN);
      other.knows("ann", ANN);
      other.follows("ann", "bronze");
      endLocks();
      time.advance(Duration.ofSeconds(5));
      Heard.await(
          "another node's turn",
          () -> {
            time.advance(Duration.ofSeconds(5));
            other.stage.gate().runDue();
            other.stage.changed("ann");
            return other.asked.get() > 0;
          });
      int before = one.asked.get();
      passHours(2, one, other);
      assertThat(one.asked).hasValue(before);
      assertThat(one.stage.tier("ann")).isEqualTo("bronze");
      one.stage.unlink(ANN);
      assertThat(one.stage.tier("ann")).as("at once, on whatever node").isEmpty();
    }
  }

  @Test
  void newsThatAreMissedAreFoundWithinAMinute() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.stage.gate().runDue();
      other.news.close();
      other.knows("ann", ANN);
      one.knows("ann", ANN);
      other.stage.gate().runDue();
      assertThat(other.stage.tier("ann")).isEmpty();
      time.advance(Duration.ofSeconds(61));
      other.stage.gate().runDue();
      assertThat(other.stage.tier("ann")).isEqualTo("bronze");
      assertThat(other.asked).hasValue(0);
    }
  }

  @Test
  void whoIsLinkedWhileNobodyReadsIsReadByTheNext() throws SQLException {
    Node one = new Node();
    try (Node other = new Node()) {
      one.stage.gate().runDue();
      other.stage.gate().runDue();
      one.close();
      other.knows("ann", ANN);
      assertThat(other.stage.tier("ann")).isEmpty();
      Heard.await("a lock that is free", () -> locks(other.ear) == 0);
      time.advance(Duration.ofSeconds(5));
      other.stage.gate().runDue();
      assertThat(other.stage.tier("ann")).isEqualTo("bronze");
    }
  }

  @Test
  void whoIsLinkedElsewhereWhileTheReaderHearsNothingIsReadWhenItDoes() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.stage.gate().runDue();
      one.stage.linked.add(new LinkedWallets.Linked(new AccountId("ann"), ANN, ""));
      other.knows("ann", ANN);
      one.stage.gate().runDue();
      assertThat(one.stage.tier("ann")).isEmpty();
      // As after each break of the connection on which it hears.
      one.stage.gate().resync();
      one.stage.gate().runDue();
      other.follows("ann", "bronze");
      int asked = one.asked.get();
      one.stage.gate().resync();
      one.stage.gate().runDue();
      assertThat(one.asked).as("nobody is new").hasValue(asked);
    }
  }

  @Test
  void whatIsReadWhileAnotherGetsTheTurnIsNotStored() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.knows("ann", ANN);
      other.knows("ann", ANN);
      other.follows("ann", "bronze");
      time.advance(Duration.ofHours(2));
      anvil.settle(now());
      Instant before = requireNonNull(one.stage.gate().conditions().getFirst().lastRound());
      AtomicBoolean once = new AtomicBoolean(true);
      one.provider.twists(question -> {
        if (once.getAndSet(false)) {
          endLocks();
          Heard.await("the turn", () -> gives(other, "ann", "bronze") && other.asked.get() > 0);
        }
        return question;
      });
      one.stage.gate().runDue();
      assertThat(one.stage.gate().conditions().getFirst().fault())
          .contains("another node reads the chains");
      assertThat(other.stage.gate().conditions().getFirst().lastRound()).isAfter(before);
      // It asks for the turn, hears that another has it, and follows.
      one.stage.gate().runDue();
      assertThat(one.stage.gate().conditions()).isEqualTo(other.stage.gate().conditions());
      assertThat(one.stage.tier("ann")).isEqualTo("bronze");
    }
  }

  @Test
  void whatCouldNotBeStoredIsStoredLater() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.stage.gate().runDue();
      Postgres.run(store, "ALTER TABLE gate_entitlement RENAME TO away");
      one.knows("ann", ANN);
      assertThat(one.stage.tier("ann")).isEqualTo("bronze");
      Postgres.run(store, "ALTER TABLE away RENAME TO gate_entitlement");
      other.knows("ann", ANN);
      assertThat(other.stage.tier("ann")).isEmpty();
      time.advance(Duration.ofSeconds(61));
      one.stage.gate().runDue();
      other.follows("ann", "bronze");
    }
  }

  @Test
  void whoGetsTheTurnGrantsNothingAnewBeforeItHasRead() throws SQLException {
    anvil.at(now());
    anvil.transfer(token, BEN, ANN, tokens(9000));
    Node one = new Node();
    try (Node other = new Node()) {
      one.knows("ann", ANN);
      other.knows("ann", ANN);
      passHours(24, one);
      assertThat(one.stage.tier("ann")).isEqualTo("bronze");
      other.follows("ann", "bronze");
      other.provider.always(Script.hangUp());
      one.close();
      passHours(4, other);
      assertThat(other.stage.of("ann").frozen()).isNull();
      assertThat(other.stage.tier("ann")).isEqualTo("bronze");
      other.provider.behaves(Middleman.HONEST);
      passHours(1, other);
      assertThat(other.stage.tier("ann")).isEqualTo("silver");
    }
  }

  @Test
  void aLinkIsSeenOnAllNodesSoon() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.stage.gate().start();
      other.stage.gate().start();
      Heard.await("a first round", () -> one.asked.get() + other.asked.get() > 0);
      for (Node node : List.of(one, other)) {
        node.stage.linked.add(new LinkedWallets.Linked(new AccountId("ann"), ANN, ""));
        var _ = node.stage.gate().accountChanged(new AccountId("ann"));
      }
      Heard.await("one", () -> one.stage.tier("ann").equals("bronze"));
      Heard.await("the other", () -> other.stage.tier("ann").equals("bronze"));
      assertThat(List.of(one.asked.get(), other.asked.get())).containsOnlyOnce(0);
    }
  }

  @Test
  void aStoreThatFellBackIsReadAnew() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.knows("ann", ANN);
      other.knows("ann", ANN);
      other.follows("ann", "bronze");
      // As after a restore, or a failover to a copy that lacks the last moments.
      Postgres.run(store, "UPDATE gate_change SET version = 0");
      one.knows("ben", BEN);
      other.knows("ben", BEN);
      other.follows("ben", "silver");
      assertThat(other.stage.tier("ann")).isEqualTo("bronze");
      assertThat(other.asked).hasValue(0);
    }
  }

  @Test
  void whoCannotReadLetsAnotherTry() throws SQLException {
    try (Node one = new Node();
        Node other = new Node()) {
      one.knows("ann", ANN);
      other.knows("ann", ANN);
      other.follows("ann", "bronze");
      Instant before = one.stage.gate().conditions().getFirst().lastRound();
      one.provider.always(Script.hangUp());
      passHours(5, one, other);
      assertThat(other.asked.get()).isPositive();
      assertThat(other.stage.gate().conditions().getFirst().lastRound()).isAfter(before);
      one.follows("ann", "bronze");
      assertThat(one.stage.gate().conditions()).isEqualTo(other.stage.gate().conditions());
    }
  }

  private static long locks(Db db) {
    try {
      return db.list(
              "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND database ="
                  + " (SELECT oid FROM pg_database WHERE datname = current_database())",
              row -> row.getLong(1))
          .getFirst();
    } catch (SQLException cannot) {
      throw new IllegalStateException(cannot);
    }
  }

  private void endLocks() {
    Postgres.run(
        store,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            + " AND pid <> pg_backend_pid()");
  }

  /** Does what is due on a node, its next attempt to get the turn too. */
  private boolean gives(Node node, String account, String tier) {
    time.advance(Duration.ofSeconds(5));
    node.stage.gate().runDue();
    return node.stage.tier(account).equals(tier);
  }

  private void passHours(int hours, Node... nodes) {
    for (int quarter = 0; quarter < 4 * hours; quarter++) {
      time.advance(Duration.ofMinutes(15));
      anvil.settle(now());
      for (Node node : nodes) {
        node.stage.gate().runDue();
      }
    }
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }
}
