package com.runspace.cluster;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Rows;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Leases in the store, as one epoch of one node works with them. All of it blocks. */
final class LeaseTable implements LeaseStore {
  /** Announced when a node needs what others may not need. */
  static final String WANTED = "wanted";

  /** Announced when a node has given back what another had needed. */
  static final String RETURNED = "returned";

  /**
   * Locks the rows of limits, also those it leaves alone, so that one node after another divides.
   */
  private static final Rows TAKE =
      new Rows(
          "INSERT INTO lease_total (subject, day, granted, leased) {}"
              + " ON CONFLICT (subject, day) DO UPDATE SET granted = excluded.granted"
              + " WHERE excluded.granted > lease_total.granted",
          4);

  /** What is leased of limits, a row for each node that has something, or one of nulls. */
  private static final Rows READ =
      new Rows(
          "SELECT t.subject, t.day, t.granted, t.leased, l.node, l.amount, l.used, l.wish,"
              + " CASE WHEN l.node < 0 THEN l.used ELSE n.expires_at END FROM ({}) AS given"
              + " JOIN lease_total t ON t.subject = given.column1 AND t.day = given.column2"
              + " LEFT JOIN lease l ON l.subject = t.subject AND l.day = t.day"
              + " LEFT JOIN node n ON n.number = l.node",
          2);

  private static final Rows KEEP_TOTAL =
      new Rows(
          "INSERT INTO lease_total (subject, day, granted, leased) {}"
              + " ON CONFLICT (subject, day) DO UPDATE SET leased = excluded.leased",
          4);

  private static final Rows KEEP =
      new Rows(
          "INSERT INTO lease (subject, day, node, amount, used, wish) {}"
              + " ON CONFLICT (subject, day, node) DO UPDATE SET"
              + " amount = excluded.amount, used = excluded.used, wish = excluded.wish",
          6);

  private final Db db;
  private final Node node;

  /** The tables are those that {@link NodeTable} has made. */
  LeaseTable(Db db, Node node) {
    this.db = db;
    this.node = node;
  }

  /** A limit, and what each node has of it. */
  private record Total(long granted, long leased, List<Row> rows) {}

  private record Row(long node, long amount, long used, long wish, long expires) {}

  /** What is to be written for a wish; {@code leased} is of all nodes together. */
  private record Kept(Wish wish, long granted, long leased, long amount) {}

  /**
   * Refuses what a process of an earlier start, or of a node that was given up, wants to write. For
   * the beginning of each transaction of the node; no epoch ends before the transaction does.
   */
  void check(Connection connection) throws SQLException {
    NodeTable.awaitPostings(db, connection, node.number());
    List<Long> epochs =
        Db.list(
            connection,
            "SELECT epoch FROM node WHERE number = ?",
            row -> row.getLong(1),
            node.number());
    if (epochs.isEmpty() || epochs.getFirst() != node.epoch()) {
      throw fenced();
    }
  }

  private Fenced fenced() {
    return new Fenced(
        "another process goes on as this node ("
            + node.id()
            + "), or it was given up: what this one writes is refused");
  }

  /** As {@link #check}, and the leases of the node are good for as long again. */
  private long renew(Connection connection) throws SQLException {
    long now = db.nowMillis(connection);
    int mine =
        Db.update(
            connection,
            "UPDATE node SET seen_at = ?, expires_at = ? WHERE number = ? AND epoch = ?",
            now,
            now + Leases.LEASE_MILLIS,
            node.number(),
            node.epoch());
    if (mine == 0) {
      throw fenced();
    }
    return now;
  }

  @Override
  public void renew() throws SQLException {
    var _ = db.writeBeside(this::renew);
  }

  @Override
  public List<Outcome> settle(List<Wish> wishes) throws SQLException {
    return db.writeBeside(connection -> {
      Settling settling = new Settling(connection, renew(connection));
      return settling.settle(wishes);
    });
  }

  /** One transaction, in as many statements for many wishes as for one. */
  private final class Settling {
    private final Connection connection;
    private final long now;
    private final List<Kept> kept = new ArrayList<>();
    private final List<Kept> changed = new ArrayList<>();

