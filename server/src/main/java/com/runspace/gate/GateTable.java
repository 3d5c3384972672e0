package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import com.runspace.gate.Rounds.Round;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Rounds, what wallets held in them, and what was last found for each account, in the store. All of
 * it blocks. Amounts are decimal text, since they have up to 256 bits. The SQL is what SQLite and
 * PostgreSQL share.
 */
final class GateTable {
  private static final List<List<String>> STEPS =
      List.of(
          List.of(
              "CREATE TABLE gate_round (id BIGINT PRIMARY KEY, token VARCHAR(200) NOT NULL,"
                  + " at BIGINT NOT NULL, number BIGINT NOT NULL, hash VARCHAR(100) NOT NULL)",
              "CREATE INDEX gate_round_by_token ON gate_round (token, at)",
              "CREATE TABLE gate_balance (round_id BIGINT NOT NULL, wallet VARCHAR(64) NOT NULL,"
                  + " account VARCHAR(255) NOT NULL, raw VARCHAR(80) NOT NULL,"
                  + " PRIMARY KEY (round_id, wallet))",
              "CREATE TABLE gate_entitlement (token VARCHAR(200) NOT NULL,"
                  + " account VARCHAR(255) NOT NULL, effective VARCHAR(80) NOT NULL,"
                  + " as_of BIGINT NOT NULL, PRIMARY KEY (token, account))"),
          List.of(
              "CREATE TABLE gate_change (reader BIGINT NOT NULL, version BIGINT NOT NULL)",
              "INSERT INTO gate_change (reader, version) VALUES (0, 0)",
              "ALTER TABLE gate_balance ADD COLUMN version BIGINT NOT NULL DEFAULT 0",
              "CREATE INDEX gate_balance_by_version ON gate_balance (version)",
              "ALTER TABLE gate_entitlement ADD COLUMN version BIGINT NOT NULL DEFAULT 0",
              "CREATE INDEX gate_entitlement_by_version ON gate_entitlement (version)"));

  private static final String PUT =
      "INSERT INTO gate_balance (round_id, wallet, account, raw, version) VALUES (?, ?, ?, ?, ?)"
          + " ON CONFLICT (round_id, wallet) DO NOTHING";

  /** On this the nodes of a store hear that one of them has written. */
  static final String TOPIC = "gate";

  /** What is older than all that is written. */
  static final long NOTHING = -1;

  /** What a wallet held in a round, and for whom. */
  record Row(long round, Address wallet, AccountId account, BigInteger raw) {}

  /** What was last found to count for an account, of one token. */
  record Found(BigInteger effective, Instant asOf) {}

  /**
   * What is written of a token, as of one moment.
   *
   * @param version names the moment; all that is written is of a higher one than what was before
   * @param rounds all, ascending
   * @param rows those that were written after the moment that was asked for, of any round
   * @param found what was found after it
   */
  record News(long version, List<Round> rounds, List<Row> rows, Map<AccountId, Found> found) {}

  private final Db db;

  /** Which reader of the chains this is; none before it has said that it is one. */
  private volatile long reader = NOTHING;

  /**
   * Brings the tables up to date.
   *
   * @throws SQLException also when a newer version has written them
   */
  GateTable(Db db) throws SQLException {
    this.db = db;
    db.migrate("gate", STEPS);
  }

  /** Whether other nodes may read and write what is here. */
  boolean isShared() {
    return db.isShared();
  }

  /**
   * Makes this the one that writes. What another still does that thought itself to be it fails from
   * now on, and what it has done can be read.
   */
  void take() throws SQLException {
    reader =
        db.write(connection -> {
          update(connection, "UPDATE gate_change SET reader = reader + 1");
          return Db.list(connection, "SELECT reader FROM gate_change", row -> row.getLong(1))
              .getFirst();
        });
  }

  /** The version of what is written in this transaction; throws where another has the turn. */
  private long written(Connection connection) throws SQLException {
    int mine =
        update(connection, "UPDATE gate_change SET version = version + 1 WHERE reader = ?", reader);
    if (mine == 0) {
      throw new SQLException("another node reads the chains now");
    }
    db.announce(connection, TOPIC, "written");
    return version(connection);
  }

  private static long version(Connection connection) throws SQLException {
    return Db.list(connection, "SELECT version FROM gate_change", row -> row.getLong(1)).getFirst();
  }

  /**
   * What was written after a moment.
   *
   * @param since the version of that moment, or {@link #NOTHING} for all there is
   * @return null when nothing was
   */
  @Nullable News news(String token, Namespace namespace, long since) throws SQLException {
    return db.read(connection -> {
      long version = version(connection);
      return version == since
          ? null
          : new News(
              version,
              rounds(connection, token),
              rows(connection, token, namespace, since),
              found(connection, token, since));
    });
  }

