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
   * What a day's calls came to.
   *
   * @param name of a provider or an account
   * @param cost what providers ask; zero where it is not known by account
   */
  public record Turnover(String name, long calls, Nanos cost, Nanos charge) {}

  /** What each provider was asked for and costs on a day, the dearest first. */
  public List<Turnover> byProvider(Day day) throws SQLException {
    // By way of who called at all that day, since calls are found by account and time.
    return db.list(
        "SELECT k.provider, COUNT(*), SUM(c.cost), SUM(c.charge) FROM allowance_day a"
            + " JOIN billed_account b ON b.account = a.account"
            + " JOIN call c ON c.account = b.number AND c.admitted_at >= ?"
            + " JOIN call_kind k ON k.number = c.kind WHERE a.day = ? AND c.day = ?"
            + " GROUP BY k.provider ORDER BY SUM(c.charge) DESC, k.provider",
        row ->
            new Turnover(
                row.getString(1),
                row.getLong(2),
                new Nanos(row.getLong(3)),
                new Nanos(row.getLong(4))),
        day.startEpochMillis(),
        day.epochDay(),
        day.epochDay());
  }

  /** The accounts that were charged most on a day. */
  public List<Turnover> busiest(Day day, int most) throws SQLException {
    return db.list(
        "SELECT account, SUM(calls), SUM(charge) FROM usage_day WHERE day = ?"
            + " GROUP BY account ORDER BY SUM(charge) DESC, account LIMIT "
            + Math.max(0, most),
        row ->
            new Turnover(row.getString(1), row.getLong(2), Nanos.ZERO, new Nanos(row.getLong(3))),
        day.epochDay());
  }
}
