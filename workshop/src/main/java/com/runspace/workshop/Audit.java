package com.runspace.workshop;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** Compares what stands in the store with what the callers heard and what they were granted. */
final class Audit {
  private static final long MINUTE_MILLIS = 60_000;

  /** A row of the store, one for each admitted call. */
  record Row(
      String id,
      String account,
      String spender,
      long day,
      long prompt,
      long output,
      long charge,
      long held,
      String ended,
      String basis,
      long admittedMillis,
      long settledMillis) {
    boolean isCrashed() {
      return ended.equals("crashed");
    }
  }

  /** What a run came to. */
  record Sums(int sent, int heard, int rows, int crashed, long charged) {}

  /** The same for all accounts, in nano-dollars. */
  private final long allowance;

  private final Postgres store;
  private final Violations violations;
  private final Map<String, Crowd.Member> members = new HashMap<>();
  private final CountDownLatch over = new CountDownLatch(1);

  Audit(Postgres store, long allowance, Collection<Crowd.Member> all, Violations violations) {
    this.store = store;
    this.allowance = allowance;
    this.violations = violations;
    all.forEach(member -> members.put(member.key().id(), member));
  }

  /** Looks five times a second whether any sum has passed its limit, until {@link #rest}. */
  Thread watch() {
    return Thread.ofPlatform()
        .daemon()
        .name("watch")
        .start(() -> {
          boolean isOver = false;
          while (!isOver) {
            try (Connection connection = store.connect()) {
              while (!isOver) {
                sums(connection);
                isOver = over.await(200, TimeUnit.MILLISECONDS);
              }
            } catch (SQLException out) {
              // The store may be out on purpose; it is looked at again when it is back.
              isOver = over.getCount() == 0;
              LockSupport.parkNanos(500_000_000);
            } catch (InterruptedException stopped) {
              return;
            }
          }
        });
  }

  void rest() {
    over.countDown();
  }

  private void sums(Connection connection) throws SQLException {
    record Sum(String who, long day, long charge) {}
    String charged = ", day, CAST(SUM(charge) AS BIGINT) FROM usage_day GROUP BY ";
    Postgres.Row<Sum> each = row -> new Sum(row.getString(1), row.getLong(2), row.getLong(3));
    for (Sum sum : Postgres.list(connection, "SELECT account" + charged + "account, day", each)) {
      if (sum.charge > allowance) {
        over("account", sum.who, sum.charge, allowance);
      }
    }
    for (Sum sum : Postgres.list(connection, "SELECT spender" + charged + "spender, day", each)) {
      Crowd.Member member = members.get(sum.who);
      if (member != null && member.dailyCap() > 0 && sum.charge > member.dailyCap()) {
        over("key", sum.who, sum.charge, member.dailyCap());
      }
    }
    String leased =
        "SELECT t.subject, t.day, CAST(SUM(l.amount) - MAX(t.granted) AS BIGINT)"
            + " FROM lease_total t JOIN lease l ON l.subject = t.subject AND l.day = t.day"
            + " WHERE t.day > 0 GROUP BY t.subject, t.day HAVING SUM(l.amount) > MAX(t.granted)";
    for (Sum sum : Postgres.list(connection, leased, each)) {
      violations.add("more is leased of '" + sum.who + "' than granted, by " + sum.charge);
    }
  }

  private void over(String what, String who, long charged, long limit) {
    violations.add(
        "%s %s was charged %,d of %,d nano-dollars".formatted(what, who, charged, limit));
  }

  /** Looks at all, once every node has ended. */
  Sums close(List<Crowd.Made> calls) throws IOException {
    List<Row> rows = rows();
    Map<String, List<Row>> byId = rows.stream().collect(Collectors.groupingBy(Row::id));
    Set<String> heard = new HashSet<>();
    Map<String, Long> silent = new HashMap<>();
    for (Crowd.Made call : calls) {
      String id = call.heard().id();
      if (id == null) {
        silent.merge(call.member().key().id(), 1L, Long::sum);
      } else {
        heard.add(id);
        compare(call, byId.getOrDefault(id, List.of()));
      }
    }
    Map<String, Long> unheard = new TreeMap<>();
    for (Row row : rows) {
      if (!heard.contains(row.id)) {
        unheard.merge(row.spender, 1L, Long::sum);
      }
    }
    unheard.forEach((key, count) -> {
      if (count > silent.getOrDefault(key, 0L)) {
        violations.add(count + " rows of key " + key + " are of no call that was sent");
      }
    });
    byId.forEach((id, same) -> {
      if (same.size() > 1) {
        violations.add(same.size() + " rows of call " + id);
      }
    });
    check();
    totals(rows);
    members.values().forEach(member -> limits(member, rows));
    int crashed = (int) rows.stream().filter(Row::isCrashed).count();
    long charged = rows.stream().mapToLong(Row::charge).sum();
    return new Sums(calls.size(), heard.size(), rows.size(), crashed, charged);
  }

