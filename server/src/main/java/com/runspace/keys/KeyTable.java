package com.runspace.keys;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Rows;
import com.runspace.keys.KeySecret.Hash;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All keys ever made, in the store: by the hash of their text, never the text. All of it blocks.
 * The SQL is what SQLite and PostgreSQL share.
 */
final class KeyTable {
  private static final List<List<String>> STEPS =
      List.of(
          List.of(
              "CREATE TABLE api_key (id VARCHAR(40) PRIMARY KEY, hash CHAR(64) NOT NULL UNIQUE,"
                  + " account VARCHAR(255) NOT NULL, name VARCHAR(100) NOT NULL,"
                  + " hint CHAR(4) NOT NULL, doors VARCHAR(64) NOT NULL, models TEXT NOT NULL,"
                  + " daily_cap BIGINT, requests_per_minute BIGINT NOT NULL,"
                  + " tokens_per_minute BIGINT NOT NULL, concurrent_calls BIGINT NOT NULL,"
                  + " created_at BIGINT NOT NULL, expires_at BIGINT, last_used_at BIGINT,"
                  + " revoked_at BIGINT)",
              "CREATE INDEX api_key_by_account ON api_key (account, created_at)"),
          List.of("ALTER TABLE api_key ADD COLUMN kind VARCHAR(8) NOT NULL DEFAULT 'KEY'"));

  private static final String INSERT =
      "INSERT INTO api_key (id, hash, account, name, hint, doors, models, daily_cap,"
          + " requests_per_minute, tokens_per_minute, concurrent_calls, created_at, expires_at,"
          + " last_used_at, revoked_at, kind)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private static final Rows LAST_USED =
      new Rows(
          "UPDATE api_key SET last_used_at = given.column2 FROM ({}) AS given"
              + " WHERE id = given.column1"
              + " AND (last_used_at IS NULL OR last_used_at < given.column2)",
          2);

  /** What nodes tell each other about keys. */
  static final String TOPIC = "key";

  private static final String NEWEST_FIRST = " ORDER BY created_at DESC, id";

  /** A key and the hash by which it is found. */
  record Row(Hash hash, StoredKey key) {}

  private final Db db;

  /**
   * Brings the table up to date.
   *
   * @throws SQLException also when a newer version has written it
   */
  KeyTable(Db db) throws SQLException {
    this.db = db;
    db.migrate("keys", STEPS);
  }

  /**
   * Keeps a key.
   *
   * @param most live keys that its account may have with it; apps that were let in are none
   * @return false when it would have more, and then nothing was kept
   */
  boolean insert(Row row, int most) throws SQLException {
    StoredKey key = row.key;
    return db.write(connection -> {
      if (most < Integer.MAX_VALUE
          && select(connection, " WHERE account = ?", key.account().value()).stream()
                  .filter(each -> each.key.kind() == StoredKey.Kind.KEY)
                  .filter(each -> each.key.isLive(key.created()))
                  .count()
              >= most) {
        return false;
      }
      insert(connection, row);
      return true;
    });
  }

  private int insert(Connection connection, Row row) throws SQLException {
    StoredKey key = row.key;
    KeySettings settings = key.settings();
    Nanos cap = settings.dailyCap();
    announce(connection, key.id());
    return update(
        connection,
        INSERT,
        key.id(),
        row.hash.hex(),
        key.account().value(),
        settings.name(),
        key.hint(),
        settings.doors().stream().map(Enum::name).sorted().collect(Collectors.joining(" ")),
        settings.models().stream().sorted().collect(Collectors.joining("\n")),
        cap == null ? null : cap.value(),
        settings.limits().requestsPerMinute(),
        settings.limits().tokensPerMinute(),
        settings.limits().concurrentCalls(),
        key.created().toEpochMilli(),
        millis(settings.expires()),
        millis(key.lastUsed()),
        millis(key.revoked()),
        key.kind().name());
  }

  /** Tells all nodes, when the transaction is committed, to look at a key again. */
  private void announce(Connection connection, String id) throws SQLException {
    db.announce(connection, TOPIC, id);
  }

  /**
   * Revokes a key, if that was not done before.
   *
   * @return whether there is such a key
   */
  boolean revoke(String id, Instant now) throws SQLException {
    return db.write(connection -> {
      update(
          connection,
          "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
          now.toEpochMilli(),
          id);
      announce(connection, id);
      return !select(connection, " WHERE id = ?", id).isEmpty();
    });
  }

