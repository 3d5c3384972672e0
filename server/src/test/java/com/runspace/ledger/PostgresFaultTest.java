package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Time;
import com.runspace.journal.Entry;
import com.runspace.journal.Journal;
import com.runspace.journal.Poster;
import com.runspace.journal.Samples;
import com.runspace.testkit.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of calls while their store, a real server, is in trouble. */
@Timeout(120)
@Tag("slow")
class PostgresFaultTest {
  private final ConcurrentLinkedQueue<String> said = new ConcurrentLinkedQueue<>();
  private final Handler log =
      new Handler() {
        @Override
        public void publish(LogRecord line) {
          said.add(String.valueOf(line.getMessage()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private final Logger logger = Logger.getLogger(Poster.class.getName());

  @TempDir private Path folder;
  private Postgres server;
  private String url;
  private Db db;
  private LedgerTable table;
  private Journal journal;
  private Journal.Writer writer;
  private Poster poster;
  private int settled;

  @BeforeEach
  void open() throws Exception {
    server = Postgres.start(folder);
    url = server.newDatabase();
    db = Db.postgres(url);
    table = new LedgerTable(db, 1, _ -> {});
    Files.createDirectory(folder.resolve("journal"));
    journal =
        new Journal(
            folder.resolve("journal"), Journal.Plan.of(Journal.Sync.SOON), Time.system(), 0);
    writer = journal.newWriter();
    poster = new Poster(journal, table::post, Time.system(), Poster.Pace.ALONE, _ -> {});
    logger.addHandler(log);
    journal.start();
    poster.start();
  }

  @AfterEach
  void close() throws Exception {
    logger.removeHandler(log);
    poster.close();
    journal.close();
    db.close();
    server.close();
  }

  /** Each call is charged its number. */
  private void settle(int calls) {
    for (int i = 0; i < calls; i++) {
      Entry.Admitted call = Samples.admitted(++settled, 900);
      Journal.Place place = writer.admit(call);
      while (place == null) {
        Thread.onSpinWait();
        place = writer.admit(call);
      }
      writer.settle(place, Samples.settled(call, settled));
    }
    writer.flush();
  }

  private boolean allIsThere() throws SQLException {
    List<LedgerTable.Usage> usage = usage();
    return !usage.isEmpty() && usage.getFirst().calls() == settled;
  }

  private List<LedgerTable.Usage> usage() throws SQLException {
    Day day = Day.ofEpochMillis(Samples.NOW);
    return table.usage(Samples.ACCOUNT, day, day.next(), Set.of());
  }

  private void assertAllIsThereOnce() throws Exception {
    Samples.await(this::allIsThere);
    long sum = (long) settled * (settled + 1) / 2;
    assertThat(usage().getFirst().charge()).isEqualTo(new Nanos(sum));
    String rows = "SELECT COUNT(*), SUM(charge) FROM call";
    assertThat(db.list(rows, row -> List.of(row.getLong(1), row.getLong(2))))
        .containsExactly(List.of((long) settled, sum));
    Samples.await(() -> !poster.backlog().isRefused());
  }

  private long times(String what) {
    return said.stream().filter(line -> line.contains(what)).count();
  }

  @Test
  void aServerThatIsStoppedAndStartedHasAllInTheEnd() throws Exception {
    settle(1_000);
    assertAllIsThereOnce();
    server.stop();
    settle(2_000);
    Samples.await(() -> poster.backlog().isRefused());
    settle(2_000);
    server.start();
    assertAllIsThereOnce();
    assertThat(times("does not take usage")).isOne();
    assertThat(times("takes usage again")).isOne();
  }

  @Test
  void connectionsThatAreCutUnderLoadLoseNothing() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    Thread cutting =
        Thread.ofPlatform()
            .start(() -> {
              while (!done.get()) {
                Postgres.run(
                    server.url("postgres"),
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE application_name = 'runspace'");
                LockSupport.parkNanos(5_000_000);
              }
            });
    for (int i = 0; i < 40; i++) {
      settle(500);
      tryToPost();
    }
    done.set(true);
    cutting.join();
    assertAllIsThereOnce();
  }

  private void tryToPost() throws Exception {
    try {
      poster.post();
    } catch (SQLException cut) {
      assertThat(cut.getMessage()).isNotEmpty();
    }
  }

  @Test
  void aLockThatAnotherHoldsMakesPostingWait() throws Exception {
    settle(100);
    assertAllIsThereOnce();
    try (Connection other = DriverManager.getConnection(url);
        Statement statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("LOCK TABLE usage_day IN EXCLUSIVE MODE");
      settle(1_000);
      Samples.await(() -> waiting() > 0);
      // It waits for the lock for a while, gives up, and says so.
      Samples.await(() -> poster.backlog().isRefused());
      assertThat(usage().getFirst().calls()).isEqualTo(100);
      other.rollback();
    }
    assertAllIsThereOnce();
    assertThat(times("does not take usage")).isOne();
  }

  private long waiting() throws SQLException {
    String sql = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted";
    return db.list(sql, row -> row.getLong(1)).getFirst();
  }

  @Test
  void aStoreThatMayOnlyBeReadForAWhileHasAllInTheEnd() throws Exception {
    settle(100);
    assertAllIsThereOnce();
    String sql = "ALTER SYSTEM SET default_transaction_read_only = ";
    Postgres.run(url, sql + "on");
    Postgres.run(url, "SELECT pg_reload_conf()");
    settle(1_000);
    Samples.await(() -> poster.backlog().isRefused());
    try (Connection admin = DriverManager.getConnection(url);
        Statement statement = admin.createStatement()) {
      statement.execute("SET default_transaction_read_only = off");
      statement.execute(sql + "off");
      statement.execute("SELECT pg_reload_conf()");
    }
    assertAllIsThereOnce();
    assertThat(times("does not take usage")).isOne();
  }
}
