package com.runspace.cluster;

import com.runspace.base.Day;
import com.runspace.base.Db;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Leases in the store, as one epoch of one node works with them. All of it blocks. */
final class LeaseTable implements LeaseStore {
  /** Announced when a node needs what others may not need. */
  static final String WANTED = "wanted";

  /** Announced when a node has given back what another had needed. */
  static final String RETURNED = "returned";

  /** Takes the row of a limit, so that one node after another divides it. */
  private static final String TOTAL =
      "INSERT INTO lease_total (subject, day, granted, leased) VALUES (?, ?, ?, 0)"
          + " ON CONFLICT (subject, day) DO UPDATE SET granted = CASE"
          + " WHEN excluded.granted > lease_total.granted THEN excluded.granted"
          + " ELSE lease_total.granted END RETURNING granted, leased";

  private static final String ROWS =
      "SELECT l.node, l.amount, l.used, l.wish,"
          + " CASE WHEN l.node < 0 THEN l.used ELSE n.expires_at END FROM lease l"
          + " LEFT JOIN node n ON n.number = l.node WHERE l.subject = ? AND l.day = ?";

  private static final String KEEP =
      "INSERT INTO lease (subject, day, node, amount, used, wish) VALUES (?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT (subject, day, node) DO UPDATE SET"
          + " amount = excluded.amount, used = excluded.used, wish = excluded.wish";

  private final Db db;
  private final Node node;

  /** The tables are those that {@link NodeTable} has made. */
  LeaseTable(Db db, Node node) {
    this.db = db;
    this.node = node;
  }

  private record Total(long granted, long leased) {}

  private record Row(long node, long amount, long used, long wish, long expires) {}

  /**
   * Refuses what a process of an earlier start, or of a node that was given up, wants to write. For
   * the beginning of each transaction of the node.
   */
  void check(Connection connection) throws SQLException {
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
      long now = renew(connection);
      List<Outcome> outcomes = new ArrayList<>(wishes.size());
      for (Wish wish : wishes) {
        outcomes.add(settle(connection, wish, now));
      }
      return outcomes;
    });
  }

  private Outcome settle(Connection connection, Wish wish, long now) throws SQLException {
    String name = wish.subject().name();
    long day = wish.subject().day();
    Total total =
        Db.list(
                connection,
                TOTAL,
                row -> new Total(row.getLong(1), row.getLong(2)),
                name,
                day,
                wish.limit())
            .getFirst();
    long old = 0;
    long elsewhere = 0;
    long others = 0;
    for (Row row : rows(connection, name, day)) {
      if (row.node == node.number()) {
        old = row.amount;
        if (row.wish >= wish.number()) {
          throw new SQLException("a wish for " + name + " came behind a later one");
        }
      } else if (day == 0 && row.expires <= now) {
        drop(connection, name, row.node);
      } else {
        others = Math.addExact(others, row.amount);
        elsewhere = Math.addExact(elsewhere, row.node < 0 ? 0 : row.used);
      }
    }
    Division.Share share = Division.divide(wish, total.granted, others);
    long amount = share.amount();
    if (others + amount != total.leased) {
      var _ =
          Db.update(
              connection,
              "UPDATE lease_total SET leased = ? WHERE subject = ? AND day = ?",
              others + amount,
              name,
              day);
    }
    keep(connection, wish, amount);
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

  private void keep(Connection connection, Wish wish, long amount) throws SQLException {
    String name = wish.subject().name();
    long day = wish.subject().day();
    if (day == 0 && amount == 0) {
      drop(connection, name, node.number());
    } else {
      var _ =
          Db.update(connection, KEEP, name, day, node.number(), amount, wish.used(), wish.number());
    }
  }

  private static void drop(Connection connection, String name, long of) throws SQLException {
    var _ =
        Db.update(
            connection, "DELETE FROM lease WHERE subject = ? AND day = 0 AND node = ?", name, of);
  }

  private static List<Row> rows(Connection connection, String name, long day) throws SQLException {
    return Db.list(
        connection,
        ROWS,
        row ->
            new Row(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4), row.getLong(5)),
        name,
        day);
  }

  @Override
  public void forgetBefore(Day day) throws SQLException {
    var _ =
        db.write(connection -> {
          check(connection);
          String old = " WHERE day > 0 AND day < ?";
          return Db.update(connection, "DELETE FROM lease" + old, day.epochDay())
              + Db.update(connection, "DELETE FROM lease_total" + old, day.epochDay());
        });
  }
}
