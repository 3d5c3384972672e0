package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.ledger.Settlement.Basis;
import com.runspace.ledger.Settlement.Ended;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The history of calls in the store: a row per call, and sums per day that outlive the rows.
 *
 * <p>A call is posted once: its id is the key, and sums grow only by rows that were really added,
 * in the same transaction. All of it blocks. The SQL is what SQLite and PostgreSQL share.
 */
public final class LedgerTable {
  private static final List<List<String>> STEPS =
      List.of(
          List.of(
              "CREATE TABLE call (id CHAR(32) PRIMARY KEY, account VARCHAR(255) NOT NULL,"
                  + " spender VARCHAR(255) NOT NULL, day INTEGER NOT NULL,"
                  + " model VARCHAR(255) NOT NULL, provider VARCHAR(64) NOT NULL,"
                  + " input_price BIGINT NOT NULL, cached_price BIGINT NOT NULL,"
                  + " output_price BIGINT NOT NULL, granted BIGINT NOT NULL, held BIGINT NOT NULL,"
                  + " prompt_tokens BIGINT NOT NULL, cached_tokens BIGINT NOT NULL,"
                  + " output_tokens BIGINT NOT NULL, cost BIGINT NOT NULL, charge BIGINT NOT NULL,"
                  + " basis VARCHAR(16) NOT NULL, ended VARCHAR(16) NOT NULL,"
                  + " clamped SMALLINT NOT NULL, flagged SMALLINT NOT NULL,"
                  + " admitted_at BIGINT NOT NULL, settled_at BIGINT NOT NULL)",
              "CREATE INDEX call_by_account ON call (account, admitted_at, id)",
              "CREATE TABLE allowance_day (account VARCHAR(255) NOT NULL, day INTEGER NOT NULL,"
                  + " granted BIGINT NOT NULL, leased BIGINT NOT NULL, spent BIGINT NOT NULL,"
                  + " PRIMARY KEY (day, account))",
              "CREATE TABLE usage_day (account VARCHAR(255) NOT NULL, day INTEGER NOT NULL,"
                  + " spender VARCHAR(255) NOT NULL, model VARCHAR(255) NOT NULL,"
                  + " calls BIGINT NOT NULL, prompt_tokens BIGINT NOT NULL,"
                  + " cached_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL,"
                  + " charge BIGINT NOT NULL, PRIMARY KEY (account, day, spender, model))",
              "CREATE INDEX usage_by_day ON usage_day (day)"));

  private static final String INSERT_CALL =
      "INSERT INTO call VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT (id) DO NOTHING";

  private static final String ADD_USAGE =
      "INSERT INTO usage_day VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT (account, day, spender, model) DO UPDATE SET"
          + " calls = usage_day.calls + excluded.calls,"
          + " prompt_tokens = usage_day.prompt_tokens + excluded.prompt_tokens,"
          + " cached_tokens = usage_day.cached_tokens + excluded.cached_tokens,"
          + " output_tokens = usage_day.output_tokens + excluded.output_tokens,"
          + " charge = usage_day.charge + excluded.charge";

  private static final String ADD_DAY =
      "INSERT INTO allowance_day (account, day, spent, granted, leased)"
          + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (day, account) DO UPDATE SET"
          + " granted = CASE WHEN excluded.granted > allowance_day.granted"
          + " THEN excluded.granted ELSE allowance_day.granted END,"
          + " leased = CASE WHEN excluded.leased > allowance_day.leased"
          + " THEN excluded.leased ELSE allowance_day.leased END,"
          + " spent = allowance_day.spent + excluded.spent";

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

  private final Db db;

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

