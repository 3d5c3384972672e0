package com.runspace.ledger;

import com.runspace.base.Db;
import com.runspace.base.Rows;
import com.runspace.journal.Entry;
import com.runspace.journal.Settlement;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Writes settled calls of one node into the tables of {@link LedgerTable}: a batch is a
 * transaction. Nodes write beside each other; all write in the same order, so that none waits for
 * one that waits for it.
 */
final class Posting {
  private static final String UNIQUE_VIOLATION = "23505";

  private static final String KIND =
      "account, spender, model, provider, input_price, cached_price, output_price, granted,"
          + " basis, ended, clamped, flagged";

  private static final Rows CALLS =
      new Rows("INSERT INTO call {} ON CONFLICT (account, admitted_at, id) DO NOTHING", 12);

  private static final Rows USAGE =
      new Rows(
          "INSERT INTO usage_day {} ON CONFLICT (account, day, spender, model, node) DO UPDATE SET"
              + " calls = usage_day.calls + excluded.calls,"
              + " prompt_tokens = usage_day.prompt_tokens + excluded.prompt_tokens,"
              + " cached_tokens = usage_day.cached_tokens + excluded.cached_tokens,"
              + " output_tokens = usage_day.output_tokens + excluded.output_tokens,"
              + " charge = usage_day.charge + excluded.charge",
          10);

  private static final Rows GRANTED =
      new Rows(
          "INSERT INTO allowance_day (account, day, granted) {}"
              + " ON CONFLICT (day, account) DO UPDATE SET granted = excluded.granted"
              + " WHERE excluded.granted > allowance_day.granted",
          3);

  /** As much is remembered at the most of what is in the store already. */
  private static final int KNOWN_MAX = 20_000;

  private final Db db;
  private final long node;
  private final LedgerTable.Fence fence;
  private final Map<Entry.Kind, Known> known = recent();
  private final Map<BilledDay, Long> granted = recent();

  Posting(Db db, long node, LedgerTable.Fence fence) {
    this.db = db;
    this.node = node;
    this.fence = fence;
  }

