package com.runspace;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.cluster.Cluster;
import com.runspace.config.Access;
import com.runspace.config.Settings;
import com.runspace.keys.Keyring;
import com.runspace.keys.MemoryKeyring;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.Allowance;
import com.runspace.ledger.Ledger;
import com.runspace.ledger.LedgerTable;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Spender;
import com.runspace.ledger.Standing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is kept: the ledger with its journal, the keys, the store of both; or all in memory. */
final class Books implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Books.class.getName());
  private static final String FIRST = "first key";
  private static final Duration BUSY = Duration.ofSeconds(5);

  private final @Nullable Db db;
  private final @Nullable Cluster cluster;
  private final Keyring keyring;
  private final Settings.Keys newKeys;
  private final Time time;
  private final @Nullable LocalLedger kept;
  private final AtomicReference<Allowance> allowance;
  private final ConcurrentLinkedQueue<Ledger> unused;
  private final Ledger any;

  private Books(
      @Nullable Db db,
      @Nullable Cluster cluster,
      Keyring keyring,
      Settings.Keys newKeys,
      Time time,
      @Nullable LocalLedger kept,
      AtomicReference<Allowance> allowance,
      List<Ledger> ledgers) {
    this.newKeys = newKeys;
    this.time = time;
    this.db = db;
    this.cluster = cluster;
    this.keyring = keyring;
    this.kept = kept;
    this.allowance = allowance;
    this.unused = new ConcurrentLinkedQueue<>(ledgers);
    this.any = ledgers.getFirst();
  }

  /** Books that are gone with their process. */
  static Books inMemory(Settings settings, Time time, Randomness random) {
    AtomicReference<Allowance> allowance = new AtomicReference<>(allowance(settings));
    Ledger ledger = LocalLedger.inMemory(account -> allowance.get().today(account), time);
    List<Ledger> ledgers = new ArrayList<>();
    for (int i = 0; i <= settings.eventLoops(); i++) {
      ledgers.add(ledger);
    }
    Settings.Keys keys = settings.keys();
    Keyring keyring = new MemoryKeyring(random, time);
    return new Books(null, null, keyring, keys, time, null, allowance, ledgers);
  }

  /**
   * The books in a data folder whose lock the caller holds. Blocks while what an earlier process
   * left is posted.
   */
  static Books open(Path data, Settings settings, Time time, Randomness random)
      throws Wiring.StartFailed {
    return open(data, settings, time, random, /* shares= */ null);
  }

  /**
   * The same where other nodes use the keys too; parts of their limits come from {@code shares}.
   */
  static Books open(
      Path data, Settings settings, Time time, Randomness random, @Nullable Shares shares)
      throws Wiring.StartFailed {
    AtomicReference<Allowance> allowance = new AtomicReference<>(allowance(settings));
    Db db = null;
    try {
      db = store(data, settings);
      Path id = data.resolve("node");
      Cluster cluster = db.isShared() ? Cluster.join(db, id, host(), time, random) : null;
      Shares parts = cluster == null ? shares : cluster.leases();
      StoredKeyring keyring = new StoredKeyring(db, time, random, parts);
      LocalLedger ledger =
          LocalLedger.open(
              table(db, cluster),
              data.resolve("journal"),
              new LocalLedger.Plan(settings.ledger().syncAlways(), settings.ledger().keepDays()),
              account -> allowance.get().today(account),
              time,
              () -> division(cluster));
      List<Ledger> ledgers = new ArrayList<>();
      for (int i = 0; i <= settings.eventLoops(); i++) {
        ledgers.add(ledger.forLoop());
      }
      Settings.Keys keys = settings.keys();
      return new Books(db, cluster, keyring, keys, time, ledger, allowance, ledgers);
    } catch (SQLException
        | IOException
        | LocalLedger.Unavailable
        | IllegalArgumentException cannot) {
      if (db != null) {
        db.close();
      }
      String said = String.valueOf(cannot.getMessage());
      throw new Wiring.StartFailed(said.contains(data.toString()) ? said : said + ", in " + data);
    }
  }

  private static Db store(Path data, Settings settings) throws SQLException {
    Secret url = settings.store();
    return url == null ? Db.sqlite(data.resolve("runspace.db"), BUSY) : Db.postgres(url.reveal());
  }

  private static LedgerTable table(Db db, @Nullable Cluster cluster) throws SQLException {
    return cluster == null
        ? new LedgerTable(db)
        : new LedgerTable(db, cluster.node().number(), fence(cluster));
  }

  private static LedgerTable.Fence fence(Cluster cluster) {
    return new LedgerTable.Fence() {
      @Override
      public void check(Connection connection) throws SQLException {
        cluster.check(connection);
      }

      @Override
      public long postedBefore(Connection connection) throws SQLException {
        return cluster.postedBefore(connection);
      }
    };
  }

  private static LocalLedger.Division division(@Nullable Cluster cluster) throws SQLException {
    if (cluster == null) {
      return LocalLedger.Division.NONE;
    }
    List<LocalLedger.Leased> leased =
        cluster.held().stream()
            .map(held -> new LocalLedger.Leased(held.subject(), held.day(), held.amount()))
            .toList();
    return new LocalLedger.Division(cluster.leases(), leased);
  }

  /** The name of this machine, for operators. */
  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException nameless) {
      return "unnamed";
    }
  }

  /** Where a token decides, nothing is granted before the gate has been opened. */
  private static Allowance allowance(Settings settings) {
    boolean gated = settings.access() instanceof Access.Gated;
    Nanos amount = gated ? Nanos.ZERO : settings.local().allowance();
    Allowance.Grant grant = new Allowance.Grant(amount, gated ? "" : "local");
    return _ -> grant;
  }

  /** This node among those that share the store; null for a node alone. */
  @Nullable Cluster cluster() {
    return cluster;
  }

  /** Begins to share with other nodes, when all who listen to them are there. */
  void start() {
    if (cluster != null) {
      cluster.start();
    }
  }

  /** Who says from now on what an account may spend in a day. */
  void grantBy(Allowance decider) {
    allowance.set(decider);
  }

  /** What an account is granted today. */
  Allowance.Grant grant(AccountId account) {
    return allowance.get().today(account);
  }

  /** One for each event loop; made at the start, since making one blocks. */
  Supplier<Ledger> forLoops() {
    return () -> {
      Ledger next = unused.poll();
      if (next == null) {
        throw new IllegalStateException("there are more loops than were said");
      }
      return next;
    };
  }

  /** How a day stands; reads memory only. */
  Standing standing(Spender spender) {
    return any.standing(spender);
  }

  /** The ledger that keeps a history; null when none is kept. */
  @Nullable LocalLedger kept() {
    return kept;
  }

  Keyring keyring() {
    return keyring;
  }

  /** The keys of the store; null when they are in memory alone. */
  @Nullable StoredKeyring storedKeys() {
    return keyring instanceof StoredKeyring stored ? stored : null;
  }

  /**
   * A key of an account that has none that lives; null when it has one. Blocks.
   *
   * @throws SQLException when the store could not keep it
   */
  @Nullable Secret firstKey(AccountId account) throws SQLException {
    return switch (keyring) {
      case MemoryKeyring memory -> memory.create(account, FIRST);
      case StoredKeyring stored -> {
        Instant now = Instant.ofEpochMilli(time.epochMillis());
        boolean has = stored.list(account).stream().anyMatch(key -> key.isLive(now));
        yield has ? null : stored.create(account, KeyCommand.usual(FIRST, newKeys)).secret();
      }
      default -> null;
    };
  }

  /** Writes when keys were last used. Blocks. */
  void saveKeyUse() {
    StoredKeyring stored = storedKeys();
    if (stored != null) {
      try {
        stored.flushLastUsed();
      } catch (SQLException later) {
        LOG.log(System.Logger.Level.WARNING, "keys: {0}", later.getMessage());
      }
    }
  }

  /** The store; null when nothing is kept. */
  @Nullable Db db() {
    return db;
  }

  /** Posts what is left. To be called when no loop runs any more. */
  @Override
  public void close() {
    saveKeyUse();
    if (kept != null) {
      kept.close();
    }
    if (cluster != null) {
      cluster.close();
    }
    if (db != null) {
      db.close();
    }
  }
}