    Settling(Connection connection, long now) {
      this.connection = connection;
      this.now = now;
    }

    List<Outcome> settle(List<Wish> wishes) throws SQLException {
      TAKE.update(
          connection,
          wishes,
          (wish, values) -> put(wish.subject(), values).put(wish.limit()).put(0));
      Map<Subject, Total> totals = totals(wishes);
      List<Outcome> outcomes = new ArrayList<>(wishes.size());
      for (Wish wish : wishes) {
        Total total = totals.get(wish.subject());
        if (total == null) {
          throw new SQLException("no row of " + wish.subject());
        }
        outcomes.add(settle(wish, total));
      }
      KEEP_TOTAL.update(
          connection,
          changed,
          (each, values) -> put(each.wish.subject(), values).put(each.granted).put(each.leased));
      KEEP.update(
          connection,
          kept,
          (each, values) ->
              put(each.wish.subject(), values)
                  .put(node.number())
                  .put(each.amount)
                  .put(each.wish.used())
                  .put(each.wish.number()));
      return outcomes;
    }

    private static Rows.Values put(Subject subject, Rows.Values values) throws SQLException {
      return values.put(subject.name()).put(subject.day());
    }

    private Map<Subject, Total> totals(List<Wish> wishes) throws SQLException {
      Map<Subject, Total> totals = new HashMap<>();
      var _ =
          READ.list(
              connection,
              wishes,
              (wish, values) -> put(wish.subject(), values),
              row -> {
                Total total = new Total(row.getLong(3), row.getLong(4), new ArrayList<>());
                Subject subject = new Subject(row.getString(1), row.getLong(2));
                Total known = totals.putIfAbsent(subject, total);
                long of = row.getLong(5);
                return !row.wasNull() && (known == null ? total : known).rows.add(rowOf(of, row));
              });
      return totals;
    }

    private static Row rowOf(long node, ResultSet row) throws SQLException {
      return new Row(node, row.getLong(6), row.getLong(7), row.getLong(8), row.getLong(9));
    }

    private Outcome settle(Wish wish, Total total) throws SQLException {
      String name = wish.subject().name();
      long day = wish.subject().day();
      long old = 0;
      long elsewhere = 0;
      long others = 0;
      for (Row row : total.rows) {
        if (row.node == node.number()) {
          old = row.amount;
          if (row.wish >= wish.number()) {
            throw new SQLException("a wish for " + name + " came behind a later one");
          }
        } else if (day == 0 && row.expires <= now) {
          drop(name, row.node);
        } else {
          others = Math.addExact(others, row.amount);
          elsewhere = Math.addExact(elsewhere, row.node < 0 ? 0 : row.used);
        }
      }
      Division.Share share = Division.divide(wish, total.granted, others);
      long amount = share.amount();
      Kept keep = new Kept(wish, total.granted, others + amount, amount);
      if (keep.leased != total.leased) {
        changed.add(keep);
      }
      if (day == 0 && amount == 0) {
        drop(name, node.number());
      } else {
        kept.add(keep);
      }
      boolean met = share.given() >= wish.least();
      String who = node.number() + " " + day + " " + name;
      if (!met) {
        db.announce(connection, WANTED, who);
      }
      if (wish.wanted() && amount < old) {
        db.announce(connection, RETURNED, who);
      }
      return new Outcome(share.given(), elsewhere, met);
    }

    private void drop(String name, long of) throws SQLException {
      var _ =
          Db.update(
              connection, "DELETE FROM lease WHERE subject = ? AND day = 0 AND node = ?", name, of);
    }
  }

  @Override
  public void forgetBefore(Day day) throws SQLException {
    var _ =
        db.writeBeside(connection -> {
          // This node's clock may be wrong, and the others go on with the day.
          Day yesterday = Day.ofEpochMillis(db.nowMillis(connection)).previous();
          long first = Math.min(day.epochDay(), yesterday.epochDay());
          String old = " WHERE day > 0 AND day < ?";
          return Db.update(connection, "DELETE FROM lease" + old, first)
              + Db.update(connection, "DELETE FROM lease_total" + old, first);
        });
  }
}
