package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Entry;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The history of calls in the store: a row per call, and sums per day that outlive the rows.
 *
 * <p>A call is posted once: its id is in the key, and sums grow only by rows that were really
 * added, in the same transaction. All of it blocks. The SQL is what SQLite and PostgreSQL share,
 * but for {@code WITHOUT ROWID}: else SQLite would keep a second tree with each id once more.
 */
public final class LedgerTable {
  private static final List<List<String>> STEPS =
      Db.steps(LedgerTable.class, "schema-1.sql", "schema-2.sql", "schema-3.sql");

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

  /** Whether a node may write at all. */
  @FunctionalInterface
  public interface Fence {
    /**
     * Is asked first in each transaction that posts.
     *
     * @throws SQLException when the node may not write any more
     */
    void check(Connection connection) throws SQLException;

    /** Calls since then may still be posted once more; milliseconds since the epoch. */
    default long postedBefore(Connection connection) throws SQLException {
      return Long.MAX_VALUE;
    }
  }

  /** So much of an account is deleted at once. */
  private static final long SLICE_MILLIS = 3_600_000;

  private static final long DAY_MILLIS = 24 * SLICE_MILLIS;

  private final Db db;
  private final long node;
  private final Fence fence;
  private final Posting posting;

  /**
   * The tables of one machine.
   *
   * @throws SQLException also when a newer version has written them
   */
  public LedgerTable(Db db) throws SQLException {
    this(db, 0, _ -> {});
  }

  /**
   * Brings the tables up to date.
   *
   * @param node the number of this node, whose calls are posted
   * @throws SQLException also when a newer version has written them
   */
  public LedgerTable(Db db, long node, Fence fence) throws SQLException {
    this.db = db;
    this.node = node;
    this.fence = fence;
    db.migrate("ledger", STEPS);
    posting = new Posting(db, node, fence);
  }

  private record DayKey(AccountId account, Day day, Nanos granted) {}

  /**
   * Adds calls, in one transaction. Calls that are there already stay as they are and count once.
   *
   * @return how many were new
   */
  int post(List<Entry.Settled> calls) throws SQLException {
    return posting.post(calls);
  }

  /**
   * What this node has charged of a limit that nodes share, as far as it is posted.
   *
   * @param subject as leases name it
   * @param day an epoch day
   */
  public long charged(String subject, long day) throws SQLException {
    DayShare.Owner owner = DayShare.Owner.of(subject);
    if (owner == null) {
      return 0;
    }
    String spender = owner.spender();
    String all =
        "SELECT COALESCE(SUM(charge), 0) FROM usage_day WHERE account = ? AND day = ? AND node = ?";
    String account = owner.account().value();
    List<Long> sums =
        spender == null
            ? db.list(all, row -> row.getLong(1), account, day, node)
            : db.list(all + " AND spender = ?", row -> row.getLong(1), account, day, node, spender);
    return sums.getFirst();
  }

  /** What this node has used of a day and those after it, with nothing held. */
  Map<AccountId, List<Balance>> balancesSince(Day first) throws SQLException {
    Map<DayKey, List<Balance.Line>> lines = new LinkedHashMap<>();
    db.list(
        "SELECT u.account, u.day, a.granted, u.spender, SUM(u.charge) FROM usage_day u"
            + " JOIN allowance_day a ON a.day = u.day AND a.account = u.account"
            + " WHERE u.day >= ? AND u.node = ?"
            + " GROUP BY u.account, u.day, a.granted, u.spender"
            + " ORDER BY u.account, u.day, u.spender",
        row ->
            lines
                .computeIfAbsent(dayKey(row), _ -> new ArrayList<>())
                .add(new Balance.Line(row.getString(4), new Nanos(row.getLong(5)), Nanos.ZERO)),
        first.epochDay(),
        node);
    Map<AccountId, List<Balance>> balances = new HashMap<>();
    lines.forEach((key, each) -> {
      Nanos used = each.stream().map(Balance.Line::used).reduce(Nanos.ZERO, Nanos::plus);
      balances
          .computeIfAbsent(key.account, _ -> new ArrayList<>())
          .add(new Balance(key.day, key.granted, used, Nanos.ZERO, each));
    });
    return balances;
  }

  private static DayKey dayKey(ResultSet row) throws SQLException {
    return new DayKey(
        new AccountId(row.getString(1)), new Day(row.getLong(2)), new Nanos(row.getLong(3)));
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
   * Deletes the rows of days before {@code first}; the sums of those days stay, and so do rows that
   * a node that is gone may post again. One transaction per account and hour, so that posting never
   * waits long, and each takes a moment.
   *
   * @param goesOn asked after each of them; when it says no, the rest stays for another time
   * @return how many rows went
   */
  public long deleteCallsBefore(Day first, BooleanSupplier goesOn) throws SQLException {
    // A call is known to be there by its row, until no journal can have it any more.
    long posted = db.read(fence::postedBefore);
    long end = Math.min(first.startEpochMillis(), posted - DAY_MILLIS);
    long deleted = 0;
    for (long account : db.list("SELECT number FROM billed_account", row -> row.getLong(1))) {
      for (Long oldest = oldest(account); oldest != null && oldest < end; ) {
        long until = Math.min(oldest + SLICE_MILLIS, end);
        deleted +=
            db.writeBeside(connection ->
                Db.update(
                    connection,
                    "DELETE FROM call WHERE account = ? AND admitted_at < ?",
                    account,
                    until));
        if (!goesOn.getAsBoolean()) {
          return deleted;
        }
        oldest = oldest(account);
      }
    }
    return deleted;
  }

  /** When the oldest call of an account was admitted; null when there is none. */
  private @Nullable Long oldest(long account) throws SQLException {
    String sql = "SELECT admitted_at FROM call WHERE account = ? ORDER BY admitted_at LIMIT 1";
    List<Long> found = db.list(sql, row -> row.getLong(1), account);
    return found.isEmpty() ? null : found.getFirst();
  }
}
