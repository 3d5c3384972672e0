package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Rows;
import com.runspace.journal.Entry;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The history of calls in the store: a row per call, and sums per day that outlive the rows.
 *
 * <p>A call is posted once: its id is the key, and sums grow only by rows that were really added,
 * in the same transaction. All of it blocks. The SQL is what SQLite and PostgreSQL share, but for
 * {@code WITHOUT ROWID}: else SQLite would keep a second tree with each id once more.
 */
public final class LedgerTable {
  private static final List<List<String>> STEPS =
      Db.steps(LedgerTable.class, "schema-1.sql", "schema-2.sql");

  private static final String KIND =
      "account, spender, model, provider, input_price, cached_price, output_price, granted,"
          + " basis, ended, clamped, flagged";

  private static final Rows CALLS =
      new Rows("INSERT INTO call VALUES", 12, "ON CONFLICT (account, admitted_at, id) DO NOTHING");

  private static final Rows USAGE =
      new Rows(
          "INSERT INTO usage_day VALUES",
          9,
          "ON CONFLICT (account, day, spender, model) DO UPDATE SET"
              + " calls = usage_day.calls + excluded.calls,"
              + " prompt_tokens = usage_day.prompt_tokens + excluded.prompt_tokens,"
              + " cached_tokens = usage_day.cached_tokens + excluded.cached_tokens,"
              + " output_tokens = usage_day.output_tokens + excluded.output_tokens,"
              + " charge = usage_day.charge + excluded.charge");

  private static final Rows DAYS =
      new Rows(
          "INSERT INTO allowance_day (account, day, spent, granted, leased) VALUES",
          5,
          "ON CONFLICT (day, account) DO UPDATE SET"
              + " granted = CASE WHEN excluded.granted > allowance_day.granted"
              + " THEN excluded.granted ELSE allowance_day.granted END,"
              + " leased = CASE WHEN excluded.leased > allowance_day.leased"
              + " THEN excluded.leased ELSE allowance_day.leased END,"
              + " spent = allowance_day.spent + excluded.spent");

  /** By what usage can be summed. */
  public enum By {
    DAY,
    MODEL,
    KEY
  }

  /**
   * The usage of a group of calls; day, model and key are null where the group has many.
   *
   * @param key the public id of the spender
   */
  public record Usage(
      @Nullable Day day,
      @Nullable String model,
      @Nullable String key,
      long calls,
      long promptTokens,
      long cachedTokens,
      long outputTokens,
      Nanos charge) {}

  /** Where a page of calls ends: the next one begins with what is older. */
  public record Cursor(long admittedMillis, String callId) {
    /** After a row. */
    public static Cursor after(Entry.Settled row) {
      return new Cursor(row.call().admittedMillis(), row.call().callId());
    }
  }

  /** So many kinds are remembered at the most; there are as many as keys times a few. */
  private static final int KNOWN_MAX = 10_000;

  private final Db db;
  private final Map<Entry.Kind, Known> known = new HashMap<>();

  /**
   * Brings the tables up to date.
   *
   * @throws SQLException also when a newer version has written them
   */
  public LedgerTable(Db db) throws SQLException {
    this.db = db;
    db.migrate("ledger", STEPS);
  }

  private record DayKey(AccountId account, Day day) {}

  /** A kind with the numbers that stand for it, and for its account, in the rows of calls. */
  private record Known(Entry.Kind kind, long number, long account) {
    // Each call is summed by it; the number alone tells kinds apart.
    @Override
    public int hashCode() {
      return Long.hashCode(number);
    }
  }

  private record Sum(Known known, Day day) {}

  private record Row(Entry.Settled call, Known known) {
    void put(Rows.Values values) throws SQLException {
      Entry.Admitted begin = call.call();
      Settlement end = call.settlement();
      values.put(known.account).put(begin.admittedMillis()).put(begin.callId());
      values.put(known.number).put(begin.day().epochDay()).put(begin.held().value());
      values.put(end.promptTokens()).put(end.cachedTokens()).put(end.outputTokens());
      values.put(end.cost().value()).put(call.charge().value()).put(call.settledMillis());
    }
  }

  /**
   * Adds calls, in one transaction. Calls that are there already stay as they are and count once.
   *
   * @return how many were new
   */
  synchronized int post(List<Entry.Settled> calls) throws SQLException {
    boolean kept = false;
    try {
      int added = db.write(connection -> post(connection, calls));
      kept = true;
      return added;
    } finally {
      if (!kept || known.size() > KNOWN_MAX) {
        known.clear();
      }
    }
  }

