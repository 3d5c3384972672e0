package com.runspace.wallet;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Accounts, their wallets, sessions and used nonces in the store. A nonce is used in the same
 * transaction as what it was signed for, so both are kept or neither.
 */
final class WalletTable {
  private static final List<List<String>> STEPS =
      List.of(
          List.of(
              "CREATE TABLE account (id VARCHAR(40) PRIMARY KEY, created_at BIGINT NOT NULL)",
              "CREATE TABLE wallet (id VARCHAR(40) PRIMARY KEY, account VARCHAR(40) NOT NULL,"
                  + " namespace VARCHAR(20) NOT NULL, address VARCHAR(64) NOT NULL,"
                  + " chain VARCHAR(60) NOT NULL, linked_at BIGINT NOT NULL, unlinked_at BIGINT)",
              "CREATE UNIQUE INDEX wallet_active ON wallet (namespace, address, chain)"
                  + " WHERE unlinked_at IS NULL",
              "CREATE INDEX wallet_account ON wallet (account, linked_at)",
              "CREATE TABLE session (id VARCHAR(40) PRIMARY KEY, hash CHAR(64) NOT NULL UNIQUE,"
                  + " account VARCHAR(255) NOT NULL, wallet VARCHAR(64) NOT NULL,"
                  + " created_at BIGINT NOT NULL, seen_at BIGINT NOT NULL,"
                  + " expires_at BIGINT NOT NULL, confirmed_at BIGINT NOT NULL,"
                  + " agent VARCHAR(200) NOT NULL)",
              "CREATE TABLE used_nonce (nonce VARCHAR(80) PRIMARY KEY, used_at BIGINT NOT NULL)",
              "CREATE TABLE wallet_secret (name VARCHAR(40) PRIMARY KEY,"
                  + " value VARCHAR(100) NOT NULL)"));

  /**
   * Who signed.
   *
   * @param chain the chain of a contract wallet, empty for a key
   */
  record Signer(Address address, String chain) {}

  /** A session with the hash of its cookie. */
  record SessionRow(String hash, Session session) {}

  /** What became of a wish about wallets. */
  enum Change {
    DONE,
    /** The nonce was used before. */
    REPLAYED,
    /** The account has this wallet already. */
    ALREADY,
    /** Another account has this wallet, or this one does not. */
    ELSEWHERE,
    /** The account has as many wallets as it may. */
    FULL,
    /** The account has linked too many in a day. */
    TOO_OFTEN,
    /** It is the account's only wallet. */
    LAST
  }

  /** What nodes tell each other: that a session, or the wallets of an account, changed. */
  private static final String SESSION = "session";

  private static final String WALLET = "wallet";

  private final Db db;

  WalletTable(Db db) throws SQLException {
    this.db = db;
    db.migrate("wallet", STEPS);
  }

  /** A text that is made once and stays the same. */
  String secret(String name, String fresh) throws SQLException {
    return db.write(connection -> {
      Db.update(
          connection,
          "INSERT INTO wallet_secret (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
          name,
          fresh);
      String sql = "SELECT value FROM wallet_secret WHERE name = ?";
      return Db.list(connection, sql, row -> row.getString(1), name).getFirst();
    });
  }

  boolean isUsed(String nonce) throws SQLException {
    return db.read(connection ->
        count(connection, "SELECT COUNT(*) FROM used_nonce WHERE nonce = ?", nonce) > 0);
  }

  private static boolean use(Connection connection, String nonce, Instant now) throws SQLException {
    return Db.update(
            connection,
            "INSERT INTO used_nonce (nonce, used_at) VALUES (?, ?) ON CONFLICT (nonce) DO NOTHING",
            nonce,
            now.toEpochMilli())
        == 1;
  }

