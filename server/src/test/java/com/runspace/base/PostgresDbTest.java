package com.runspace.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.runspace.testkit.Postgres;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

@Timeout(60)
class PostgresDbTest {
  private static final List<List<String>> STEPS =
      List.of(
          List.of("CREATE TABLE one (a INTEGER PRIMARY KEY, b CHAR(4) NOT NULL)"),
          List.of("CREATE INDEX one_by_b ON one (b)", "INSERT INTO one VALUES (0, 'nil')"));

  private static void put(Connection connection, long a) throws SQLException {
    Db.update(connection, "INSERT INTO one VALUES (?, ?)", a, "x" + a);
  }

  private static List<Long> all(Db db) throws SQLException {
    return db.list("SELECT a FROM one ORDER BY a", row -> row.getLong(1));
  }

  @Test
  void theServerIsToldToNoticeNodesThatVanish() throws SQLException {
    try (Db db = Db.postgres(Postgres.freshDatabase());
        Connection apart = db.apart()) {
      assertThat(
              Db.list(
                  apart,
                  "SELECT setting FROM pg_settings WHERE name LIKE 'tcp!_%' ESCAPE '!'"
                      + " ORDER BY name",
                  row -> row.getString(1)))
          .as("count, idle, interval, user timeout")
          .containsExactly("3", "5", "2", "11000");
    }
  }

  @Test
  void whatFailsIsNotKeptAndWhatIsReadIsCommitted() throws Exception {
    try (Db db = Db.postgres(Postgres.freshDatabase())) {
      db.migrate("one", STEPS);
      assertThat(db.isShared()).isTrue();
      db.<Integer>write(connection -> {
        put(connection, 1L << 40);
        assertThat(all(db)).containsExactly(0L);
        return 0;
      });
      assertThatThrownBy(() ->
              db.write(connection -> {
                put(connection, 2);
                put(connection, 2);
                return 0;
              }))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("duplicate key")
          .hasMessageNotContaining("(2)");
      assertThatThrownBy(() -> db.read(connection -> Db.update(connection, "DELETE FROM one")))
          .hasMessageContaining("read-only");
      assertThat(all(db)).containsExactly(0L, 1L << 40);
      long now = db.read(db::nowMillis);
      assertThat(now).isCloseTo(System.currentTimeMillis(), within(5_000L));
    }
  }

  @Test
  void aReaderSeesOneMoment() throws Exception {
    try (Db db = Db.postgres(Postgres.freshDatabase())) {
      db.migrate("one", STEPS);
      db.<Integer>read(connection -> {
        String sql = "SELECT a FROM one";
        assertThat(Db.list(connection, sql, row -> row.getLong(1))).hasSize(1);
        db.write(other -> Db.update(other, "DELETE FROM one"));
        assertThat(Db.list(connection, sql, row -> row.getLong(1))).hasSize(1);
        return 0;
      });
      assertThat(all(db)).isEmpty();
    }
  }

  @Test
  void writersOfTwoNodesAreOneAtATimeAndThoseBesideThemAreNot() throws Exception {
    String url = Postgres.freshDatabase();
    try (Db one = Db.postgres(url);
        Db two = Db.postgres(url)) {
      one.migrate("one", STEPS);
      // Reads and writes the same row, which would lose some of the sum beside another.
      Db.Work<Integer> add =
          connection -> {
            long b = Db.list(connection, "SELECT a FROM one", row -> row.getLong(1)).getFirst();
            return Db.update(connection, "UPDATE one SET a = ?", b + 1);
          };
      together(50, i -> (i % 2 == 0 ? one : two).write(add));
      assertThat(all(one)).containsExactly(50L);
      // Both are in the middle of their work at the same time.
      CyclicBarrier both = new CyclicBarrier(2);
      together(
          2,
          i ->
              (i == 0 ? one : two)
                  .writeBeside(connection -> {
                    put(connection, 100 + i);
                    await(both);
                    return 0;
                  }));
      together(
          30,
          i ->
              (i % 2 == 0 ? one : two)
                  .writeBeside(connection -> {
                    one.alone(connection, "counting");
                    String sql = "SELECT MIN(a) FROM one";
                    long least = Db.list(connection, sql, row -> row.getLong(1)).getFirst();
                    String set = "UPDATE one SET a = ? WHERE a = ?";
                    return Db.update(connection, set, least + 1, least);
                  }));
      assertThat(all(one)).containsExactly(80L, 100L, 101L);
    }
  }