  private int post(Connection connection, List<Entry.Settled> calls) throws SQLException {
    List<Row> rows = new ArrayList<>(calls.size());
    for (Entry.Settled call : calls) {
      Entry.Kind kind = Entry.Kind.of(call);
      Known numbers = known.get(kind);
      if (numbers == null) {
        long account = number(connection, "billed_account", "account", kind.account());
        numbers = new Known(kind, number(connection, "call_kind", KIND, kind.values()), account);
        known.put(kind, numbers);
      }
      rows.add(new Row(call, numbers));
    }
    List<Row> added = add(connection, rows);
    addSums(connection, added);
    return added.size();
  }

  /** The number of a row with these values, which is made where there is none. */
  private static long number(Connection connection, String table, String columns, Object... values)
      throws SQLException {
    String find =
        "SELECT number FROM " + table + " WHERE " + columns.replace(", ", " = ? AND ") + " = ?";
    List<Long> found = Db.list(connection, find, row -> row.getLong(1), values);
    if (!found.isEmpty()) {
      return found.getFirst();
    }
    String add =
        "INSERT INTO %s (%s, number) SELECT %sCOALESCE(MAX(number), 0) + 1 FROM %s"
            .formatted(table, columns, "?, ".repeat(values.length), table);
    var _ = Db.update(connection, add, values);
    return Db.list(connection, find, row -> row.getLong(1), values).getFirst();
  }

  /** Almost always all are new, and a statement adds many of them; else each has its own. */
  private static List<Row> add(Connection connection, List<Row> rows) throws SQLException {
    Savepoint before = connection.setSavepoint();
    if (CALLS.add(connection, rows, Row::put) == rows.size()) {
      return rows;
    }
    connection.rollback(before);
    List<Row> added = new ArrayList<>();
    for (Row row : rows) {
      if (CALLS.add(connection, List.of(row), Row::put) == 1) {
        added.add(row);
      }
    }
    return added;
  }

  private static void addSums(Connection connection, List<Row> added) throws SQLException {
    Map<Sum, long[]> sums = new LinkedHashMap<>();
    for (Row row : added) {
      Settlement end = row.call.settlement();
      long[] sum =
          sums.computeIfAbsent(new Sum(row.known, row.call.call().day()), _ -> new long[5]);
      add(
          sum,
          1,
          end.promptTokens(),
          end.cachedTokens(),
          end.outputTokens(),
          row.call.charge().value());
    }
    Map<List<Object>, long[]> usage = new LinkedHashMap<>();
    Map<List<Object>, long[]> days = new LinkedHashMap<>();
    sums.forEach((of, sum) -> {
      Entry.Kind kind = of.known.kind;
      long day = of.day.epochDay();
      add(
          usage.computeIfAbsent(
              List.of(kind.account(), day, kind.spender(), kind.model()), _ -> new long[5]),
          sum);
      // One node alone leases all that is granted.
      long[] total = days.computeIfAbsent(List.of(kind.account(), day), _ -> new long[3]);
      total[0] = Math.addExact(total[0], sum[4]);
      total[1] = total[2] = Math.max(total[1], kind.granted());
    });
    USAGE.add(connection, List.copyOf(usage.entrySet()), LedgerTable::put);
    DAYS.add(connection, List.copyOf(days.entrySet()), LedgerTable::put);
  }

  private static void add(long[] to, long... more) {
    for (int i = 0; i < to.length; i++) {
      to[i] = Math.addExact(to[i], more[i]);
    }
  }

  private static void put(Map.Entry<List<Object>, long[]> sum, Rows.Values values)
      throws SQLException {
    for (Object part : sum.getKey()) {
      var _ = part instanceof Long number ? values.put(number) : values.put((String) part);
    }
    for (long figure : sum.getValue()) {
      values.put(figure);
    }
  }

  /** The balances of a day and those after it, with nothing held. */
  Map<AccountId, List<Balance>> balancesSince(Day first) throws SQLException {
    Map<DayKey, List<Balance.Line>> lines = new HashMap<>();
    Map<AccountId, List<Balance>> balances = new HashMap<>();
    db.list(
        "SELECT account, day, spender, SUM(charge) FROM usage_day WHERE day >= ?"
            + " GROUP BY account, day, spender ORDER BY account, day, spender",
        row ->
            lines
                .computeIfAbsent(dayKey(row), _ -> new ArrayList<>())
                .add(new Balance.Line(row.getString(3), new Nanos(row.getLong(4)), Nanos.ZERO)),
        first.epochDay());
    db.list(
        "SELECT account, day, granted, spent FROM allowance_day WHERE day >= ?"
            + " ORDER BY account, day",
        row -> {
          DayKey key = dayKey(row);
          Nanos granted = new Nanos(row.getLong(3));
          Nanos spent = new Nanos(row.getLong(4));
          return balances
              .computeIfAbsent(key.account, _ -> new ArrayList<>())
              .add(
                  new Balance(
                      key.day, granted, spent, Nanos.ZERO, lines.getOrDefault(key, List.of())));
        },
        first.epochDay());
    return balances;
  }