  /** Forgets first what was asked for longest ago. */
  private static <K, V> Map<K, V> recent() {
    return new LinkedHashMap<>(16, 0.75f, /* accessOrder= */ true) {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > KNOWN_MAX;
      }
    };
  }

  /** A kind with the numbers that stand for it, and for its account, in the rows of calls. */
  private record Known(Entry.Kind kind, long number, long account) {
    // Each call is summed by it; the number alone tells kinds apart.
    @Override
    public int hashCode() {
      return Long.hashCode(number);
    }
  }

  private record BilledDay(String account, long day) implements Comparable<BilledDay> {
    private static final Comparator<BilledDay> ORDER =
        Comparator.comparingLong(BilledDay::day).thenComparing(BilledDay::account);

    @Override
    public int compareTo(BilledDay other) {
      return ORDER.compare(this, other);
    }
  }

  private record Row(Entry.Settled call, Known known) {
    /** The order of the table's key. */
    private static final Comparator<Row> ORDER =
        Comparator.<Row>comparingLong(row -> row.known.account)
            .thenComparingLong(row -> row.call.call().admittedMillis())
            .thenComparing(row -> row.call.call().callId());

    void put(Rows.Values values) throws SQLException {
      Entry.Admitted begin = call.call();
      Settlement end = call.settlement();
      values.put(known.account).put(begin.admittedMillis()).put(begin.callId());
      values.put(known.number).put(begin.day().epochDay()).put(begin.held().value());
      values.put(end.promptTokens()).put(end.cachedTokens()).put(end.outputTokens());
      values.put(end.cost().value()).put(call.charge().value()).put(call.settledMillis());
    }
  }

  /** The calls of one kind of use, summed up. */
  private static final class Sum {
    private static final Comparator<Sum> ORDER =
        Comparator.<Sum, String>comparing(sum -> sum.kind.account())
            .thenComparingLong(sum -> sum.day)
            .thenComparing(sum -> sum.kind.spender())
            .thenComparing(sum -> sum.kind.model());

    private final Entry.Kind kind;
    private final long day;
    private final long[] figures = new long[5];

    Sum(Entry.Kind kind, long day) {
      this.kind = kind;
      this.day = day;
    }

    void add(long... more) {
      for (int i = 0; i < figures.length; i++) {
        figures[i] = Math.addExact(figures[i], more[i]);
      }
    }

    void put(long node, Rows.Values values) throws SQLException {
      values.put(kind.account()).put(day).put(kind.spender()).put(kind.model()).put(node);
      for (long figure : figures) {
        values.put(figure);
      }
    }
  }

  /**
   * Adds calls, in one transaction. Calls that are there already stay as they are and count once.
   *
   * @return how many were new
   */
  synchronized int post(List<Entry.Settled> calls) throws SQLException {
    // What a transaction has learned holds only when it was kept; it may be run more than once.
    Attempt[] last = new Attempt[1];
    int added =
        db.writeBeside(connection -> {
          fence.check(connection);
          last[0] = new Attempt(connection);
          return last[0].post(calls);
        });
    known.putAll(last[0].numbered);
    granted.putAll(last[0].raised);
    return added;
  }

  /** One transaction. */
  private final class Attempt {
    private final Connection connection;
    private final Map<Entry.Kind, Known> numbered = new HashMap<>();
    private final Map<BilledDay, Long> raised = new HashMap<>();

    Attempt(Connection connection) {
      this.connection = connection;
    }

    int post(List<Entry.Settled> calls) throws SQLException {
      List<Row> rows = new ArrayList<>(calls.size());
      for (Entry.Settled call : calls) {
        rows.add(new Row(call, known(Entry.Kind.of(call))));
      }
      rows.sort(Row.ORDER);
      List<Row> added = add(rows);
      addSums(added);
      addGranted(added);
      return added.size();
    }

    private Known known(Entry.Kind kind) throws SQLException {
      Known before = known.get(kind);
      Known found = before == null ? numbered.get(kind) : before;
      if (found == null) {
        long account = number("billed_account", "account", kind.account());
        found = new Known(kind, number("call_kind", KIND, kind.values()), account);
        numbered.put(kind, found);
      }
      return found;
    }

    /** The number of a row with these values, which is made where there is none. */
    private long number(String table, String columns, Object... values) throws SQLException {
      String find =
          "SELECT number FROM " + table + " WHERE " + columns.replace(", ", " = ? AND ") + " = ?";
      Long number = found(find, values);
      if (number == null) {
        // Another node may make the same row, or take the same number for one of its own.
        db.alone(connection, "ledger numbers");
        number = found(find, values);
      }
      if (number == null) {
        String add =
            "INSERT INTO %s (%s, number) SELECT %sCOALESCE(MAX(number), 0) + 1 FROM %s"
                .formatted(table, columns, "?, ".repeat(values.length), table);
        var _ = Db.update(connection, add, values);
        number = found(find, values);
      }
      if (number == null) {
        throw new SQLException("no number was given in " + table);
      }
      return number;
    }

    private @Nullable Long found(String find, Object... values) throws SQLException {
      List<Long> found = Db.list(connection, find, row -> row.getLong(1), values);
      return found.isEmpty() ? null : found.getFirst();
    }

    /** Almost always all are new, and a statement adds many of them; else each has its own. */
    private List<Row> add(List<Row> rows) throws SQLException {
      Savepoint before = connection.setSavepoint();
      if (addAll(rows)) {
        return rows;
      }
      connection.rollback(before);
      List<Row> added = new ArrayList<>();
      for (Row row : rows) {
        if (CALLS.update(connection, List.of(row), Row::put) == 1) {
          added.add(row);
        }
      }
      return added;
    }

    /** Whether all were new. */
    private boolean addAll(List<Row> rows) throws SQLException {
      if (!db.isShared()) {
        return CALLS.update(connection, rows, Row::put) == rows.size();
      }
      try {
        return Rows.copy(connection, "call", CALLS.columns(), rows, Row::put) == rows.size();
      } catch (SQLException fault) {
        if (UNIQUE_VIOLATION.equals(fault.getSQLState())) {
          return false;
        }
        throw fault;
      }
    }

    private void addSums(List<Row> added) throws SQLException {
      Map<List<Object>, Sum> sums = new HashMap<>();
      // By kind first, since that is cheap to ask for and there are few.
      record KindDay(Known known, long day) {}
      Map<KindDay, Sum> ofKinds = new HashMap<>();
      for (Row row : added) {
        long day = row.call.call().day().epochDay();
        Entry.Kind kind = row.known.kind;
        Sum sum =
            ofKinds.computeIfAbsent(
                new KindDay(row.known, day),
                _ ->
                    sums.computeIfAbsent(
                        List.of(kind.account(), day, kind.spender(), kind.model()),
                        _ -> new Sum(kind, day)));
        Settlement end = row.call.settlement();
        sum.add(
            1,
            end.promptTokens(),
            end.cachedTokens(),
            end.outputTokens(),
            row.call.charge().value());
      }
      List<Sum> ordered = sorted(sums.values());
      USAGE.update(connection, ordered, (sum, values) -> sum.put(node, values));
    }

    private static List<Sum> sorted(Collection<Sum> sums) {
      return sums.stream().sorted(Sum.ORDER).toList();
    }

    /** The highest grant of a day, where it is not there yet. */
    private void addGranted(List<Row> added) throws SQLException {
      SequencedMap<BilledDay, Long> higher = new TreeMap<>();
      for (Row row : added) {
        Entry.Kind kind = row.known.kind;
        BilledDay day = new BilledDay(kind.account(), row.call.call().day().epochDay());
        Long there = granted.get(day);
        if (there == null || there < kind.granted()) {
          higher.merge(day, kind.granted(), Math::max);
        }
      }
      GRANTED.update(
          connection,
          List.copyOf(higher.entrySet()),
          (each, values) ->
              values.put(each.getKey().account).put(each.getKey().day).put(each.getValue()));
      raised.putAll(higher);
    }
  }
}
