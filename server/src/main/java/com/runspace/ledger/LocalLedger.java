package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.journal.Backlog;
import com.runspace.journal.Journal;
import com.runspace.journal.Poster;
import com.runspace.journal.Replay;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The ledger of one machine. Exact while it runs: each account and day is one value, replaced by
 * compare-and-set. Exact over a crash: what is admitted and settled stands in a {@link Journal},
 * and balances are rebuilt from the store and the journal at the start.
 *
 * <p>The days before a floor are closed for new calls. It lags a day or two behind, also behind a
 * clock that was set wrong for some hours, and what it has passed is forgotten. So no day can ever
 * be begun a second time with nothing spent.
 */
public final class LocalLedger implements AutoCloseable {
  /** The ledger cannot be opened; the message says why, for operators. */
  public static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    Unavailable(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /**
   * How the ledger is kept.
   *
   * @param syncAlways whether each settled call waits for the disk (slow), or the disk is at most
   *     50 ms behind, which only a power cut can tell
   * @param retentionDays how many days the rows of calls are kept; 0 for ever, else at least 2
   */
  public record Plan(boolean syncAlways, int retentionDays) {
    public Plan {
      if (retentionDays < 0 || retentionDays == 1) {
        throw new IllegalArgumentException("rows are kept for 2 days at least");
      }
    }
  }

  /** What this node had taken of a limit before it was started again. */
  public record Leased(String subject, long day, long amount) {}

  /**
   * How this node divides the days of accounts with others.
   *
   * @param shares where it gets its parts; null when all of each day is here
   * @param leased what it has already
   */
  public record Division(@Nullable Shares shares, List<Leased> leased) {
    /** One node has it all. */
    public static final Division NONE = new Division(null, List.of());
  }

  private record Key(AccountId account, Day day) {}

  private static final System.Logger LOG = System.getLogger(LocalLedger.class.getName());
  private static final long FLOOR_LAG_NANOS = 23 * 3_600_000_000_000L;

  static final String LONG_AGO =
      "The clock of this service went back by days, so no new calls are taken.";

  private final ConcurrentMap<Key, AccountDay> days = new ConcurrentHashMap<>();
  private final Allowance allowance;
  private final Time time;
  private final @Nullable Shares shares;
  final @Nullable Journal journal;
  private final @Nullable Poster poster;
  private final @Nullable LedgerTable table;
  private volatile Day floor;
  private volatile Day lastDay;
  private Day nextFloor;
  private long nextFloorSince;

  private LocalLedger(
      Allowance allowance,
      Time time,
      @Nullable Journal journal,
      @Nullable LedgerTable table,
      @Nullable Shares shares,
      int retentionDays) {
    this.shares = shares;
    this.allowance = allowance;
    this.time = time;
    this.journal = journal;
    this.table = table;
    lastDay = today();
    floor = nextFloor = lastDay.previous();
    nextFloorSince = time.nanos();
    poster =
        journal == null || table == null
            ? null
            : new Poster(
                journal,
                table::post,
                time,
                shares == null ? Poster.Pace.ALONE : Poster.Pace.SHARED,
                goesOn -> keepHouse(table, retentionDays, goesOn));
  }

  /** A ledger that lives as long as its process. Safe to share between event loops. */
  public static Ledger inMemory(Allowance allowance, Time time) {
    LocalLedger ledger = new LocalLedger(allowance, time, null, null, null, 0);
    return new LoopLedger(ledger, time, null, null);
  }

  /** Opens the ledger of a node that has all of each day, with a table of its own. */
  public static LocalLedger open(Db db, Path folder, Plan plan, Allowance allowance, Time time)
      throws Unavailable {
    return open(table(db), folder, plan, allowance, time, () -> Division.NONE);
  }

  /** Where a node learns what it has of shared limits, once its journal is posted. */
  @FunctionalInterface
  public interface Dividing {
    Division division() throws SQLException;
  }

  /**
   * Opens the ledger: posts what an earlier process left in the journal, then rebuilds the balances
   * from the store. Blocks for as long as that takes.
   *
   * @param folder of the journal; made when there is none
   */
  public static LocalLedger open(
      LedgerTable table, Path folder, Plan plan, Allowance allowance, Time time, Dividing dividing)
      throws Unavailable {
    Journal.Plan journal =
        Journal.Plan.of(plan.syncAlways ? Journal.Sync.ALWAYS : Journal.Sync.SOON);
    LocalLedger ledger =
        replayed(table, folder, journal, plan.retentionDays, allowance, time, dividing);
    ledger.start();
    return ledger;
  }

  private static LedgerTable table(Db db) throws Unavailable {
    try {
      return new LedgerTable(db);
    } catch (SQLException store) {
      throw new Unavailable(String.valueOf(store.getMessage()), store);
    }
  }

  void start() {
    if (journal != null && poster != null) {
      journal.start();
      poster.start();
    }
  }

  /** A ledger whose threads do not run, so that a test can do their work step by step. */
  static LocalLedger replayed(
      Db db, Path folder, Journal.Plan plan, int retentionDays, Allowance allowance, Time time)
      throws Unavailable {
    return replayed(table(db), folder, plan, retentionDays, allowance, time, () -> Division.NONE);
  }

  /** The same, for a node that may share its days. */
  static LocalLedger replayed(
      LedgerTable table,
      Path folder,
      Journal.Plan plan,
      int retentionDays,
      Allowance allowance,
      Time time,
      Dividing dividing)
      throws Unavailable {
    try {
      Files.createDirectories(folder);
      Replay.Found replayed = Replay.run(folder, table::post, time.epochMillis());
      report(folder, replayed);
      Journal journal = new Journal(folder, plan, time, replayed.lastNumber());
      Division division = dividing.division();
      LocalLedger ledger =
          new LocalLedger(allowance, time, journal, table, division.shares, retentionDays);
      ledger.restore(table, division.leased);
      return ledger;
    } catch (SQLException store) {
      throw new Unavailable(String.valueOf(store.getMessage()), store);
    } catch (IOException unreadable) {
      throw new Unavailable(
          "the journal in " + folder + " cannot be used: " + unreadable, unreadable);
    }
  }

  private static void report(Path folder, Replay.Found replayed) {
    for (String damage : replayed.damage()) {
      LOG.log(Level.ERROR, "journal in {0}: {1}", folder, damage);
    }
    if (replayed.crashed() > 0 || replayed.added() > 0) {
      LOG.log(
          Level.WARNING,
          "the last process ended in the middle of its work: {0} calls were posted from its"
              + " journal, {1} of them had not ended and are charged nothing",
          replayed.added(),
          replayed.crashed());
    }
  }

  private void restore(LedgerTable table, List<Leased> leased) throws SQLException {
    table
        .balancesSince(floor)
        .forEach((account, balances) ->
            balances.forEach(balance ->
                days.put(
                    new Key(account, balance.day()), new AccountDay(account, balance, shares))));
    for (Leased lease : leased) {
      DayShare.Owner owner = DayShare.Owner.of(lease.subject);
      if (owner != null && shares != null) {
        Nanos amount = new Nanos(lease.amount);
        Key key = new Key(owner.account(), new Day(lease.day));
        // A day that is closed takes nothing new; what is left of it goes back.
        AccountDay day =
            key.day.compareTo(floor) < 0
                ? new AccountDay(key.account, past(table, lease, owner), shares)
                : days.computeIfAbsent(key, _ -> opened(key, amount));
        String spender = owner.spender();
        DayShare share = spender == null ? day.share() : day.capOf(spender, amount);
        share.grow(lease.amount - share.amount());
        // So that it is known there, and given back when nobody uses it.
        var _ = shares.want(share, 0, 0);
      }
    }
  }

  private static Balance past(LedgerTable table, Leased lease, DayShare.Owner owner)
      throws SQLException {
    Nanos used = new Nanos(table.charged(lease.subject, lease.day));
    String spender = owner.spender();
    List<Balance.Line> lines =
        spender == null ? List.of() : List.of(new Balance.Line(spender, used, Nanos.ZERO));
    return new Balance(new Day(lease.day), new Nanos(lease.amount), used, Nanos.ZERO, lines);
  }

  /**
   * The ledger as one event loop has it; to be used by that loop alone. Makes a file, so not to be
   * called on a loop.
   *
   * @throws Unavailable when there is no room for its journal
   */
  public Ledger forLoop() throws Unavailable {
    if (journal == null) {
      return new LoopLedger(this, time, shares, null);
    }
    try {
      return new LoopLedger(this, time, shares, journal.newWriter());
    } catch (IOException noRoom) {
      String what = "there is no room for the journal in " + journal.folder + ": ";
      throw new Unavailable(what + noRoom.getMessage(), noRoom);
    }
  }

  /**
   * Posts all that the loops have flushed, now. Blocks.
   *
   * @throws Unavailable when the store does not take it; nothing is lost
   */
  public void post() throws Unavailable {
    try {
      if (poster != null) {
        poster.post();
      }
    } catch (SQLException | IOException fault) {
      throw new Unavailable("the store does not take usage: " + fault.getMessage(), fault);
    }
  }

  /** The calls of the past, as far as posted; an IllegalStateException where none are kept. */
  public LedgerTable history() {
    if (table == null) {
      throw new IllegalStateException("a ledger in memory has no history");
    }
    return table;
  }

  /** What the store does not have yet; nothing for a ledger in memory. Never blocks. */
  public Backlog backlog() {
    return poster == null ? Backlog.NONE : poster.backlog();
  }

  /** Posts what is left and ends. To be called after the event loops have ended. Blocks. */
  @Override
  public void close() {
    if (journal == null || poster == null) {
      return;
    }
    journal.flushAll();
    poster.close();
    try {
      journal.close();
    } catch (IOException stays) {
      LOG.log(Level.WARNING, "journal: {0}; it is read at the next start", stays);
    }
  }

  Day today() {
    return Day.ofEpochMillis(time.epochMillis());
  }

  /** An account's day; null when that day is closed. */
  @Nullable AccountDay open(AccountId account, Day day) {
    Nanos granted = allowance.today(account).amount();
    Key key = new Key(account, day);
    AccountDay open = days.get(key);
    if (open == null) {
      // The floor is asked in here, where it cannot pass between question and answer.
      open = days.computeIfAbsent(key, _ -> day.compareTo(floor) < 0 ? null : opened(key, granted));
    }
    if (open != null && day.compareTo(floor) < 0) {
      return null; // It stays for what is still held of it, and takes nothing new.
    }
    if (open != null && !open.balance.get().granted().equals(granted)) {
      open.balance.updateAndGet(now -> now.grant(granted));
    }
    if (!day.equals(lastDay)) {
      lastDay = day;
      if (journal == null) {
        raiseFloor();
      }
    }
    return open;
  }

  private AccountDay opened(Key key, Nanos granted) {
    return new AccountDay(key.account, Balance.opening(key.day, granted), shares);
  }

  /** What is to be done about once an hour. */
  private void keepHouse(LedgerTable kept, int retentionDays, BooleanSupplier goesOn) {
    raiseFloor();
    if (retentionDays == 0) {
      return;
    }
    try {
      Day first = new Day(today().epochDay() - retentionDays);
      long deleted = kept.deleteCallsBefore(first, goesOn);
      if (deleted > 0) {
        LOG.log(Level.INFO, "{0} rows of old calls deleted", deleted);
      }
    } catch (SQLException later) {
      LOG.log(Level.WARNING, "old rows stay for now: {0}", later.getMessage());
    }
  }

  /**
   * Closes days that have been over for a day by the clock that cannot be set, and forgets them
   * where nothing is held.
   */
  synchronized void raiseFloor() {
    Day yesterday = today().previous();
    long now = time.nanos();
    if (yesterday.compareTo(nextFloor) < 0) {
      nextFloor = yesterday;
      nextFloorSince = now;
    } else if (now - nextFloorSince >= FLOOR_LAG_NANOS) {
      floor = nextFloor.compareTo(floor) > 0 ? nextFloor : floor;
      nextFloor = yesterday;
      nextFloorSince = now;
    }
    Day closed = floor;
    days.entrySet()
        .removeIf(entry ->
            entry.getKey().day.compareTo(closed) < 0
                && entry.getValue().balance.get().held().equals(Nanos.ZERO));
  }
}
