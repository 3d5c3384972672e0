package com.runspace.cluster;

import com.runspace.base.Db;
import com.runspace.cluster.LeaseStore.Fenced;
import com.runspace.cluster.LeaseStore.Subject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** The nodes of the store, and what becomes of the leases of one that is gone. All of it blocks. */
public final class NodeTable {
  private static final List<List<String>> STEPS = Db.steps(NodeTable.class, "schema-1.sql");

  /** A node's leases have not run out yet, so it may still be using them. */
  public static final class StillLeased extends SQLException {
    private static final long serialVersionUID = 1L;

    StillLeased(long millis) {
      super("the node may use what it has for another " + Math.ceilDiv(millis, 1_000L) + " s");
    }
  }

  private static final long MINUTE_MILLIS = 60_000;

  private final Db db;

  /**
   * Brings the tables up to date.
   *
   * @throws SQLException also when a newer version has written them
   */
  public NodeTable(Db db) throws SQLException {
    this.db = db;
    db.migrate("cluster", STEPS);
  }

  /**
   * Begins a new epoch of a node, which is made known when it was not. Whatever an earlier process
   * of it still wants to write is refused from now on. What it has of days stays its own.
   *
   * @param id a UUID
   * @throws Fenced when the node was given up
   */
  public Node register(String id, String name) throws SQLException {
    return db.write(connection -> {
      Optional<Node> known = find(connection, id);
      if (known.isPresent() && known.get().isForgotten()) {
        throw new Fenced(
            "this node ("
                + id
                + ") was given up with `node forget`, and what its journal had not posted with it."
                + " To start anew here, remove the files node and journal from the data folder");
      }
      long now = db.nowMillis(connection);
      long expires = now + Leases.LEASE_MILLIS;
      if (known.isPresent()) {
        awaitPostings(db, connection, known.get().number());
        var _ =
            Db.update(
                connection,
                "UPDATE node SET epoch = epoch + 1, name = ?, seen_at = ?, expires_at = ?"
                    + " WHERE id = ?",
                name,
                now,
                expires,
                id);
        rest(connection, known.get().number(), now);
      } else {
        var _ =
            Db.update(
                connection,
                "INSERT INTO node (number, id, epoch, name, seen_at, expires_at)"
                    + " SELECT COALESCE(MAX(number), 0) + 1, ?, 1, ?, ?, ? FROM node",
                id,
                name,
                now,
                expires);
      }
      return find(connection, id).orElseThrow();
    });
  }

  /**
   * What a node had of limits of a key before it was started again. Calls that ran are over, so
   * their places are free. What it had of a minute's requests and tokens may have been used up just
   * now, so it counts for a minute more, under the negative number of the node, and until the time
   * in {@code used}.
   */
  private static void rest(Connection connection, long node, long now) throws SQLException {
    lock(connection, "node = ?", node);
    free(connection, "node = ? AND subject LIKE 'calls %'", node);
    free(connection, "node < 0 AND used <= ?", now);
    var _ =
        Db.update(
            connection,
            "INSERT INTO lease (subject, day, node, amount, used, wish)"
                + " SELECT subject, 0, -node, amount, CAST(? AS BIGINT), wish FROM lease"
                + " WHERE day = 0 AND node = ? ON CONFLICT (subject, day, node) DO UPDATE SET"
                + " amount = lease.amount + excluded.amount, used = excluded.used",
            now + MINUTE_MILLIS,
            node);
    var _ = Db.update(connection, "DELETE FROM lease WHERE day = 0 AND node = ?", node);
  }

  /** Locks the limits of such parts, so that what is read of them after it stays as it is. */
  private static void lock(Connection connection, String which, long value) throws SQLException {
    var _ =
        Db.update(
            connection,
            "UPDATE lease_total SET leased = leased WHERE day = 0 AND subject IN"
                + " (SELECT subject FROM lease WHERE day = 0 AND "
                + which
                + ")",
            value);
  }

  /** Frees parts that come free again. */
  private static void free(Connection connection, String which, long value) throws SQLException {
    lock(connection, which, value);
    String those = " FROM lease WHERE day = 0 AND " + which;
    var _ =
        Db.update(
            connection,
            "UPDATE lease_total SET leased = leased - (SELECT COALESCE(SUM(amount), 0)"
                + those
                + " AND lease.subject = lease_total.subject) WHERE day = 0 AND subject IN"
                + " (SELECT subject"
                + those
                + ")",
            value,
            value);
    var _ = Db.update(connection, "DELETE" + those, value);
  }

