package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Entry;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.testkit.Postgres;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nodes that post into one store. */
@Timeout(120)
class LedgerNodesTest {
  private static final Day DAY = new Day(20_000);
  private static final int ACCOUNTS = 7;

  private final AtomicBoolean fenced = new AtomicBoolean();
  private Db oneDb;
  private Db twoDb;
  private LedgerTable one;
  private LedgerTable two;

  @BeforeEach
  void open() throws SQLException {
    String url = Postgres.freshDatabase();
    oneDb = Db.postgres(url);
    twoDb = Db.postgres(url);
    one = new LedgerTable(oneDb, 1, _ -> {});
    two =
        new LedgerTable(
            twoDb,
            2,
            _ -> {
              if (fenced.get()) {
                throw new SQLException("another process goes on in this node's place");
              }
            });
  }

  @AfterEach
  void close() {
    oneDb.close();
    twoDb.close();
  }

  private static Entry.Settled call(int number, long granted) {
    Entry.Admitted call =
        new Entry.Admitted(
            Samples.id(number),
            new AccountId("acc_" + number % ACCOUNTS),
            "key_" + number % 3,
            new Day(DAY.epochDay() + number % 2),
            "model_" + number % 5,
            100,
            50,
            400,
            new Nanos(granted),
            new Nanos(900),
            DAY.startEpochMillis() + number / 3);
    Settlement end = Samples.settlement(10, Entry.ENDS.get(number % Entry.ENDS.size()));
    return new Entry.Settled(call, end, new Nanos(number), call.admittedMillis() + 5);
  }

  private static List<Entry.Settled> calls(int from, int to) {
    List<Entry.Settled> calls = new ArrayList<>();
    for (int i = from; i < to; i++) {
      calls.add(call(i, 1_000 + i % 4));
    }
    return calls;
  }

  private static long charge(int account, int to) {
    long sum = 0;
    for (int i = account; i < to; i += ACCOUNTS) {
      sum += i;
    }
    return sum;
  }

  /** Each call is posted by both, in batches of many sizes and in any order. */
  private static List<List<Entry.Settled>> batches(int calls, Random random) {
    List<Entry.Settled> left = new ArrayList<>(calls(0, calls));
    Collections.shuffle(left, random);
    List<List<Entry.Settled>> batches = new ArrayList<>();
    for (int from = 0; from < calls; ) {
      int to = Math.min(calls, from + 1 + random.nextInt(400));
      batches.add(left.subList(from, to));
      from = to;
    }
    return batches;
  }

  private static int post(LedgerTable table, List<List<Entry.Settled>> batches)
      throws SQLException {
    int added = 0;
    for (List<Entry.Settled> batch : batches) {
      added += table.post(batch);
    }
    return added;
  }