  private interface Numbered {
    Object run(int number) throws Exception;
  }

  private static void together(int times, Numbered work) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(Math.min(times, 8))) {
      List<Callable<Object>> all = new ArrayList<>();
      for (int i = 0; i < times; i++) {
        int number = i;
        all.add(() -> work.run(number));
      }
      for (Future<Object> each : threads.invokeAll(all)) {
        each.get();
      }
    }
  }

  private static void await(CyclicBarrier barrier) throws SQLException {
    try {
      barrier.await(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new SQLException(e);
    }
  }

  @Test
  void workBesideOtherWorkThatMeetsItIsDoneAgain() throws Exception {
    try (Db db = Db.postgres(Postgres.freshDatabase())) {
      db.migrate("one", STEPS);
      db.<Integer>write(connection -> {
        put(connection, 1);
        return 0;
      });
      // Each holds what the other wants: one of them is refused, and comes again.
      CountDownLatch first = new CountDownLatch(2);
      together(
          2,
          i ->
              db.writeBeside(connection -> {
                String set = "UPDATE one SET b = 'new' WHERE a = ?";
                Db.update(connection, set, (long) i);
                first.countDown();
                awaitAll(first);
                return Db.update(connection, set, 1L - i);
              }));
      assertThat(db.list("SELECT b FROM one", row -> row.getString(1)))
          .containsExactly("new", "new");
    }
  }

  private static void awaitAll(CountDownLatch latch) throws SQLException {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new SQLException(e);
    }
  }

  @Test
  void announcementsAreHeardWhenTheyAreCommitted() throws Exception {
    try (Db db = Db.postgres(Postgres.freshDatabase());
        Connection listening = db.apart()) {
      Db.update(listening, "LISTEN runspace");
      assertThatThrownBy(() ->
              db.write(connection -> {
                db.announce(connection, "key", "lost");
                throw new SQLException("no");
              }))
          .hasMessage("no");
      db.<Integer>write(connection -> {
        db.announce(connection, "key", "a b");
        return 0;
      });
      PGNotification[] heard = listening.unwrap(PGConnection.class).getNotifications(10_000);
      assertThat(heard).hasSize(1);
      assertThat(heard[0].getParameter()).isEqualTo("key a b");
    }
  }

  @Test
  void twoNodesThatStartTogetherMakeTheTablesOnce() throws Exception {
    String url = Postgres.freshDatabase();
    together(
        8,
        i -> {
          try (Db db = Db.postgres(url)) {
            db.migrate("one", STEPS.subList(0, 1 + i % 2));
            return 0;
          } catch (SQLException newer) {
            assertThat(newer.getMessage()).contains("newer RunSpace (one has version 2");
            return 0;
          }
        });
    try (Db db = Db.postgres(url)) {
      db.migrate("one", STEPS);
      assertThat(all(db)).containsExactly(0L);
      assertThatThrownBy(() -> db.migrate("one", STEPS.subList(0, 1)))
          .hasMessageContaining("was written by a newer RunSpace (one has version 2");
      assertThatThrownBy(() -> db.migrate("two", List.of(STEPS.getFirst(), STEPS.getFirst())))
          .isInstanceOf(SQLException.class);
      db.migrate("two", List.of(List.of("CREATE TABLE two (a INTEGER)")));
      assertThat(db.problems()).isEmpty();
      assertThatThrownBy(() -> db.backUp(Path.of("none"))).hasMessageContaining("pg_dump");
    }
  }

  @Test
  void aStoreThatMayOnlyBeReadIsRefused() {
    String url = Postgres.freshDatabase();
    String name = url.substring(url.lastIndexOf('/') + 1, url.indexOf('?'));
    Postgres.run(url, "ALTER DATABASE " + name + " SET default_transaction_read_only = on");
    assertThatThrownBy(() -> Db.postgres(url))
        .hasMessageContaining("cannot be used")
        .hasMessageContaining("read-only");
  }

  @Test
  void anotherEncodingIsRefused() {
    String url = Postgres.freshDatabase();
    Postgres.run(url, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    assertThatThrownBy(() -> Db.postgres(url.replaceAll("/test_\\d+", "/latin")))
        .hasMessageContaining("the encoding LATIN1 and not UTF8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?user=locked&password=hush-hush",
        "?user=locked&password=hush%2",
        "?password=hush-hush&user=nobody",
        "_not_there?user=locked&password=open%20sesame&hush=1",
        "?user=postgres&password=hush-hush&sslmode=any",
        "?user=postgres&password=hush-hush&sslmode=require",
        "?user=postgres&password=hush-hush&socketTimeout=long",
      })
  void noFaultTellsAPassword(String end) {
    String url = Postgres.freshDatabase();
    refused(url.substring(0, url.indexOf('?')) + end);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:postgresql://me:hush@127.0.0.1:5432/db",
        "jdbc:postgresql://127.0.0.1:hush@x/db?user=me",
        "jdbc:postgresql://127.0.0.1:99999999/db?user=me&password=hush",
        "jdbc:postgresql://127.0.0.1:1/db?user=me&password=hush",
        "jdbc:postgresql://no.invalid/db?user=me&password=hush",
        "jdbc:postgresql:db?user=me&password=hush",
        "postgres://me:hush@127.0.0.1/db",
      })
  void noAddressThatCannotBeTellsAPassword(String url) {
    refused(url);
  }

  private static void refused(String url) {
    ByteArrayOutputStream told = new ByteArrayOutputStream();
    Handler log =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            told.writeBytes(String.valueOf(line.getMessage()).getBytes(StandardCharsets.UTF_8));
            for (Object part :
                line.getParameters() == null ? new Object[0] : line.getParameters()) {
              told.writeBytes(String.valueOf(part).getBytes(StandardCharsets.UTF_8));
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger root = Logger.getLogger("");
    root.addHandler(log);
    try {
      Db.postgres(url).close();
      throw new AssertionError("taken: " + url);
    } catch (SQLException refused) {
      try (PrintWriter all = new PrintWriter(told, true, StandardCharsets.UTF_8)) {
        refused.printStackTrace(all);
      }
    } finally {
      root.removeHandler(log);
    }
    assertThat(told.toString(StandardCharsets.UTF_8))
        .doesNotContain("hush")
        .doesNotContain("sesame");
  }

  @Test
  void aBrokenConnectionIsNotUsedAgain(@TempDir Path folder) throws Exception {
    try (Postgres server = Postgres.start(folder);
        Db db = Db.postgres(server.newDatabase())) {
      db.migrate("one", STEPS);
      together(
          8,
          i -> db.writeBeside(connection -> Db.list(connection, "SELECT pg_sleep(0.05)", _ -> 0)));
      together(8, i -> db.read(connection -> Db.list(connection, "SELECT pg_sleep(0.05)", _ -> 0)));
      server.stop();
      assertThatThrownBy(() -> all(db)).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> db.write(connection -> 0)).isInstanceOf(SQLException.class);
      assertThatThrownBy(
              () -> db.writeBeside(connection -> Db.update(connection, "DELETE FROM one")))
          .isInstanceOf(SQLException.class);
      server.start();
      assertThat(all(db)).containsExactly(0L);
      db.<Integer>write(connection -> {
        put(connection, 1);
        return 0;
      });
      together(
          8,
          i ->
              db.writeBeside(connection -> {
                put(connection, 10 + i);
                return 0;
              }));
      assertThat(all(db)).hasSize(10);
    }
  }
}
