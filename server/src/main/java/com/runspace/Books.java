package com.runspace;

import com.runspace.base.Db;
import com.runspace.base.Time;
import com.runspace.config.Settings;
import com.runspace.ledger.Allowance;
import com.runspace.ledger.Ledger;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Spender;
import com.runspace.ledger.Standing;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is kept of money: the ledger with its journal and its store, or one in memory alone. */
final class Books implements AutoCloseable {
  private static final Duration BUSY = Duration.ofSeconds(5);

  private final @Nullable Db db;
  private final @Nullable LocalLedger kept;
  private final ConcurrentLinkedQueue<Ledger> unused;
  private final Ledger any;

  private Books(@Nullable Db db, @Nullable LocalLedger kept, List<Ledger> ledgers) {
    this.db = db;
    this.kept = kept;
    this.unused = new ConcurrentLinkedQueue<>(ledgers);
    this.any = ledgers.getFirst();
  }

  /** Books that are gone with their process. */
  static Books inMemory(Settings settings, Time time) {
    Ledger ledger = LocalLedger.inMemory(allowance(settings), time);
    List<Ledger> ledgers = new ArrayList<>();
    for (int i = 0; i <= settings.eventLoops(); i++) {
      ledgers.add(ledger);
    }
    return new Books(null, null, ledgers);
  }

  /**
   * The books in a data folder whose lock the caller holds. Blocks while what an earlier process
   * left is posted.
   */
  static Books open(Path data, Settings settings, Time time) throws Wiring.StartFailed {
    Db db = null;
    try {
      db = Db.sqlite(data.resolve("runspace.db"), BUSY);
      LocalLedger ledger =
          LocalLedger.open(
              db,
              data.resolve("journal"),
              new LocalLedger.Plan(settings.ledger().syncAlways(), settings.ledger().keepDays()),
              allowance(settings),
              time);
      List<Ledger> ledgers = new ArrayList<>();
      for (int i = 0; i <= settings.eventLoops(); i++) {
        ledgers.add(ledger.forLoop());
      }
      return new Books(db, ledger, ledgers);
    } catch (SQLException | LocalLedger.Unavailable | IllegalArgumentException cannot) {
      if (db != null) {
        db.close();
      }
      throw new Wiring.StartFailed(String.valueOf(cannot.getMessage()));
    }
  }

  private static Allowance allowance(Settings settings) {
    Allowance.Grant grant = new Allowance.Grant(settings.local().allowance(), "local");
    return _ -> grant;
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

  /** The store; null when nothing is kept. */
  @Nullable Db db() {
    return db;
  }

  /** Posts what is left. To be called when no loop runs any more. */
  @Override
  public void close() {
    if (kept != null) {
      kept.close();
    }
    if (db != null) {
      db.close();
    }
  }
}