  @Test
  void callsThatBothPostAtOnceCountOnce() throws Exception {
    int calls = 5_000;
    int added = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<Callable<Integer>> both =
          List.of(
              () -> post(one, batches(calls, new Random(1))),
              () -> post(two, batches(calls, new Random(2))));
      for (Future<Integer> each : threads.invokeAll(both)) {
        added += each.get();
      }
    }
    assertThat(added).isEqualTo(calls);
    long mine = 0;
    for (int i = 0; i < ACCOUNTS; i++) {
      AccountId account = new AccountId("acc_" + i);
      List<Usage> usage = one.usage(account, DAY, DAY.next(), Set.of());
      assertThat(usage.getFirst().charge()).isEqualTo(new Nanos(charge(i, calls)));
      assertThat(two.usage(account, DAY, DAY.next(), Set.of())).isEqualTo(usage);
      assertThat(one.usage(account, DAY, DAY.next(), Set.of(By.KEY))).hasSize(3);
      assertThat(one.calls(account, 0, Long.MAX_VALUE, null, calls))
          .hasSize((int) usage.getFirst().calls())
          .doesNotHaveDuplicates();
      mine += used(one, account) + used(two, account);
    }
    assertThat(mine).isEqualTo((long) calls * (calls - 1) / 2);
    assertThat(numbers("billed_account")).isEqualTo(ACCOUNTS);
    assertThat(numbers("call_kind")).isEqualTo(distinct(calls));
  }

  private static long used(LedgerTable table, AccountId account) throws SQLException {
    return table.balancesSince(DAY).getOrDefault(account, List.of()).stream()
        .mapToLong(balance -> balance.used().value())
        .sum();
  }

  private static long distinct(int calls) {
    return calls(0, calls).stream().map(Entry.Kind::of).distinct().count();
  }

  /** They are numbered from 1 without a gap. */
  private long numbers(String table) throws SQLException {
    String sql = "SELECT COUNT(*), MAX(number) FROM " + table;
    return oneDb
        .list(
            sql,
            row -> {
              assertThat(row.getLong(1)).isEqualTo(row.getLong(2));
              return row.getLong(1);
            })
        .getFirst();
  }

  @Test
  void aNodeFindsWhatItHasUsedItself() throws SQLException {
    AccountId account = new AccountId("acc_0");
    assertThat(one.post(List.of(call(14, 100)))).isOne();
    assertThat(two.post(List.of(call(28, 300), call(56, 200)))).isEqualTo(2);
    Balance.Line line = new Balance.Line("key_2", new Nanos(14), Nanos.ZERO);
    assertThat(one.balancesSince(DAY).getOrDefault(account, List.of()))
        .containsExactly(
            new Balance(DAY, new Nanos(300), new Nanos(14), Nanos.ZERO, List.of(line)));
    assertThat(used(two, account)).isEqualTo(84);
    assertThat(one.usage(account, DAY, DAY, Set.of()).getFirst().charge()).isEqualTo(new Nanos(98));
    assertThat(new TurnoverTable(oneDb).busiest(DAY, 5))
        .containsExactly(new TurnoverTable.Account("acc_0", 3, new Nanos(98)));
    assertThat(new TurnoverTable(oneDb).sold(DAY).stream().mapToLong(sold -> sold.calls()).sum())
        .isEqualTo(3);
  }

  @Test
  void aGrantIsWrittenOnlyWhereItIsHigher() throws SQLException {
    one.post(List.of(call(14, 100)));
    String version = version();
    one.post(List.of(call(28, 100), call(42, 90)));
    two.post(List.of(call(56, 100), call(70, 80)));
    assertThat(version()).isEqualTo(version);
    two.post(List.of(call(84, 101)));
    assertThat(version()).startsWith("101 ").isNotEqualTo(version);
  }

  private String version() throws SQLException {
    return oneDb
        .list(
            "SELECT granted, xmin FROM allowance_day",
            row -> row.getLong(1) + " " + row.getString(2))
        .getFirst();
  }

  @Test
  void aNodeThatIsFencedPostsNothing() throws SQLException {
    fenced.set(true);
    assertThatThrownBy(() -> two.post(calls(0, 10))).hasMessageContaining("in this node's place");
    assertThat(numbers("billed_account")).isZero();
    fenced.set(false);
    assertThat(two.post(calls(0, 10))).isEqualTo(10);
  }

  @Test
  void oldRowsGoByTheHourOnWhicheverNode() throws SQLException {
    one.post(calls(0, 100));
    long later = DAY.startEpochMillis() + 7_200_000;
    Entry.Settled old = call(1_000, 5);
    Entry.Admitted admitted = old.call();
    Entry.Admitted moved =
        new Entry.Admitted(
            admitted.callId(),
            admitted.account(),
            admitted.spender(),
            admitted.day(),
            admitted.model(),
            1,
            1,
            1,
            admitted.granted(),
            admitted.held(),
            later);
    one.post(List.of(new Entry.Settled(moved, old.settlement(), old.charge(), later)));
    assertThat(two.deleteCallsBefore(DAY, () -> true)).isZero();
    assertThat(two.deleteCallsBefore(DAY.next(), () -> true)).isEqualTo(101);
    assertThat(one.deleteCallsBefore(DAY.next(), () -> true)).isZero();
  }
}
