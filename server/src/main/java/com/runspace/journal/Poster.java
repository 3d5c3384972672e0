package com.runspace.journal;

import com.runspace.base.Time;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Moves settled calls from the journal into the store, in batches, on a thread of its own.
 *
 * <p>It reads the segments themselves, up to where the loops have written. So while the store is
 * out only the journal grows, and nothing waits in memory. Posting is idempotent, so how far it got
 * need not be remembered over a restart.
 */
public final class Poster implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Poster.class.getName());

  /**
   * How often and how much is posted. The more calls share a transaction, the more of them share a
   * sum of an account's day, which costs the store as much as some calls do.
   *
   * @param restNanos between two postings; usage is that old at the most
   * @param batch calls of one transaction at the most
   */
  public record Pace(long restNanos, int batch) {
    /** For a store of this node, whose other writers wait for a transaction. */
    public static final Pace ALONE = new Pace(1_000_000_000L, 8_192);

    /** For a store that is shared, and where nodes write beside each other. */
    public static final Pace SHARED = new Pace(5_000_000_000L, 32_768);
  }

  private static final long PAUSE_MAX_NANOS = 10_000_000_000L;
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  private final Journal journal;
  private final CallStore store;
  private final Time time;
  private final Consumer<BooleanSupplier> housekeeping;
  private final Thread thread;
  private volatile boolean stopping;
  private volatile boolean failing;
  private final Pace pace;

  /** When the last posting began that came to its end. */
  private volatile long postedNanos;

  private long pauseNanos;
  private long keptHouseNanos;

  /**
   * A poster that has not begun.
   *
   * @param housekeeping run about once an hour; to ask now and then whether it may go on, since
   *     calls are posted while it asks
   */
  public Poster(
      Journal journal,
      CallStore store,
      Time time,
      Pace pace,
      Consumer<BooleanSupplier> housekeeping) {
    this.pace = pace;
    pauseNanos = pace.restNanos;
    this.journal = journal;
    this.store = store;
    this.time = time;
    this.housekeeping = housekeeping;
    postedNanos = time.nanos();
    keptHouseNanos = postedNanos - HOUR_NANOS;
    thread = Thread.ofPlatform().name("journal-poster").daemon().unstarted(this::run);
  }

  public Backlog backlog() {
    return Backlog.of(journal.segments(), time.nanos() - postedNanos, failing);
  }

  public void start() {
    thread.start();
  }

  private void run() {
    while (!stopping) {
      tryToPost();
      if (!failing && time.nanos() - keptHouseNanos >= HOUR_NANOS) {
        keepHouse();
      }
      LockSupport.parkNanos(this, pauseNanos);
    }
  }

  private void tryToPost() {
    try {
      int posted = post();
      pauseNanos = pace.restNanos;
      if (failing) {
        failing = false;
        LOG.log(
            Level.WARNING,
            "the store takes usage again; {0} calls that had waited are posted",
            posted);
      }
    } catch (SQLException | IOException | RuntimeException fault) {
      pauseNanos = Math.min(2 * pauseNanos, PAUSE_MAX_NANOS);
      if (!failing) {
        failing = true;
        LOG.log(
            Level.ERROR,
            "the store does not take usage ({0}); it waits in the journal, nothing is lost",
            fault.getMessage());
      }
    }
  }

  private void keepHouse() {
    keptHouseNanos = time.nanos();
    housekeeping.accept(this::postsBetween);
  }

  /** Posts if it is time to; false when the rest of the housekeeping has to wait for an hour. */
  private boolean postsBetween() {
    if (time.nanos() - postedNanos >= pauseNanos) {
      tryToPost();
    }
    return !stopping && !failing;
  }

  /**
   * Posts all that is written in the journal now.
   *
   * @return how many calls were new to the store
   */
  public synchronized int post() throws SQLException, IOException {
    long began = time.nanos();
    List<Entry.Settled> batch = new ArrayList<>();
    Map<Segment, Long> reached = new LinkedHashMap<>();
    int added = 0;
    for (Segment segment : journal.segments()) {
      long to = segment.written;
      if (to > segment.posted) {
        read(segment, to, batch);
        reached.put(segment, to);
      }
      if (batch.size() >= pace.batch) {
        added += post(batch, reached);
      }
    }
    added += post(batch, reached);
    postedNanos = began;
    return added;
  }

  private int post(List<Entry.Settled> batch, Map<Segment, Long> reached) throws SQLException {
    int added = 0;
    for (int from = 0; from < batch.size(); from += pace.batch) {
      added += store.post(batch.subList(from, Math.min(from + pace.batch, batch.size())));
    }
    reached.forEach((segment, to) -> segment.posted = to);
    batch.clear();
    reached.clear();
    return added;
  }

  private static void read(Segment segment, long to, List<Entry.Settled> batch) throws IOException {
    long from = segment.posted;
    ByteBuffer bytes = ByteBuffer.allocate((int) (to - from));
    while (bytes.hasRemaining()) {
      if (segment.channel.read(bytes, from + bytes.position()) < 0) {
        throw new IOException(segment.path + " has become shorter");
      }
    }
    Segment.Scan scan =
        Segment.scan(
            segment.number,
            bytes.array(),
            from,
            bytes.capacity(),
            (type, entry) -> {
              // Admissions are of interest only after a crash.
              if (type == Entry.SETTLED && Entry.decode(type, entry) instanceof Entry.Settled s) {
                batch.add(s);
              }
            });
    if (!scan.gaps().isEmpty() || scan.torn() > 0) {
      LOG.log(
          Level.ERROR, "journal: {0} was changed after it was written: {1}", segment.path, scan);
    }
  }

  /** Ends the thread after a last posting; what the store does not take stays in the journal. */
  @Override
  public void close() {
    stopping = true;
    LockSupport.unpark(thread);
    awaitEnd(thread);
    tryToPost();
  }

  /** Waits for a thread that must not be interrupted, since that would close its files. */
  static void awaitEnd(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException again) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