  /**
   * Adds calls, in one transaction. Calls that are there already stay as they are and count once.
   *
   * @return how many were new
   */
  int post(List<Entry.Settled> calls) throws SQLException {
    return db.write(connection -> {
      int[] counts = batch(connection, INSERT_CALL, calls.stream().map(LedgerTable::values));
      Map<List<Object>, long[]> usage = new LinkedHashMap<>();
      Map<List<Object>, long[]> days = new LinkedHashMap<>();
      int added = 0;
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] == 1) {
          Entry.Admitted call = calls.get(i).call();
          Settlement end = calls.get(i).settlement();
          String account = call.account().value();
          long day = call.day().epochDay();
          long charge = calls.get(i).charge().value();
          usage.merge(
              List.of(account, day, call.spender(), call.model()),
              new long[] {1, end.promptTokens(), end.cachedTokens(), end.outputTokens(), charge},
              LedgerTable::add);
          // One node alone leases all that is granted.
          long granted = call.granted().value();
          days.merge(
              List.of(account, day),
              new long[] {charge, granted, granted},
              (one, two) ->
                  new long[] {
                    Math.addExact(one[0], two[0]),
                    Math.max(one[1], two[1]),
                    Math.max(one[2], two[2])
                  });
          added++;
        }
      }
      batch(connection, ADD_USAGE, usage.entrySet().stream().map(LedgerTable::values));
      batch(connection, ADD_DAY, days.entrySet().stream().map(LedgerTable::values));
      return added;
    });
  }

  private static long[] add(long[] one, long[] two) {
    long[] sum = new long[one.length];
    Arrays.setAll(sum, i -> Math.addExact(one[i], two[i]));
    return sum;
  }

  private static Object[] values(Map.Entry<List<Object>, long[]> sum) {
    return Stream.concat(sum.getKey().stream(), Arrays.stream(sum.getValue()).boxed()).toArray();
  }

  private static Object[] values(Entry.Settled row) {
    Entry.Admitted call = row.call();
    Settlement end = row.settlement();
    return new Object[] {
      call.callId(),
      call.account().value(),
      call.spender(),
      call.day().epochDay(),
      call.model(),
      end.provider(),
      call.inputPrice(),
      call.cachedPrice(),
      call.outputPrice(),
      call.granted().value(),
      call.held().value(),
      end.promptTokens(),
      end.cachedTokens(),
      end.outputTokens(),
      end.cost().value(),
      row.charge().value(),
      end.basis().name().toLowerCase(Locale.ROOT),
      end.ended().name().toLowerCase(Locale.ROOT),
      end.clamped() ? 1L : 0L,
      end.flagged() ? 1L : 0L,
      call.admittedMillis(),
      row.settledMillis()
    };
  }

  private static int[] batch(Connection connection, String sql, Stream<Object[]> rows)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (Object[] row : rows.toList()) {
        set(statement, row);
        statement.addBatch();
      }
      return statement.executeBatch();
    }
  }

  private static void set(PreparedStatement statement, Object... values) throws SQLException {
    for (int i = 0; i < values.length; i++) {
      if (values[i] instanceof Long number) {
        statement.setLong(i + 1, number);
      } else {
        statement.setString(i + 1, (String) values[i]);
      }
    }
  }

  /** The balances of a day and those after it, with nothing held. */
  Map<AccountId, List<Balance>> balancesSince(Day first) throws SQLException {
    Map<DayKey, List<Balance.Line>> lines = new HashMap<>();
    Map<AccountId, List<Balance>> balances = new HashMap<>();
    each(
        "SELECT account, day, spender, SUM(charge) FROM usage_day WHERE day >= ?"
            + " GROUP BY account, day, spender",
        row ->
            lines
                .computeIfAbsent(dayKey(row), _ -> new ArrayList<>())
                .add(new Balance.Line(row.getString(3), new Nanos(row.getLong(4)), Nanos.ZERO)),
        first.epochDay());
    each(
        "SELECT account, day, granted, spent FROM allowance_day WHERE day >= ?",
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

  @FunctionalInterface
  private interface Row<R extends @Nullable Object> {
    R of(ResultSet row) throws SQLException;
  }

  private <R> List<R> each(String sql, Row<R> mapper, Object... values) throws SQLException {
    return db.read(connection -> {
      List<R> list = new ArrayList<>();
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        set(statement, values);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            list.add(mapper.of(rows));
          }
        }
      }
      return list;
    });
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
        each(
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
    return each(
        "SELECT * FROM call WHERE account = ? AND admitted_at >= ? AND admitted_at <= ?"
            + " AND (admitted_at < ? OR id < ?) ORDER BY admitted_at DESC, id DESC LIMIT "
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
            new AccountId(rows.getString("account")),
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
    List<String> accounts =
        each("SELECT DISTINCT account FROM allowance_day", row -> row.getString(1));
    long deleted = 0;
    for (String account : accounts) {
      deleted +=
          db.write(connection -> {
            try (PreparedStatement statement =
                connection.prepareStatement(
                    "DELETE FROM call WHERE account = ? AND admitted_at < ?")) {
              set(statement, account, first.startEpochMillis());
              return statement.executeUpdate();
            }
          });
    }
    return deleted;
  }
}