  /**
   * Signs in: finds the account of the wallet, or makes one, and keeps a session of it.
   *
   * @param fresh the wallet as it is to be if nobody has it
   * @param session makes the session for the wallet that was found or made
   * @return empty when the nonce was used before, or the wallet is known as one of another kind
   */
  Optional<Wallet> enter(String nonce, Wallet fresh, Function<Wallet, SessionRow> session)
      throws SQLException {
    Instant now = fresh.linked();
    return db.write(connection -> {
      if (!use(connection, nonce, now)) {
        return Optional.empty();
      }
      Signer signer = new Signer(fresh.address(), fresh.chain());
      Optional<Wallet> known = find(connection, signer);
      if (known.isPresent() && !known.get().chain().equals(signer.chain())) {
        return Optional.empty();
      }
      Wallet wallet = known.orElse(fresh);
      if (known.isEmpty()) {
        Db.update(
            connection,
            "INSERT INTO account (id, created_at) VALUES (?, ?)",
            fresh.account().value(),
            now.toEpochMilli());
        insert(connection, fresh);
      }
      db.announce(connection, WALLET, wallet.account().value());
      insert(connection, session.apply(wallet));
      return Optional.of(wallet);
    });
  }

  /**
   * Links a wallet to an account.
   *
   * @param most how many wallets an account may have
   * @param mostSince how many it may have linked since then
   */
  Change link(String nonce, Wallet wallet, int most, Instant since, int mostSince)
      throws SQLException {
    String account = wallet.account().value();
    return db.write(connection -> {
      if (!use(connection, nonce, wallet.linked())) {
        return Change.REPLAYED;
      }
      Optional<Wallet> known = find(connection, new Signer(wallet.address(), wallet.chain()));
      if (known.isPresent()) {
        return known.get().account().equals(wallet.account()) ? Change.ALREADY : Change.ELSEWHERE;
      }
      if (active(connection, account) >= most) {
        return Change.FULL;
      }
      long linked =
          count(
              connection,
              "SELECT COUNT(*) FROM wallet WHERE account = ? AND linked_at > ?",
              account,
              since.toEpochMilli());
      if (linked >= mostSince) {
        return Change.TOO_OFTEN;
      }
      insert(connection, wallet);
      db.announce(connection, WALLET, account);
      return Change.DONE;
    });
  }

  /** Notes that a wallet of the session's account has signed just now. */
  Change confirm(String nonce, Signer signer, Session session, Instant now) throws SQLException {
    return db.write(connection -> {
      if (!use(connection, nonce, now)) {
        return Change.REPLAYED;
      }
      Optional<Wallet> known = find(connection, signer);
      boolean isTheirs =
          known.isPresent()
              && known.get().account().equals(session.account())
              && known.get().chain().equals(signer.chain());
      if (!isTheirs) {
        return Change.ELSEWHERE;
      }
      Db.update(
          connection,
          "UPDATE session SET confirmed_at = ? WHERE id = ?",
          now.toEpochMilli(),
          session.id());
      db.announce(connection, SESSION, session.id());
      return Change.DONE;
    });
  }

  Change unlink(AccountId account, String walletId, Instant now) throws SQLException {
    return db.write(connection -> {
      long theirs =
          count(
              connection,
              "SELECT COUNT(*) FROM wallet WHERE id = ? AND account = ? AND unlinked_at IS NULL",
              walletId,
              account.value());
      if (theirs == 0) {
        return Change.ELSEWHERE;
      }
      if (active(connection, account.value()) <= 1) {
        return Change.LAST;
      }
      Db.update(
          connection,
          "UPDATE wallet SET unlinked_at = ? WHERE id = ?",
          now.toEpochMilli(),
          walletId);
      db.announce(connection, WALLET, account.value());
      return Change.DONE;
    });
  }

  private static long active(Connection connection, String account) throws SQLException {
    return count(
        connection,
        "SELECT COUNT(*) FROM wallet WHERE account = ? AND unlinked_at IS NULL",
        account);
  }

  /**
   * The active wallet of this address, if there is one. A key is the same wallet on every chain, so
   * it is found whatever the chain, and a contract where the same address is known as a key.
   */
  private static Optional<Wallet> find(Connection connection, Signer signer) throws SQLException {
    String chain = signer.chain();
    return select(
            connection,
            " WHERE namespace = ? AND address = ? AND unlinked_at IS NULL"
                + " AND (chain = ? OR chain = '' OR ? = '')",
            signer.address().namespace().caip(),
            signer.address().text(),
            chain,
            chain)
        .stream()
        .findFirst();
  }

