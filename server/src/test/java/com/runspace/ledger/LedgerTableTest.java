package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.journal.Entry;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.LedgerTable.Cursor;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.testkit.OnEachStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LedgerTableTest extends OnEachStore {
  static final Day DAY = new Day(20_000);

  private LedgerTable table;

  @BeforeEach
  void open() throws SQLException {
    table = new LedgerTable(db);
  }

  static Entry.Settled call(long number, String key, String model, int day, long charge) {
    Entry.Admitted call =
        new Entry.Admitted(
            Samples.id(number),
            Samples.ACCOUNT,
            key,
            new Day(DAY.epochDay() + day),
            model,
            100,
            50,
            400,
            new Nanos(1_000 + number),
            new Nanos(900),
            new Day(DAY.epochDay() + day).startEpochMillis() + number / 2);
    Settlement end = Samples.settlement(charge + 1, Entry.ENDS.get((int) number % 6));
    return new Entry.Settled(call, end, new Nanos(charge), call.admittedMillis() + 5);
  }

  static List<Entry.Settled> nineCalls() {
    List<Entry.Settled> calls = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      calls.add(call(i, "key_" + i % 2, i < 5 ? "small" : "large", i / 4, 10 + i));
    }
    return calls;
  }

  private List<Usage> usage(By... by) throws SQLException {
    Set<By> groups = EnumSet.noneOf(By.class);
    groups.addAll(List.of(by));
    return table.usage(Samples.ACCOUNT, DAY, new Day(DAY.epochDay() + 2), groups);
  }

  private static Usage sum(@Nullable String model, @Nullable String key, long calls, long charge) {
    return new Usage(null, model, key, calls, 7 * calls, 3 * calls, 11 * calls, new Nanos(charge));
  }

  @Test
  void aCallCountsOnceHoweverOftenItIsPosted() throws SQLException {
    List<Entry.Settled> calls = nineCalls();
    assertThat(table.post(calls.subList(0, 6))).isEqualTo(6);
    assertThat(table.post(calls)).isEqualTo(3);
    assertThat(table.post(calls)).isZero();
    assertThat(table.post(List.of(calls.getFirst(), calls.getFirst()))).isZero();
    assertThat(table.post(List.of(call(0, "key_9", "other", 0, 900)))).isZero();
    Usage all = new Usage(null, null, null, 9, 63, 27, 99, new Nanos(126));
    assertThat(usage()).containsExactly(all);
    assertThat(table.post(List.of(call(50, "k", "m", 0, 1), call(50, "k", "m", 0, 1)))).isOne();
  }

  @Test
  void oldAndNewCallsInLargeBatchesAreToldApart() throws SQLException {
    List<Entry.Settled> calls = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      calls.add(call(i, "key_" + i % 7, "m" + i % 3, i % 2, 1));
    }
    List<Entry.Settled> some = new ArrayList<>(calls.subList(300, 430));
    some.add(calls.get(999));
    assertThat(table.post(some)).isEqualTo(131);
    assertThat(table.post(calls)).isEqualTo(869);
    assertThat(table.post(calls)).isZero();
    assertThat(usage().getFirst().calls()).isEqualTo(1_000);
    assertThat(usage().getFirst().charge()).isEqualTo(new Nanos(1_000));
    assertThat(table.calls(Samples.ACCOUNT, 0, Long.MAX_VALUE, null, 2_000))
        .containsExactlyInAnyOrderElementsOf(calls);
  }

  @Test
  void whatAFailedTransactionHasNumberedIsNotRemembered() throws SQLException {
    Entry.Settled tooMuch = call(1, "key_0", "small", 0, Long.MAX_VALUE - 1);
    List<Entry.Settled> overflow = List.of(tooMuch, call(2, "key_0", "small", 0, 2));
    assertThatThrownBy(() -> table.post(overflow)).isInstanceOf(ArithmeticException.class);
    assertThat(table.post(List.of(call(3, "key_1", "large", 0, 2)))).isOne();
    assertThat(table.post(List.of(call(4, "key_0", "small", 0, 2)))).isOne();
    assertThat(usage(By.KEY)).containsExactly(sum(null, "key_0", 1, 2), sum(null, "key_1", 1, 2));
  }

  @Test
  void usageIsSummedByDayModelAndKey() throws SQLException {
    table.post(nineCalls());
    assertThat(usage(By.MODEL))
        .containsExactly(sum("large", null, 4, 66), sum("small", null, 5, 60));
    assertThat(usage(By.KEY)).containsExactly(sum(null, "key_0", 5, 70), sum(null, "key_1", 4, 56));
    assertThat(usage(By.KEY, By.MODEL))
        .containsExactly(
            sum("large", "key_0", 2, 34),
            sum("large", "key_1", 2, 32),
            sum("small", "key_0", 3, 36),
            sum("small", "key_1", 2, 24));
    List<Usage> days = usage(By.DAY);
    assertThat(days.stream().map(Usage::day)).containsExactly(DAY, DAY.next(), DAY.next().next());
    assertThat(days.stream().map(day -> day.charge().value())).containsExactly(46L, 62L, 18L);
    assertThat(table.usage(new AccountId("other"), DAY, DAY, Set.of())).isEmpty();
    assertThat(table.usage(Samples.ACCOUNT, DAY.next(), DAY.next(), Set.of()).getFirst().calls())
        .isEqualTo(4);
  }

  @Test
  void pagesOfCallsHoldEachCallOnceAndWhole() throws SQLException {
    List<Entry.Settled> calls = nineCalls();
    table.post(calls);
    List<Entry.Settled> read = new ArrayList<>();
    Cursor cursor = null;
    while (true) {
      List<Entry.Settled> page = table.calls(Samples.ACCOUNT, 0, Long.MAX_VALUE, cursor, 2);
      if (page.isEmpty()) {
        break;
      }
      read.addAll(page);
      cursor = Cursor.after(page.getLast());
    }
    assertThat(read).containsExactlyElementsOf(calls.reversed());
    long from = DAY.next().startEpochMillis();
    long to = DAY.next().next().startEpochMillis();
    assertThat(table.calls(Samples.ACCOUNT, from, to, null, 100))
        .containsExactlyElementsOf(calls.subList(4, 8).reversed());
  }

  @Test
  void rowsGoAndSumsStay() throws SQLException {
    table.post(nineCalls());
    List<Usage> before = usage(By.DAY, By.MODEL, By.KEY);
    assertThat(table.deleteCallsBefore(DAY.next(), () -> true)).isEqualTo(4);
    assertThat(table.deleteCallsBefore(DAY.next(), () -> true)).isZero();
    assertThat(table.calls(Samples.ACCOUNT, 0, Long.MAX_VALUE, null, 100)).hasSize(5);
    assertThat(usage(By.DAY, By.MODEL, By.KEY)).isEqualTo(before);
  }

  @Test
  void whenItMayNotGoOnTheRestStaysForAnotherTime() throws SQLException {
    table.post(nineCalls());
    Day last = new Day(DAY.epochDay() + 3);
    assertThat(table.deleteCallsBefore(last, () -> false)).as("a day's calls").isEqualTo(4);
    assertThat(table.deleteCallsBefore(last, () -> true)).isEqualTo(5);
  }

  @Test
  void rowsThatAJournalMayStillHaveStay() throws SQLException {
    LedgerTable.Fence gone =
        new LedgerTable.Fence() {
          @Override
          public void check(Connection connection) {
            // Anybody may write here.
          }

          @Override
          public long postedBefore(Connection connection) {
            // A call may go on for some hours before it is settled, and clocks may be apart.
            return DAY.next().startEpochMillis();
          }
        };
    LedgerTable fenced = new LedgerTable(db, 1, gone);
    fenced.post(nineCalls());
    assertThat(fenced.deleteCallsBefore(DAY.next(), () -> true)).isZero();
    assertThat(fenced.post(nineCalls())).as("each call counts once").isZero();
    assertThat(table.deleteCallsBefore(DAY.next(), () -> true)).isEqualTo(4);
  }

  @Test
  void balancesAreWhatWasChargedWithTheHighestGrant() throws SQLException {
    table.post(nineCalls().reversed());
    Map<AccountId, List<Balance>> balances = table.balancesSince(DAY.next());
    assertThat(balances).containsOnlyKeys(Samples.ACCOUNT);
    List<Balance> days = balances.getOrDefault(Samples.ACCOUNT, List.of());
    assertThat(days).hasSize(2);
    assertThat(days.getFirst())
        .isEqualTo(
            new Balance(
                DAY.next(),
                new Nanos(1_007),
                new Nanos(62),
                Nanos.ZERO,
                List.of(
                    new Balance.Line("key_0", new Nanos(30), Nanos.ZERO),
                    new Balance.Line("key_1", new Nanos(32), Nanos.ZERO))));
  }

  @Test
  void aNewerStoreIsRefusedAndLeftAsItIs() throws Exception {
    db.write(connection -> {
      try (Statement statement = connection.createStatement()) {
        return statement.executeUpdate("UPDATE schema_version SET version = 99");
      }
    });
    assertThatThrownBy(() -> new LedgerTable(db))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("was written by a newer RunSpace (ledger has version 99")
        .hasMessageContaining("restore a backup");
  }

  @Test
  void aStepThatFailsChangesNothing() throws Exception {
    List<List<String>> steps =
        List.of(List.of("CREATE TABLE one (a INTEGER)"), List.of("CREATE TABLE one (a INTEGER)"));
    assertThatThrownBy(() -> db.migrate("other", steps)).isInstanceOf(SQLException.class);
    db.migrate("other", steps.subList(0, 1));
    db.migrate("other", steps.subList(0, 1));
  }
}
