package com.runspace.wallet;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.wallet.WalletTable.Change;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Which wallets belong to which account. One wallet belongs to one account: else one bag of tokens
 * would unlock several. Everything here blocks. Safe to share between threads.
 */
public final class Accounts {
  /** How many wallets an account may have at once. */
  public static final int WALLETS_MAX = 10;

  /** How many it may link in a day, the one it began with aside. */
  private static final int LINKS_PER_DAY = 5;

  /** What became of an unlinking. */
  public enum Unlinked {
    DONE,
    /** The account has no such wallet. */
    UNKNOWN,
    /** It is the only one, and without it nobody could sign in. */
    LAST
  }

  private final WalletTable table;
  private final Sessions sessions;
  private final Time time;
  private final Randomness random;
  private final Consumer<AccountId> moved;

  /**
   * Over the tables of the store.
   *
   * @param moved hears, on the thread of the change, whose wallets should be read anew: after a
   *     sign-in, and when one was linked or unlinked. It should not take long
   * @throws SQLException when the store cannot be read, or was written by a newer version
   */
  public Accounts(Db db, Sessions sessions, Time time, Randomness random, Consumer<AccountId> moved)
      throws SQLException {
    this.table = new WalletTable(db);
    this.sessions = sessions;
    this.time = time;
    this.random = random;
    this.moved = moved;
  }

  WalletTable table() {
    return table;
  }

  Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }

  void moved(AccountId account) {
    moved.accept(account);
  }

  /** The wallets of an account, the oldest first. */
  public List<Wallet> wallets(AccountId account) throws SQLException {
    return table.wallets(account);
  }

  /** All wallets of all accounts. */
  public List<Wallet> all() throws SQLException {
    return table.wallets(null);
  }

  /** Whose wallet this is, if it is anyone's. For the operator; visitors are never told. */
  public Optional<Wallet> find(Address address) throws SQLException {
    return all().stream().filter(wallet -> wallet.address().equals(address)).findFirst();
  }

  /** A wallet as it would be if it began an account now. */
  Wallet newcomer(WalletTable.Signer signer) {
    return wallet(new AccountId("acc_" + id()), signer);
  }

  private Wallet wallet(AccountId account, WalletTable.Signer signer) {
    return new Wallet("wal_" + id(), account, signer.address(), signer.chain(), now());
  }

  private String id() {
    return HexFormat.of().toHexDigits(random.nextLong());
  }

  /** Links the wallet that signed. */
  Change link(String nonce, AccountId account, WalletTable.Signer signer) throws SQLException {
    Instant dayAgo = now().minus(Duration.ofDays(1));
    Change change =
        table.link(nonce, wallet(account, signer), WALLETS_MAX, dayAgo, 1 + LINKS_PER_DAY);
    if (change == Change.DONE) {
      moved.accept(account);
    }
    return change;
  }

  /**
   * Takes a wallet from an account, and ends the sessions that it has opened: perhaps it was lost
   * or sold.
   */
  public Unlinked unlink(AccountId account, String walletId) throws SQLException {
    Optional<Wallet> wallet =
        wallets(account).stream().filter(each -> each.id().equals(walletId)).findFirst();
    Change change = table.unlink(account, walletId, now());
    if (change != Change.DONE || wallet.isEmpty()) {
      return change == Change.LAST ? Unlinked.LAST : Unlinked.UNKNOWN;
    }
    sessions.endOf(account, wallet.get().address().shown());
    moved.accept(account);
    return Unlinked.DONE;
  }
}