  /**
   * Until the transaction ends, nothing is posted of a node by others; what was being posted is in
   * the store. So nobody whose epoch is over is overtaken by its end in the middle of a posting.
   */
  static void awaitPostings(Db db, Connection connection, long node) throws SQLException {
    db.alone(connection, "postings of node " + node);
  }

  /**
   * Says that a node uses no lease and has posted all: for whoever has begun an epoch of it and let
   * no call in.
   */
  public void over(Node node) throws SQLException {
    var _ =
        db.write(connection ->
            Db.update(
                connection,
                "UPDATE node SET expires_at = seen_at WHERE number = ? AND epoch = ?",
                node.number(),
                node.epoch()));
  }

  /** When the node that is gone for longest was seen last, of those that may have calls to post. */
  static long longestGone(Connection connection) throws SQLException {
    return Db.list(
            connection,
            "SELECT COALESCE(MIN(seen_at), "
                + Long.MAX_VALUE
                + ") FROM node WHERE forgotten_at IS NULL AND expires_at > seen_at",
            row -> row.getLong(1))
        .getFirst();
  }

  /** The node of this id. */
  public Optional<Node> find(String id) throws SQLException {
    return db.read(connection -> find(connection, id));
  }

  private static Optional<Node> find(Connection connection, String id) throws SQLException {
    return Db.list(connection, "SELECT * FROM node WHERE id = ?", NodeTable::node, id).stream()
        .findFirst();
  }

  /** All nodes that ever were, in the order in which they came. */
  public List<Node> list() throws SQLException {
    return db.list("SELECT * FROM node ORDER BY number", NodeTable::node);
  }

  private static Node node(ResultSet row) throws SQLException {
    return new Node(
        row.getLong("number"),
        row.getString("id"),
        row.getLong("epoch"),
        row.getString("name"),
        row.getLong("seen_at"),
        row.getLong("expires_at"),
        row.getObject("forgotten_at") != null);
  }

  /** The store's own clock, in milliseconds since the epoch. */
  public long nowMillis() throws SQLException {
    return db.read(db::nowMillis);
  }

  /** What a node has of days. */
  public List<Held> held(long node) throws SQLException {
    return db.read(connection -> held(connection, node));
  }

  private static List<Held> held(Connection connection, long node) throws SQLException {
    return Db.list(
        connection,
        "SELECT subject, day, amount FROM lease WHERE node = ? AND day > 0 ORDER BY day, subject",
        row -> new Held(new Subject(row.getString(1), row.getLong(2)), row.getLong(3)),
        node);
  }

  /** What a node has of one limit. */
  public record Held(String subject, long day, long amount) {
    Held(Subject subject, long amount) {
      this(subject.name(), subject.day(), amount);
    }
  }

  /** What a node has charged of a limit, as far as it is posted. */
  @FunctionalInterface
  public interface Posted {
    /** Blocks; is asked while nothing of the node is being posted. */
    long charged(String subject, long day) throws SQLException;
  }

  /**
   * Lets go of what a node has of days beyond what it has posted, after its leases have run out.
   *
   * @param forget whether the node is given up, so that it can never post anything again
   * @return how many limits have more left for other nodes now
   * @throws StillLeased when it is too early
   */
  public int release(Node node, Posted posted, boolean forget) throws SQLException {
    return db.write(connection -> {
      awaitPostings(db, connection, node.number());
      long now = db.nowMillis(connection);
      // Locks its row: it may be renewing its leases just now.
      var _ =
          Db.update(
              connection, "UPDATE node SET seen_at = seen_at WHERE number = ?", node.number());
      Node present = find(connection, node.id()).orElse(node);
      if (present.expiresMillis() > now) {
        throw new StillLeased(present.expiresMillis() - now);
      }
      free(connection, "node = ?", node.number());
      int count = 0;
      for (Held held : held(connection, node.number())) {
        count += release(connection, node.number(), held, posted);
      }
      if (forget) {
        var _ =
            Db.update(
                connection,
                "UPDATE node SET epoch = epoch + 1, forgotten_at = ? WHERE number = ?",
                now,
                node.number());
      }
      return count;
    });
  }

  private static int release(Connection connection, long node, Held held, Posted posted)
      throws SQLException {
    long used = posted.charged(held.subject, held.day);
    long amount = Math.min(held.amount, used);
    var _ =
        Db.update(
            connection,
            "UPDATE lease SET amount = ?, used = ? WHERE subject = ? AND day = ? AND node = ?",
            amount,
            used,
            held.subject,
            held.day,
            node);
    if (amount == held.amount) {
      return 0;
    }
    return Db.update(
        connection,
        "UPDATE lease_total SET leased = leased - ? WHERE subject = ? AND day = ?",
        held.amount - amount,
        held.subject,
        held.day);
  }
}
