package com.runspace.oauth;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Clients, grants, codes and tokens in the store; codes and tokens by their hashes. All of it
 * blocks. The SQL is what SQLite and PostgreSQL share. Moments are epoch milliseconds.
 */
final class GrantTable {
  private static final long NO_CAP = -1;

  /** What nodes tell each other: that a grant has new tokens. */
  private static final String TOPIC = "grant";

  private static final String LIVE =
      "SELECT t.hash, t.expires_at, g.key_id FROM oauth_token t"
          + " JOIN oauth_grant g ON g.id = t.grant_id"
          + " WHERE t.kind = 'A' AND t.expires_at > ? AND g.resource = ?";

  /**
   * A code that was handed out.
   *
   * @param grant the id that its grant will have
   * @param used 0 for not yet
   */
  record Code(
      String hash,
      String grant,
      AccountId account,
      String client,
      String clientName,
      String redirect,
      String challenge,
      String scope,
      String resource,
      boolean refreshes,
      long lifeDays,
      @Nullable Nanos cap,
      long expires,
      long used) {}

  /**
   * What somebody approved.
   *
   * @param key the id of the credential that it owns
   */
  record Grant(
      String id,
      String key,
      AccountId account,
      String client,
      String clientName,
      String redirectHost,
      String scope,
      String resource,
      long ends,
      long created) {}

  /**
   * A token.
   *
   * @param used when a refresh token was exchanged; 0 for not yet
   * @param seed what its successors are made of; empty for none yet
   */
  record Token(String hash, boolean refresh, String grant, long expires, long used, String seed) {}

  private final Db db;

  GrantTable(Db db) throws SQLException {
    this.db = db;
    db.migrate("oauth", Db.steps(GrantTable.class, "schema-1.sql"));
  }

  void insert(Client client, long now) throws SQLException {
    db.write(connection ->
        Db.update(
            connection,
            "INSERT INTO oauth_client (id, name, redirects, refreshes, created_at, used_at)"
                + " VALUES (?, ?, ?, ?, ?, ?)",
            client.id(),
            client.name(),
            String.join("\n", client.redirects()),
            client.refreshes() ? 1L : 0L,
            now,
            0L));
  }

  Optional<Client> client(String id) throws SQLException {
    return db
        .list(
            "SELECT * FROM oauth_client WHERE id = ?",
            row ->
                new Client(
                    row.getString("id"),
                    row.getString("name"),
                    Arrays.asList(row.getString("redirects").split("\n", -1)),
                    row.getLong("refreshes") == 1),
            id)
        .stream()
        .findFirst();
  }

  long clients() throws SQLException {
    return db.list("SELECT COUNT(*) AS n FROM oauth_client", row -> row.getLong("n")).getFirst();
  }

  /** Removes clients that got no token until then, and those that had their last one long ago. */
  int dropClients(long unusedSince, long idleSince) throws SQLException {
    return db.write(connection ->
        Db.update(
            connection,
            "DELETE FROM oauth_client WHERE (used_at = 0 AND created_at < ?)"
                + " OR (used_at > 0 AND used_at < ?)",
            unusedSince,
            idleSince));
  }

  /** Removes what can decide nothing any more. */
  void drop(long codesBefore, long tokensBefore, long grantsBefore) throws SQLException {
    db.write(connection -> {
      Db.update(connection, "DELETE FROM oauth_code WHERE expires_at < ?", codesBefore);
      Db.update(connection, "DELETE FROM oauth_token WHERE expires_at < ?", tokensBefore);
      return Db.update(connection, "DELETE FROM oauth_grant WHERE ends_at < ?", grantsBefore);
    });
  }

  void insert(Code code) throws SQLException {
    Nanos cap = code.cap;
    db.write(connection ->
        Db.update(
            connection,
            "INSERT INTO oauth_code (hash, grant_id, account, client, client_name, redirect,"
                + " challenge, scope, resource, refreshes, life_days, daily_cap, expires_at,"
                + " used_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            code.hash,
            code.grant,
            code.account.value(),
            code.client,
            code.clientName,
            code.redirect,
            code.challenge,
            code.scope,
            code.resource,
            code.refreshes ? 1L : 0L,
            code.lifeDays,
            cap == null ? NO_CAP : cap.value(),
            code.expires,
            code.used));
  }

  /** A code as it was before, and from now on it is used. */
  Optional<Code> take(String hash, long now) throws SQLException {
    return db.write(connection -> {
      List<Code> found =
          Db.list(connection, "SELECT * FROM oauth_code WHERE hash = ?", GrantTable::code, hash);
      Db.update(
          connection,
          "UPDATE oauth_code SET used_at = ? WHERE hash = ? AND used_at = 0",
          now,
          hash);
      return found.stream().findFirst();
    });
  }

