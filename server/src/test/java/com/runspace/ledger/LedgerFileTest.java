package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Entry;
import com.runspace.journal.Journal;
import com.runspace.journal.Poster;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.testkit.ManualTime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The store in a file: older schemas, backups and damage. */
@Timeout(60)
class LedgerFileTest {
  @TempDir private Path folder;
  private Db db;
  private LedgerTable table;

  @BeforeEach
  void open() throws SQLException {
    db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(1));
    table = new LedgerTable(db);
  }

  @AfterEach
  void close() {
    db.close();
  }

  @Test
  void callsOfTheFirstSchemaAreTakenOver() throws Exception {
    Path old = folder.resolve("old.db");
    List<Entry.Settled> calls = LedgerTableTest.nineCalls();
    try (Db first = Db.sqlite(old, Duration.ofSeconds(1))) {
      first.migrate("ledger", Db.steps(LedgerTable.class, "schema-1.sql"));
      for (Entry.Settled each : calls) {
        Entry.Admitted call = each.call();
        Settlement end = each.settlement();
        Object[] kind = Entry.Kind.of(each).values();
        String insert = "INSERT INTO call VALUES (?" + ", ?".repeat(21) + ")";
        first.write(connection ->
            Db.update(
                connection,
                insert,
                call.callId(),
                kind[0],
                kind[1],
                call.day().epochDay(),
                kind[2],
                kind[3],
                kind[4],
                kind[5],
                kind[6],
                kind[7],
                call.held().value(),
                end.promptTokens(),
                end.cachedTokens(),
                end.outputTokens(),
                end.cost().value(),
                each.charge().value(),
                kind[8],
                kind[9],
                kind[10],
                kind[11],
                call.admittedMillis(),
                each.settledMillis()));
      }
      LedgerTable taken = new LedgerTable(first);
      assertThat(taken.calls(Samples.ACCOUNT, 0, Long.MAX_VALUE, null, 100))
          .containsExactlyElementsOf(calls.reversed());
      assertThat(taken.post(calls)).isZero();
      assertThat(taken.post(List.of(LedgerTableTest.call(20, "key_0", "small", 0, 5)))).isOne();
    }
  }

  @Test
  void aBackupIsTheStoreOfOneMomentAndOpensAgain() throws Exception {
    table.post(LedgerTableTest.nineCalls());
    Path backup = folder.resolve("backup.db");
    db.backUp(backup);
    table.post(List.of(LedgerTableTest.call(77, "key_0", "small", 0, 5)));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(backup)))
        .isEqualTo("rw-------");
    assertThatThrownBy(() -> db.backUp(backup)).hasMessageContaining("cannot be made");
    try (Db copy = Db.sqlite(backup, Duration.ofSeconds(1))) {
      assertThat(copy.problems()).isEmpty();
      assertThat(
              new LedgerTable(copy)
                  .usage(
                      Samples.ACCOUNT,
                      LedgerTableTest.DAY,
                      LedgerTableTest.DAY.next().next(),
                      Set.of()))
          .containsExactly(new Usage(null, null, null, 9, 63, 27, 99, new Nanos(126)));
    }
  }

  @Test
  void aDamagedStoreIsFound() throws Exception {
    for (int i = 0; i < 50; i++) {
      table.post(List.of(LedgerTableTest.call(100 + i, "key_" + i, "small", 0, 5)));
    }
    Path backup = folder.resolve("backup.db");
    db.backUp(backup);
    byte[] bytes = Files.readAllBytes(backup);
    Arrays.fill(bytes, 5 * 4096, 8 * 4096, (byte) 7);
    Files.write(backup, bytes);
    List<String> problems = new ArrayList<>();
    try (Db copy = Db.sqlite(backup, Duration.ofSeconds(1))) {
      problems.addAll(copy.problems());
    } catch (SQLException malformed) {
      problems.add(String.valueOf(malformed.getMessage()));
    }
    assertThat(problems).isNotEmpty();
    Files.writeString(backup, "this is no store at all, whatever its name says");
    assertThatThrownBy(() -> Db.sqlite(backup, Duration.ofSeconds(1)))
        .hasMessageContaining("cannot be used");
  }

  @Test
  void sumsOfTheSecondSchemaBecomeThoseOfOneMachine() throws Exception {
    try (Db old = Db.sqlite(folder.resolve("old.db"), Duration.ofSeconds(1))) {
      old.migrate("ledger", Db.steps(LedgerTable.class, "schema-1.sql", "schema-2.sql"));
      old.<Integer>write(connection -> {
        String day = "INSERT INTO allowance_day (account, day, granted, leased, spent) VALUES ";
        Db.update(connection, day + "('acc_1', 20000, 900, 900, 12), ('acc_1', 20001, 800, 0, 5)");
        return Db.update(
            connection,
            "INSERT INTO usage_day VALUES ('acc_1', 20000, 'key_1', 'small', 2, 20, 10, 30, 7),"
                + " ('acc_1', 20000, 'key_1', 'large', 1, 21, 11, 31, 1),"
                + " ('acc_1', 20000, 'key_2', 'small', 3, 22, 12, 32, 4),"
                + " ('acc_1', 20001, 'key_1', 'small', 4, 23, 13, 33, 5)");
      });
      LedgerTable taken = new LedgerTable(old);
      Day day = LedgerTableTest.DAY;
      assertThat(taken.usage(Samples.ACCOUNT, day, day.next(), Set.of()))
          .containsExactly(new Usage(null, null, null, 10, 86, 46, 126, new Nanos(17)));
      Balance.Line first = new Balance.Line("key_1", new Nanos(8), Nanos.ZERO);
      Balance.Line second = new Balance.Line("key_2", new Nanos(4), Nanos.ZERO);
      Balance.Line next = new Balance.Line("key_1", new Nanos(5), Nanos.ZERO);
      assertThat(taken.balancesSince(day))
          .containsOnly(
              Map.entry(
                  Samples.ACCOUNT,
                  List.of(
                      new Balance(
                          day, new Nanos(900), new Nanos(12), Nanos.ZERO, List.of(first, second)),
                      new Balance(
                          day.next(), new Nanos(800), new Nanos(5), Nanos.ZERO, List.of(next)))));
      assertThat(taken.post(List.of(LedgerTableTest.call(4, "key_1", "small", 0, 2)))).isOne();
      assertThat(taken.usage(Samples.ACCOUNT, day, day, Set.of()).getFirst().charge())
          .isEqualTo(new Nanos(14));
    }
  }

  @Test
  void theLagGrowsUntilAllIsPosted() throws Exception {
    ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
    Journal.Plan plan = Journal.Plan.of(Journal.Sync.SOON);
    try (Journal journal = new Journal(folder, plan, time, 0)) {
      // Its own thread is never started, so that it posts when it is told to.
      Poster poster = new Poster(journal, table::post, time, Poster.Pace.ALONE, _ -> {});
      time.advance(Duration.ofSeconds(5));
      assertThat(poster.backlog().lagNanos()).as("nothing waits").isZero();
      Journal.Writer writer = journal.newWriter();
      Entry.Admitted call = Samples.admitted(1, 100);
      writer.settle(Objects.requireNonNull(writer.admit(call)), Samples.settled(call, 7));
      writer.flush();
      assertThat(poster.backlog().lagNanos()).isEqualTo(5_000_000_000L);
      assertThat(poster.backlog().waitingBytes()).isPositive();
      assertThat(poster.post()).isOne();
      assertThat(poster.backlog().lagNanos()).isZero();
      assertThat(poster.backlog().waitingBytes()).isZero();
    }
  }

  @Test
  void callsArePostedWhileTheHouseIsKept() throws Exception {
    ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
    Journal.Plan plan = Journal.Plan.of(Journal.Sync.SOON);
    CompletableFuture<Boolean> askedToGoOn = new CompletableFuture<>();
    CompletableFuture<Boolean> answer = new CompletableFuture<>();
    try (Journal journal = new Journal(folder, plan, time, 0);
        Poster poster =
            new Poster(
                journal,
                table::post,
                time,
                Poster.Pace.ALONE,
                goesOn -> {
                  askedToGoOn.join();
                  answer.complete(goesOn.getAsBoolean());
                })) {
      poster.start();
      Journal.Writer writer = journal.newWriter();
      Entry.Admitted call = Samples.admitted(1, 100);
      writer.settle(Objects.requireNonNull(writer.admit(call)), Samples.settled(call, 7));
      writer.flush();
      time.advance(Duration.ofSeconds(5));
      askedToGoOn.complete(true);
      assertThat(answer.get(10, TimeUnit.SECONDS)).isTrue();
      assertThat(table.calls(call.account(), 0, Long.MAX_VALUE, null, 10)).hasSize(1);
    }
  }
}