  private static DayKey dayKey(ResultSet row) throws SQLException {
    return new DayKey(new AccountId(row.getString(1)), new Day(row.getLong(2)));
  }

  /**
   * Sums the usage of an account, whether or not the single rows are still there.
   *
   * @param from the first day
   * @param to the last day
   * @param by what the groups have in common; empty for one sum over all
   * @return the groups in order of day, model and key; none where there was no call
   */
  public List<Usage> usage(AccountId account, Day from, Day to, Set<By> by) throws SQLException {
    Map<By, String> columns = Map.of(By.DAY, "day", By.MODEL, "model", By.KEY, "spender");
    String group =
        by.stream().sorted().map(each -> columns.get(each)).collect(Collectors.joining(", "));
    String tail = group.isEmpty() ? "" : " GROUP BY " + group + " ORDER BY " + group;
    String sql =
        "SELECT "
            + (by.contains(By.DAY) ? "day" : "NULL")
            + (by.contains(By.MODEL) ? ", model" : ", NULL")
            + (by.contains(By.KEY) ? ", spender" : ", NULL")
            + ", SUM(calls), SUM(prompt_tokens), SUM(cached_tokens), SUM(output_tokens),"
            + " SUM(charge) FROM usage_day WHERE account = ? AND day >= ? AND day <= ?"
            + tail;
    List<Usage> sums =
        db.list(
            sql,
            row ->
                new Usage(
                    by.contains(By.DAY) ? new Day(row.getLong(1)) : null,
                    row.getString(2),
                    row.getString(3),
                    row.getLong(4),
                    row.getLong(5),
                    row.getLong(6),
                    row.getLong(7),
                    new Nanos(row.getLong(8))),
            account.value(),
            from.epochDay(),
            to.epochDay());
    // Without groups SQL sums up nothing to one row.
    sums.removeIf(sum -> sum.calls == 0);
    return sums;
  }

  /**
   * The calls of an account, the newest first.
   *
   * @param fromMillis admitted at or after this moment
   * @param toMillis admitted before this moment
   * @param cursor the end of the page before; null for the first page
   * @param limit the most rows of a page
   */
  public List<Entry.Settled> calls(
      AccountId account, long fromMillis, long toMillis, @Nullable Cursor cursor, int limit)
      throws SQLException {
    Cursor before = cursor == null ? new Cursor(toMillis, "") : cursor;
    return db.list(
        "SELECT call.*, k.* FROM call JOIN call_kind k ON k.number = call.kind"
            + " WHERE call.account = (SELECT number FROM billed_account WHERE account = ?)"
            + " AND admitted_at >= ? AND admitted_at <= ? AND (admitted_at < ? OR id < ?)"
            + " ORDER BY admitted_at DESC, id DESC LIMIT "
            + Math.max(0, limit),
        LedgerTable::call,
        account.value(),
        fromMillis,
        before.admittedMillis,
        before.admittedMillis,
        before.callId);
  }

  private static Entry.Settled call(ResultSet rows) throws SQLException {
    Entry.Admitted call =
        new Entry.Admitted(
            rows.getString("id"),
            new AccountId(rows.getString(14)),
            rows.getString("spender"),
            new Day(rows.getLong("day")),
            rows.getString("model"),
            rows.getLong("input_price"),
            rows.getLong("cached_price"),
            rows.getLong("output_price"),
            new Nanos(rows.getLong("granted")),
            new Nanos(rows.getLong("held")),
            rows.getLong("admitted_at"));
    Settlement end =
        new Settlement(
            rows.getString("provider"),
            rows.getLong("prompt_tokens"),
            rows.getLong("cached_tokens"),
            rows.getLong("output_tokens"),
            new Nanos(rows.getLong("cost")),
            Basis.valueOf(rows.getString("basis").toUpperCase(Locale.ROOT)),
            Ended.valueOf(rows.getString("ended").toUpperCase(Locale.ROOT)),
            rows.getLong("clamped") != 0,
            rows.getLong("flagged") != 0);
    return new Entry.Settled(
        call, end, new Nanos(rows.getLong("charge")), rows.getLong("settled_at"));
  }

  /**
   * Deletes the rows of days before {@code first}; the sums of those days stay. One transaction per
   * account, so that posting never waits long.
   *
   * @return how many rows went
   */
  public long deleteCallsBefore(Day first) throws SQLException {
    List<Long> accounts = db.list("SELECT number FROM billed_account", row -> row.getLong(1));
    long deleted = 0;
    for (long account : accounts) {
      deleted +=
          db.write(connection ->
              Db.update(
                  connection,
                  "DELETE FROM call WHERE account = ? AND admitted_at < ?",
                  account,
                  first.startEpochMillis()));
    }
    return deleted;
  }
}