  private static Code code(ResultSet row) throws SQLException {
    long cap = row.getLong("daily_cap");
    return new Code(
        row.getString("hash"),
        row.getString("grant_id"),
        new AccountId(row.getString("account")),
        row.getString("client"),
        row.getString("client_name"),
        row.getString("redirect"),
        row.getString("challenge"),
        row.getString("scope"),
        row.getString("resource"),
        row.getLong("refreshes") == 1,
        row.getLong("life_days"),
        cap == NO_CAP ? null : new Nanos(cap),
        row.getLong("expires_at"),
        row.getLong("used_at"));
  }

  /** Keeps a grant with its first tokens, and that its client was used. */
  void insert(Grant grant, List<Token> tokens) throws SQLException {
    db.write(connection -> {
      Db.update(
          connection,
          "INSERT INTO oauth_grant (id, key_id, account, client, client_name, redirect_host,"
              + " scope, resource, ends_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          grant.id,
          grant.key,
          grant.account.value(),
          grant.client,
          grant.clientName,
          grant.redirectHost,
          grant.scope,
          grant.resource,
          grant.ends,
          grant.created);
      insert(connection, tokens);
      db.announce(connection, TOPIC, grant.id);
      return used(connection, grant.client, grant.created);
    });
  }

  private static int used(Connection connection, String client, long now) throws SQLException {
    return Db.update(connection, "UPDATE oauth_client SET used_at = ? WHERE id = ?", now, client);
  }

  private static void insert(Connection connection, List<Token> tokens) throws SQLException {
    for (Token token : tokens) {
      Db.update(
          connection,
          "INSERT INTO oauth_token (hash, kind, grant_id, expires_at, used_at, seed)"
              + " VALUES (?, ?, ?, ?, ?, ?)",
          token.hash,
          token.refresh ? "R" : "A",
          token.grant,
          token.expires,
          token.used,
          token.seed);
    }
  }

  /**
   * Marks a refresh token as exchanged for others, all of it or nothing.
   *
   * @return false when it was exchanged before, on another node perhaps; then nothing was kept
   */
  boolean rotate(Grant grant, Token old, String seed, long now, List<Token> next)
      throws SQLException {
    return db.write(connection -> {
      int fresh =
          Db.update(
              connection,
              "UPDATE oauth_token SET used_at = ?, seed = ? WHERE hash = ? AND used_at = 0",
              now,
              seed,
              old.hash);
      if (fresh == 0) {
        return false;
      }
      insert(connection, next);
      db.announce(connection, TOPIC, grant.id);
      used(connection, grant.client, now);
      return true;
    });
  }

  Optional<Grant> grant(String id) throws SQLException {
    return db.list("SELECT * FROM oauth_grant WHERE id = ?", GrantTable::grant, id).stream()
        .findFirst();
  }

  /** What an account has approved, the newest first. */
  List<Grant> grants(AccountId account) throws SQLException {
    return db.list(
        "SELECT * FROM oauth_grant WHERE account = ? ORDER BY created_at DESC, id",
        GrantTable::grant,
        account.value());
  }

  private static Grant grant(ResultSet row) throws SQLException {
    return new Grant(
        row.getString("id"),
        row.getString("key_id"),
        new AccountId(row.getString("account")),
        row.getString("client"),
        row.getString("client_name"),
        row.getString("redirect_host"),
        row.getString("scope"),
        row.getString("resource"),
        row.getLong("ends_at"),
        row.getLong("created_at"));
  }

  Optional<Token> token(String hash) throws SQLException {
    return db.list("SELECT * FROM oauth_token WHERE hash = ?", GrantTable::token, hash).stream()
        .findFirst();
  }

  /** An access token with the credential it stands for. */
  record Live(String hash, String key, long expires) {}

  /** The access tokens for a resource that are not over. */
  List<Live> live(String resource, long now) throws SQLException {
    return db.list(LIVE, GrantTable::live, now, resource);
  }

  /** Those of one grant. */
  List<Live> liveOf(String grant, String resource, long now) throws SQLException {
    return db.list(LIVE + " AND g.id = ?", GrantTable::live, now, resource, grant);
  }

  private static Live live(ResultSet row) throws SQLException {
    return new Live(row.getString("hash"), row.getString("key_id"), row.getLong("expires_at"));
  }

  private static Token token(ResultSet row) throws SQLException {
    return new Token(
        row.getString("hash"),
        row.getString("kind").equals("R"),
        row.getString("grant_id"),
        row.getLong("expires_at"),
        row.getLong("used_at"),
        row.getString("seed"));
  }

  /** Removes all tokens of a grant. */
  void dropTokens(String grant) throws SQLException {
    db.write(
        connection -> Db.update(connection, "DELETE FROM oauth_token WHERE grant_id = ?", grant));
  }
}