  /**
   * Keeps a round with its rows; all or nothing.
   *
   * @param rows of this round, whatever round they name
   */
  Round addRound(String token, Instant at, long number, String hash, Collection<Row> rows)
      throws SQLException {
    return db.write(connection -> {
      long version = written(connection);
      Round round = new Round(nextId(connection), at, number, hash);
      update(
          connection,
          "INSERT INTO gate_round (id, token, at, number, hash) VALUES (?, ?, ?, ?, ?)",
          round.id(),
          token,
          at.toEpochMilli(),
          number,
          hash);
      put(connection, rows, round.id(), version);
      return round;
    });
  }

  private static long nextId(Connection connection) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement("SELECT COALESCE(MAX(id), 0) + 1 FROM gate_round");
        ResultSet rows = statement.executeQuery()) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** Adds rows to rounds that are there. A wallet that has one in a round keeps it. */
  void fill(Collection<Row> rows) throws SQLException {
    if (!rows.isEmpty()) {
      db.write(connection -> put(connection, rows, null, written(connection)));
    }
  }

  /** Puts another block in the place of a round's, with other amounts. */
  void replace(Round round, Collection<Row> rows) throws SQLException {
    db.write(connection -> {
      long version = written(connection);
      update(
          connection,
          "UPDATE gate_round SET number = ?, hash = ? WHERE id = ?",
          round.number(),
          round.hash(),
          round.id());
      update(connection, "DELETE FROM gate_balance WHERE round_id = ?", round.id());
      return put(connection, rows, round.id(), version);
    });
  }

  private static int put(
      Connection connection, Collection<Row> rows, @Nullable Long round, long version)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PUT)) {
      for (Row row : rows) {
        set(
            statement,
            round == null ? row.round : round,
            row.wallet.text(),
            row.account.value(),
            row.raw.toString(),
            version);
        statement.addBatch();
      }
      return statement.executeBatch().length;
    }
  }

  /** The rounds of a token, ascending. */
  List<Round> rounds(String token) throws SQLException {
    return db.read(connection -> rounds(connection, token));
  }

  private static List<Round> rounds(Connection connection, String token) throws SQLException {
    return Db.list(
        connection,
        "SELECT id, at, number, hash FROM gate_round WHERE token = ? ORDER BY at, id",
        row ->
            new Round(
                row.getLong(1),
                Instant.ofEpochMilli(row.getLong(2)),
                row.getLong(3),
                row.getString(4)),
        token);
  }

  /** What wallets held in the rounds of a token. */
  List<Row> rows(String token, Namespace namespace) throws SQLException {
    return db.read(connection -> rows(connection, token, namespace, NOTHING));
  }

  private static List<Row> rows(
      Connection connection, String token, Namespace namespace, long since) throws SQLException {
    return Db.list(
        connection,
        "SELECT b.round_id, b.wallet, b.account, b.raw FROM gate_balance b"
            + " JOIN gate_round r ON r.id = b.round_id WHERE r.token = ? AND b.version > ?",
        row ->
            new Row(
                row.getLong(1),
                new Address(namespace, row.getString(2)),
                new AccountId(row.getString(3)),
                new BigInteger(row.getString(4))),
        token,
        since);
  }

  /** Deletes the rounds of a token before a moment, with their rows. */
  void deleteBefore(String token, Instant moment) throws SQLException {
    db.write(connection -> {
      var _ = written(connection);
      update(
          connection,
          "DELETE FROM gate_balance WHERE round_id IN"
              + " (SELECT id FROM gate_round WHERE token = ? AND at < ?)",
          token,
          moment.toEpochMilli());
      return update(
          connection,
          "DELETE FROM gate_round WHERE token = ? AND at < ?",
          token,
          moment.toEpochMilli());
    });
  }

  void saveFound(String token, Map<AccountId, Found> found) throws SQLException {
    db.write(connection -> {
      long version = written(connection);
      try (PreparedStatement statement =
          connection.prepareStatement(
              "INSERT INTO gate_entitlement (token, account, effective, as_of, version)"
                  + " VALUES (?, ?, ?, ?, ?)"
                  + " ON CONFLICT (token, account) DO UPDATE SET effective = excluded.effective,"
                  + " as_of = excluded.as_of, version = excluded.version")) {
        for (Map.Entry<AccountId, Found> each : found.entrySet()) {
          set(
              statement,
              token,
              each.getKey().value(),
              each.getValue().effective.toString(),
              each.getValue().asOf.toEpochMilli(),
              version);
          statement.addBatch();
        }
        return statement.executeBatch().length;
      }
    });
  }

  Map<AccountId, Found> found(String token) throws SQLException {
    return db.read(connection -> found(connection, token, NOTHING));
  }

  private static Map<AccountId, Found> found(Connection connection, String token, long since)
      throws SQLException {
    Map<AccountId, Found> found = new HashMap<>();
    Db.list(
            connection,
            "SELECT account, effective, as_of FROM gate_entitlement"
                + " WHERE token = ? AND version > ?",
            row ->
                Map.entry(
                    new AccountId(row.getString(1)),
                    new Found(
                        new BigInteger(row.getString(2)), Instant.ofEpochMilli(row.getLong(3)))),
            token,
            since)
        .forEach(each -> found.put(each.getKey(), each.getValue()));
    return found;
  }

  private static int update(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      set(statement, values);
      return statement.executeUpdate();
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
}
