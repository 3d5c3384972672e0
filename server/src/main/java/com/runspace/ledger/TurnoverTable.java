package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import java.sql.SQLException;
import java.util.List;

/** What a day came to over all accounts, for who runs the service. All of it blocks. */
public final class TurnoverTable {
  private final Db db;

  /** Reads the tables that {@link LedgerTable} has made. */
  public TurnoverTable(Db db) {
    this.db = db;
  }

  /**
   * What was sold of one model through one provider.
   *
   * @param uncached input tokens that were not read from a cache
   */
  public record Sold(
      String provider,
      String model,
      long calls,
      long uncached,
      long cached,
      long output,
      Nanos charge) {}

  /** What one account was charged. */
  public record Account(String name, long calls, Nanos charge) {}

  /** What was sold on a day, by provider and model. */
  public List<Sold> sold(Day day) throws SQLException {
    // By way of who called at all that day, since calls are found by account and time.
    return db.list(
        "SELECT k.provider, k.model, COUNT(*), SUM(c.prompt_tokens - c.cached_tokens),"
            + " SUM(c.cached_tokens), SUM(c.output_tokens), SUM(c.charge) FROM allowance_day a"
            + " JOIN billed_account b ON b.account = a.account"
            + " JOIN call c ON c.account = b.number AND c.admitted_at >= ?"
            + " JOIN call_kind k ON k.number = c.kind WHERE a.day = ? AND c.day = ?"
            + " GROUP BY k.provider, k.model ORDER BY k.provider, k.model",
        row ->
            new Sold(
                row.getString(1),
                row.getString(2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getLong(6),
                new Nanos(row.getLong(7))),
        day.startEpochMillis(),
        day.epochDay(),
        day.epochDay());
  }

  /** The accounts that were charged most on a day. */
  public List<Account> busiest(Day day, int most) throws SQLException {
    return db.list(
        "SELECT account, SUM(calls), SUM(charge) FROM usage_day WHERE day = ?"
            + " GROUP BY account ORDER BY SUM(charge) DESC, account LIMIT "
            + Math.max(0, most),
        row -> new Account(row.getString(1), row.getLong(2), new Nanos(row.getLong(3))),
        day.epochDay());
  }
}