  /** The active wallets of an account, or of all, the oldest first. */
  List<Wallet> wallets(@Nullable AccountId account) throws SQLException {
    return db.read(connection ->
        account == null
            ? select(connection, " WHERE unlinked_at IS NULL ORDER BY linked_at, id")
            : select(
                connection,
                " WHERE unlinked_at IS NULL AND account = ? ORDER BY linked_at, id",
                account.value()));
  }

  private static List<Wallet> select(Connection connection, String tail, Object... values)
      throws SQLException {
    return Db.list(connection, "SELECT * FROM wallet" + tail, WalletTable::wallet, values);
  }

  private static Wallet wallet(ResultSet row) throws SQLException {
    boolean isEvm = row.getString("namespace").equals(Namespace.EIP155.caip());
    return new Wallet(
        row.getString("id"),
        new AccountId(row.getString("account")),
        new Address(isEvm ? Namespace.EIP155 : Namespace.SOLANA, row.getString("address")),
        row.getString("chain"),
        Instant.ofEpochMilli(row.getLong("linked_at")));
  }

  private static void insert(Connection connection, Wallet wallet) throws SQLException {
    Db.update(
        connection,
        "INSERT INTO wallet (id, account, namespace, address, chain, linked_at)"
            + " VALUES (?, ?, ?, ?, ?, ?)",
        wallet.id(),
        wallet.account().value(),
        wallet.address().namespace().caip(),
        wallet.address().text(),
        wallet.chain(),
        wallet.linked().toEpochMilli());
  }

  void insert(SessionRow row) throws SQLException {
    db.write(connection -> insert(connection, row));
  }

  private int insert(Connection connection, SessionRow row) throws SQLException {
    Session session = row.session();
    db.announce(connection, SESSION, session.id());
    return Db.update(
        connection,
        "INSERT INTO session (id, hash, account, wallet, created_at, seen_at, expires_at,"
            + " confirmed_at, agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        session.id(),
        row.hash(),
        session.account().value(),
        session.wallet(),
        session.created().toEpochMilli(),
        session.lastSeen().toEpochMilli(),
        session.expires().toEpochMilli(),
        session.confirmed().toEpochMilli(),
        session.agent());
  }

  Optional<SessionRow> session(String id) throws SQLException {
    return db.list("SELECT * FROM session WHERE id = ?", WalletTable::session, id).stream()
        .findFirst();
  }

  /** Whether other nodes change sessions too. */
  boolean isShared() {
    return db.isShared();
  }

  List<SessionRow> sessions() throws SQLException {
    return db.list("SELECT * FROM session", WalletTable::session);
  }

  private static SessionRow session(ResultSet row) throws SQLException {
    Session session =
        new Session(
            row.getString("id"),
            new AccountId(row.getString("account")),
            row.getString("wallet"),
            Instant.ofEpochMilli(row.getLong("created_at")),
            Instant.ofEpochMilli(row.getLong("seen_at")),
            Instant.ofEpochMilli(row.getLong("expires_at")),
            Instant.ofEpochMilli(row.getLong("confirmed_at")),
            row.getString("agent"));
    return new SessionRow(row.getString("hash"), session);
  }

  /** Writes when sessions were last seen, deletes those that ended and the nonces that expired. */
  void save(Map<String, Instant> seen, Collection<String> ended, Instant noncesBefore)
      throws SQLException {
    db.write(connection -> {
      for (Map.Entry<String, Instant> each : seen.entrySet()) {
        Db.update(
            connection,
            "UPDATE session SET seen_at = ? WHERE id = ? AND seen_at < ?",
            each.getValue().toEpochMilli(),
            each.getKey(),
            each.getValue().toEpochMilli());
      }
      for (String id : ended) {
        if (Db.update(connection, "DELETE FROM session WHERE id = ?", id) > 0) {
          db.announce(connection, SESSION, id);
        }
      }
      return Db.update(
          connection, "DELETE FROM used_nonce WHERE used_at < ?", noncesBefore.toEpochMilli());
    });
  }

  private static long count(Connection connection, String sql, Object... values)
      throws SQLException {
    return Db.list(connection, sql, row -> row.getLong(1), values).getFirst();
  }
}
