package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.cluster.Leases;
import com.runspace.journal.Poster;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.testkit.Heard;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Postgres;
import com.runspace.testkit.SmallDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL that answers and takes nothing: its disk is full, or it may only be read. */
@Timeout(120)
@Tag("slow")
class UnwritableStoreTest {
  private static final Spender SPENDER = new Spender(new AccountId("acc_1"), "key_1", null);
  private static final Spender OTHER = new Spender(new AccountId("acc_2"), "key_2", null);
  private static final Nanos COST = new Nanos(10);
  private static final String LEFT = "the store does not take usage (";
  private static final String STAYS = "); it waits in the journal, nothing is lost";

  private final Queue<String> said = new ConcurrentLinkedQueue<>();
  private final Handler log =
      new Handler() {
        private final SimpleFormatter words = new SimpleFormatter();

        @Override
        public void publish(LogRecord line) {
          said.add(words.formatMessage(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final List<Logger> loggers =
      List.of(Logger.getLogger(Poster.class.getName()), Logger.getLogger(Leases.class.getName()));

  @TempDir private Path folder;
  private int calls;

  @BeforeEach
  void listen() {
    loggers.forEach(logger -> logger.addHandler(log));
  }

  @AfterEach
  void listenNoMore() {
    loggers.forEach(logger -> logger.removeHandler(log));
  }

  private BareNode node(String url) throws Exception {
    ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
    return BareNode.open(folder.resolve("data"), url, "1000", time);
  }

  private Reservation ask(BareNode node, Spender spender, Nanos amount) throws Exception {
    Reservation answer = node.hold(spender, amount, Samples.id(++calls));
    while (answer instanceof Reservation.Coming(var arrival)) {
      arrival.toCompletableFuture().get(10, TimeUnit.SECONDS);
      answer = node.hold(spender, amount, Samples.id(calls));
    }
    return answer;
  }

  private void call(BareNode node, int times, Nanos amount) throws Exception {
    for (int i = 0; i < times; i++) {
      Reservation answer = ask(node, SPENDER, amount);
      assertThat(answer).isInstanceOf(Reservation.Held.class);
      ((Reservation.Held) answer)
          .hold()
          .settle(Samples.settlement(COST.value(), Settlement.Ended.COMPLETE));
    }
    node.flush();
  }

  /** The node has much of the day after this, so that it need not ask for the calls to come. */
  private void begin(BareNode node) throws Exception {
    call(node, 1, new Nanos(10 * Nanos.PER_USD));
    call(node, 99, COST);
    node.kept.post();
    assertPosted(node);
  }

  private static long one(String url, String sql) throws Exception {
    try (var connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getLong(1);
    }
  }

  private void assertPosted(BareNode node) throws Exception {
    String url = node.url;
    assertThat(one(url, "SELECT COUNT(*) FROM call")).isEqualTo(calls);
    assertThat(one(url, "SELECT SUM(charge) FROM call")).isEqualTo(calls * COST.value());
    assertThat(one(url, "SELECT SUM(calls) FROM usage_day")).isEqualTo(calls);
    assertThat(one(url, "SELECT SUM(charge) FROM usage_day")).isEqualTo(calls * COST.value());
  }

  private void awaitSaid(String from, String middle, String to) {
    Heard.await(
        from + middle + to + " in " + said,
        () -> said.stream().anyMatch(line -> said(line, from, middle, to)));
  }

  private static boolean said(String line, String from, String middle, String to) {
    return line.startsWith(from) && line.contains(middle) && line.endsWith(to);
  }

  @Test
  void aDiskThatIsFullLosesNothingAndCallsGoOn() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"), 24);
        Postgres server = Postgres.start(folder)) {
      String of = disk.folder().toString();
      Postgres.run(server.url("postgres"), "CREATE TABLESPACE small LOCATION '" + of + "'");
      Postgres.run(server.url("postgres"), "CREATE DATABASE small TABLESPACE small");
      try (BareNode node = node(server.url("small"))) {
        begin(node);
        Path filler = disk.fill();
        call(node, 5_000, COST);
        assertThatThrownBy(node.kept::post)
            .isInstanceOf(LocalLedger.Unavailable.class)
            .hasMessageContaining("No space left on device");
        awaitSaid(LEFT, "No space left on device", STAYS);
        call(node, 1_000, COST);
        assertThat(node.kept.backlog().isRefused()).isTrue();
        assertThat(one(node.url, "SELECT COUNT(*) FROM call")).as("all or none").isEqualTo(100);
        Files.delete(filler);
        node.kept.post();
        assertPosted(node);
        Samples.await(() -> !node.kept.backlog().isRefused());
        call(node, 10, COST);
        node.kept.post();
        assertPosted(node);
      }
    }
  }

  @Test
  void aStoreThatMayOnlyBeReadForAWhileLosesNothingAndCallsGoOn() throws Exception {
    String url = Postgres.freshDatabase();
    String name = url.substring(url.lastIndexOf('/') + 1, url.indexOf('?'));
    String set = "ALTER DATABASE " + name + " SET default_transaction_read_only = ";
    String other = url.replace(name, "postgres");
    try (BareNode node = node(url)) {
      begin(node);
      Postgres.run(other, set + "on");
      Postgres.run(
          other,
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
      call(node, 1_000, COST);
      assertThat(ask(node, OTHER, COST)).isInstanceOf(Reservation.Closed.class);
      node.time.advance(Duration.ofSeconds(2));
      assertThat(ask(node, OTHER, COST)).isInstanceOf(Reservation.Closed.class);
      calls -= 2;
      assertThatThrownBy(node.kept::post).hasMessageContaining("read-only transaction");
      awaitSaid(LEFT, "", STAYS);
      awaitSaid("the store cannot be asked for leases (", "", "from what this node has");
      assertThat(node.cluster.leases().areGood()).isTrue();
      assertThatThrownBy(() -> node(url).close())
          .as("another node, or this one anew, does not start")
          .isInstanceOf(Wiring.StartFailed.class)
          .hasMessageContaining("the store " + url.substring(18, url.indexOf('?')))
          .hasMessageContaining("cannot be used")
          .hasMessageContaining("read-only transaction");
      Postgres.run(other, set + "off");
      node.kept.post();
      assertPosted(node);
      Samples.await(() -> !node.kept.backlog().isRefused());
      node.time.advance(Duration.ofSeconds(2));
      assertThat(ask(node, OTHER, COST)).isInstanceOf(Reservation.Held.class);
    }
  }
}