  /** Looks once at what was charged, leased and held; every node has ended. */
  void check() throws IOException {
    try (Connection connection = store.connect()) {
      sums(connection);
    } catch (SQLException e) {
      throw new IOException(e.getMessage(), e);
    }
    held();
  }

  private List<Row> rows() throws IOException {
    return store.list(
        "SELECT c.id, b.account, k.spender, c.day, c.prompt_tokens, c.output_tokens, c.charge,"
            + " c.held, k.ended, k.basis, c.admitted_at, c.settled_at FROM call c"
            + " JOIN call_kind k ON k.number = c.kind"
            + " JOIN billed_account b ON b.number = c.account",
        row ->
            new Row(
                row.getString(1).strip(),
                row.getString(2),
                row.getString(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                row.getLong(7),
                row.getLong(8),
                row.getString(9),
                row.getString(10),
                row.getLong(11),
                row.getLong(12)));
  }

  private void compare(Crowd.Made call, List<Row> rows) {
    String what = "call " + call.heard().id() + " (" + call.node().name() + ")";
    if (rows.size() != 1) {
      violations.add(what + " was answered and has " + rows.size() + " rows");
      return;
    }
    Row row = rows.getFirst();
    if (!row.spender.equals(call.member().key().id())
        || !row.account.equals(call.member().account())) {
      violations.add(what + " stands under another key or account: " + row);
    }
    ScriptedUpstream.Usage usage = call.heard().usage();
    if (!call.heard().isWhole() || usage == null) {
      return;
    }
    if (row.isCrashed()) {
      violations.add(what + " was heard to its end and stands as crashed");
    } else if (row.prompt != usage.prompt() || row.output != usage.output()) {
      violations.add(what + " told " + usage + " and stands as " + row);
    } else if (row.charge != Math.min(usage.cost(), row.held)) {
      violations.add(what + " cost " + usage.cost() + " and stands as " + row);
    }
    ScriptedUpstream.Usage sent = ScriptedUpstream.Usage.of(call.number(), usage.output());
    if (usage.prompt() != sent.prompt()) {
      violations.add(what + " was told the usage of another call");
    }
  }

  private void held() throws IOException {
    // What was used of a rate comes back with time, so a node cannot give it back before.
    String sql =
        "SELECT subject, STRING_AGG('node ' || node || ' ' || amount || ', used ' || used, '; ')"
            + " FROM lease WHERE day > 0 OR subject LIKE 'calls %' GROUP BY subject, day"
            + " HAVING SUM(amount - used) <> 0";
    List<String> held = store.list(sql, row -> row.getString(1) + ": " + row.getString(2));
    held.forEach(each -> violations.add("still held at the end: " + each));
    String odd =
        "SELECT t.subject FROM lease_total t LEFT JOIN lease l"
            + " ON l.subject = t.subject AND l.day = t.day GROUP BY t.subject, t.day"
            + " HAVING MAX(t.leased) <> COALESCE(SUM(l.amount), 0)";
    store
        .list(odd, row -> row.getString(1))
        .forEach(each -> violations.add("the parts of '" + each + "' are not its total"));
  }

  private void totals(List<Row> rows) throws IOException {
    long days = store.number("SELECT CAST(COALESCE(SUM(charge), 0) AS BIGINT) FROM usage_day");
    long calls = store.number("SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT) FROM usage_day");
    long charged = rows.stream().mapToLong(Row::charge).sum();
    if (days != charged || calls != rows.size()) {
      violations.add(
          "the days' sums are %,d in %,d calls, the rows' %,d in %,d"
              .formatted(days, calls, charged, rows.size()));
    }
  }

  private void limits(Crowd.Member member, List<Row> rows) {
    List<Row> own = rows.stream().filter(row -> row.spender.equals(member.key().id())).toList();
    if (member.perMinute() > 0) {
      // A limit may be used at once, and comes back evenly: at most two of them in a minute.
      long most = most(own, _ -> true, row -> row.admittedMillis + MINUTE_MILLIS);
      if (most > 2 * member.perMinute()) {
        violations.add(
            most
                + " calls in a minute with key "
                + member.key().id()
                + " of "
                + member.perMinute());
      }
    }
    if (member.atOnce() > 0) {
      // A call takes its place at most until its row says that it was settled.
      long most = most(own, row -> !row.isCrashed(), Row::settledMillis);
      if (most > member.atOnce()) {
        violations.add(
            most + " calls at once with key " + member.key().id() + " of " + member.atOnce());
      }
    }
  }

  /** The most rows that lie over one moment. */
  private static long most(List<Row> rows, Predicate<Row> counts, ToLongFunction<Row> end) {
    Map<Long, Long> changes = new TreeMap<>();
    for (Row row : rows) {
      if (counts.test(row) && end.applyAsLong(row) > row.admittedMillis) {
        changes.merge(row.admittedMillis, 1L, Long::sum);
        changes.merge(end.applyAsLong(row), -1L, Long::sum);
      }
    }
    long now = 0;
    long most = 0;
    for (long change : changes.values()) {
      now += change;
      most = Math.max(most, now);
    }
    return most;
  }
}
