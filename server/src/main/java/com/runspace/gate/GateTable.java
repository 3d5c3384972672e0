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
import java.util.ArrayList;
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
                  + " as_of BIGINT NOT NULL, PRIMARY KEY (token, account))"));

  private static final String PUT =
      "INSERT INTO gate_balance (round_id, wallet, account, raw) VALUES (?, ?, ?, ?)"
          + " ON CONFLICT (round_id, wallet) DO NOTHING";

  /** On this the nodes of a store hear of what one of them has read. */
  static final String TOPIC = "gate";

  /** Told when there are other rounds, or other rows in them. */
  static final String ROUNDS = "rounds";

  /** Told when something else counts for an account. */
  private static final String FOUND = "found";

  /** What a wallet held in a round, and for whom. */
  record Row(long round, Address wallet, AccountId account, BigInteger raw) {}

  /** What was last found to count for an account, of one token. */
  record Found(BigInteger effective, Instant asOf) {}

  private final Db db;

  /**
   * Brings the tables up to date.
   *
   * @throws SQLException also when a newer version has written them
   */
  GateTable(Db db) throws SQLException {
    this.db = db;
    db.migrate("gate", STEPS);
  }

  /**
   * Keeps a round with its rows; all or nothing.
   *
   * @param rows of this round, whatever round they name
   */
  Round addRound(String token, Instant at, long number, String hash, Collection<Row> rows)
      throws SQLException {
    return db.write(connection -> {
      Round round = new Round(nextId(connection), at, number, hash);
      update(
          connection,
          "INSERT INTO gate_round (id, token, at, number, hash) VALUES (?, ?, ?, ?, ?)",
          round.id(),
          token,
          at.toEpochMilli(),
          number,
          hash);
      put(connection, rows, round.id());
      db.announce(connection, TOPIC, ROUNDS);
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
    db.write(connection -> {
      db.announce(connection, TOPIC, ROUNDS);
      return put(connection, rows, null);
    });
  }

  /** Puts another block in the place of a round's, with other amounts. */
  void replace(Round round, Collection<Row> rows) throws SQLException {
    db.write(connection -> {
      update(
          connection,
          "UPDATE gate_round SET number = ?, hash = ? WHERE id = ?",
          round.number(),
          round.hash(),
          round.id());
      update(connection, "DELETE FROM gate_balance WHERE round_id = ?", round.id());
      db.announce(connection, TOPIC, ROUNDS);
      return put(connection, rows, round.id());
    });
  }

  private static int put(Connection connection, Collection<Row> rows, @Nullable Long round)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(PUT)) {
      for (Row row : rows) {
        set(
            statement,
            round == null ? row.round : round,
            row.wallet.text(),
            row.account.value(),
            row.raw.toString());
        statement.addBatch();
      }
      return statement.executeBatch().length;
    }
  }

  /** The rounds of a token, ascending. */
  List<Round> rounds(String token) throws SQLException {
    return db.read(connection -> {
      List<Round> rounds = new ArrayList<>();
      try (PreparedStatement statement =
          connection.prepareStatement(
              "SELECT id, at, number, hash FROM gate_round WHERE token = ? ORDER BY at, id")) {
        set(statement, token);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            rounds.add(
                new Round(
                    rows.getLong(1),
                    Instant.ofEpochMilli(rows.getLong(2)),
                    rows.getLong(3),
                    rows.getString(4)));
          }
        }
      }
      return rounds;
    });
  }

  /** What wallets held in the rounds of a token. */
  List<Row> rows(String token, Namespace namespace) throws SQLException {
    return db.read(connection -> {
      List<Row> list = new ArrayList<>();
      try (PreparedStatement statement =
          connection.prepareStatement(
              "SELECT b.round_id, b.wallet, b.account, b.raw FROM gate_balance b"
                  + " JOIN gate_round r ON r.id = b.round_id WHERE r.token = ?")) {
        set(statement, token);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            list.add(
                new Row(
                    rows.getLong(1),
                    new Address(namespace, rows.getString(2)),
                    new AccountId(rows.getString(3)),
                    new BigInteger(rows.getString(4))));
          }
        }
      }
      return list;
    });
  }

  /** Deletes the rounds of a token before a moment, with their rows. */
  void deleteBefore(String token, Instant moment) throws SQLException {
    db.write(connection -> {
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
      db.announce(connection, TOPIC, FOUND);
      try (PreparedStatement statement =
          connection.prepareStatement(
              "INSERT INTO gate_entitlement (token, account, effective, as_of) VALUES (?, ?, ?, ?)"
                  + " ON CONFLICT (token, account) DO UPDATE SET effective = excluded.effective,"
                  + " as_of = excluded.as_of")) {
        for (Map.Entry<AccountId, Found> each : found.entrySet()) {
          set(
              statement,
              token,
              each.getKey().value(),
              each.getValue().effective.toString(),
              each.getValue().asOf.toEpochMilli());
          statement.addBatch();
        }
        return statement.executeBatch().length;
      }
    });
  }

  Map<AccountId, Found> found(String token) throws SQLException {
    return db.read(connection -> {
      Map<AccountId, Found> found = new HashMap<>();
      try (PreparedStatement statement =
          connection.prepareStatement(
              "SELECT account, effective, as_of FROM gate_entitlement WHERE token = ?")) {
        set(statement, token);
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            found.put(
                new AccountId(rows.getString(1)),
                new Found(
                    new BigInteger(rows.getString(2)), Instant.ofEpochMilli(rows.getLong(3))));
          }
        }
      }
      return found;
    });
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