  /**
   * Puts a new key in the place of a live one, both or neither.
   *
   * @param successor makes the new key's row from the old one
   * @param now when the rotation is
   * @param ends when the old key ends; if not after now, it is revoked
   * @return the old and the new row; empty when there is no such live key
   */
  Optional<Rotated> rotate(String id, UnaryOperator<Row> successor, Instant now, Instant ends)
      throws SQLException {
    return db.write(connection -> {
      List<Row> found = select(connection, " WHERE id = ?", id);
      if (found.isEmpty()
          || !found.getFirst().key.isLive(now)
          || found.getFirst().key.kind() == StoredKey.Kind.APP) {
        return Optional.empty();
      }
      Row next = successor.apply(found.getFirst());
      insert(connection, next);
      if (ends.isAfter(now)) {
        update(
            connection,
            "UPDATE api_key SET expires_at = ?"
                + " WHERE id = ? AND (expires_at IS NULL OR expires_at > ?)",
            ends.toEpochMilli(),
            id,
            ends.toEpochMilli());
      } else {
        update(
            connection, "UPDATE api_key SET revoked_at = ? WHERE id = ?", now.toEpochMilli(), id);
      }
      announce(connection, id);
      return Optional.of(new Rotated(select(connection, " WHERE id = ?", id).getFirst(), next));
    });
  }

  /** What a rotation left: the old key, revoked or with its new end, and the new one. */
  record Rotated(Row old, Row next) {}

  /** Writes when keys were last used, where that is later than what is there. */
  void saveLastUsed(Map<String, Long> millisById) throws SQLException {
    // In one order, so that no two nodes wait for each other.
    var _ =
        db.writeBeside(connection ->
            LAST_USED.update(
                connection,
                List.copyOf(new TreeMap<>(millisById).entrySet()),
                (use, values) -> values.put(use.getKey()).put(use.getValue())));
  }

  /** Keys that are not revoked and do not end before this moment. */
  List<Row> liveAt(Instant moment) throws SQLException {
    return db.read(connection ->
        select(
            connection,
            " WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
            moment.toEpochMilli()));
  }

  Optional<Row> row(String id) throws SQLException {
    return db.read(connection -> select(connection, " WHERE id = ?", id)).stream().findFirst();
  }

  Optional<StoredKey> find(String id) throws SQLException {
    return row(id).map(Row::key);
  }

  /** The keys of an account, or all, the newest first; revoked and expired ones too. */
  List<StoredKey> list(@Nullable AccountId account) throws SQLException {
    List<Row> rows =
        db.read(connection ->
            account == null
                ? select(connection, NEWEST_FIRST)
                : select(connection, " WHERE account = ?" + NEWEST_FIRST, account.value()));
    return rows.stream().map(Row::key).toList();
  }

  private static List<Row> select(Connection connection, String tail, Object... values)
      throws SQLException {
    List<Row> list = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT * FROM api_key" + tail)) {
      set(statement, values);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          list.add(row(rows));
        }
      }
    }
    return list;
  }

  private static Row row(ResultSet rows) throws SQLException {
    Long cap = number(rows, "daily_cap");
    KeySettings settings =
        new KeySettings(
            rows.getString("name"),
            words(rows.getString("doors"), " ").stream()
                .map(Door::valueOf)
                .collect(Collectors.toSet()),
            words(rows.getString("models"), "\n"),
            cap == null ? null : new Nanos(cap),
            new Limits(
                rows.getLong("requests_per_minute"),
                rows.getLong("tokens_per_minute"),
                rows.getLong("concurrent_calls")),
            instant(rows, "expires_at"));
    return new Row(
        Hash.ofHex(rows.getString("hash")),
        new StoredKey(
            rows.getString("id"),
            new AccountId(rows.getString("account")),
            settings,
            rows.getString("hint"),
            Instant.ofEpochMilli(rows.getLong("created_at")),
            instant(rows, "last_used_at"),
            instant(rows, "revoked_at"),
            StoredKey.Kind.valueOf(rows.getString("kind"))));
  }

  private static Set<String> words(String text, String border) {
    return text.isEmpty() ? Set.of() : new LinkedHashSet<>(Arrays.asList(text.split(border, -1)));
  }

  private static @Nullable Long number(ResultSet rows, String column) throws SQLException {
    long number = rows.getLong(column);
    return rows.wasNull() ? null : number;
  }

  private static @Nullable Instant instant(ResultSet rows, String column) throws SQLException {
    Long millis = number(rows, column);
    return millis == null ? null : Instant.ofEpochMilli(millis);
  }

  private static @Nullable Long millis(@Nullable Instant moment) {
    return moment == null ? null : moment.toEpochMilli();
  }

  private static int update(Connection connection, String sql, @Nullable Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      set(statement, values);
      return statement.executeUpdate();
    }
  }

  private static void set(PreparedStatement statement, @Nullable Object... values)
      throws SQLException {
    for (int i = 0; i < values.length; i++) {
      switch (values[i]) {
        case null -> statement.setNull(i + 1, Types.BIGINT);
        case Long number -> statement.setLong(i + 1, number);
        case Object text -> statement.setString(i + 1, (String) text);
      }
    }
  }
}
