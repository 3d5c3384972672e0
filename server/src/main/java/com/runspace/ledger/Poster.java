package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Time;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;

/**
 * Moves settled calls from the journal into the store, in batches, on a thread of its own.
 *
 * <p>It reads the segments themselves, up to where the loops have written. So while the store is
 * out only the journal grows, and nothing waits in memory. Posting is idempotent, so how far it got
 * need not be remembered over a restart.
 */
final class Poster implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Poster.class.getName());

  /** As many calls share a transaction, and what it costs whatever is in it. */
  private static final int BATCH = 8192;

  /** Usage is that old at the most; the rarer a transaction is, the more calls share it. */
  private static final long PAUSE_NANOS = 1_000_000_000L;

  private static final long PAUSE_MAX_NANOS = 10_000_000_000L;
  private static final long HOUR_NANOS = 3_600_000_000_000L;

  /**
   * What was found in the journal of an earlier process.
   *
   * @param settled calls with a settled record
   * @param crashed calls that were open, which are charged nothing
   * @param added rows that the store did not have yet
   * @param damage what could not be read, a sentence each
   * @param lastNumber the highest number that a segment had
   */
  record Replayed(
      int segments, long settled, long crashed, long added, List<String> damage, long lastNumber) {}

  /** Where calls are posted to. */
  @FunctionalInterface
  interface Store {
    /** Adds calls, all or none; says how many it did not have yet. */
    int post(List<Entry.Settled> calls) throws SQLException;
  }

  private final Journal journal;
  private final LedgerTable table;
  private final Time time;
  private final int retentionDays;
  private final Runnable housekeeping;
  private final Thread thread;
  private volatile boolean stopping;
  private volatile boolean failing;
  private long pauseNanos = PAUSE_NANOS;
  private long keptHouseNanos;

  /**
   * A poster that has not begun.
   *
   * @param retentionDays how many days rows are kept; 0 for ever
   * @param housekeeping run about once an hour
   */
  Poster(Journal journal, LedgerTable table, Time time, int retentionDays, Runnable housekeeping) {
    this.journal = journal;
    this.table = table;
    this.time = time;
    this.retentionDays = retentionDays;
    this.housekeeping = housekeeping;
    keptHouseNanos = time.nanos() - HOUR_NANOS;
    thread = Thread.ofPlatform().name("journal-poster").daemon().unstarted(this::run);
  }

  Ledger.Backlog backlog() {
    return Segment.backlog(journal.segments(), failing);
  }

  void start() {
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
      pauseNanos = PAUSE_NANOS;
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
    housekeeping.run();
    if (retentionDays == 0) {
      return;
    }
    Day today = Day.ofEpochMillis(time.epochMillis());
    try {
      long deleted = table.deleteCallsBefore(new Day(today.epochDay() - retentionDays));
      if (deleted > 0) {
        LOG.log(Level.INFO, "{0} rows of old calls deleted", deleted);
      }
    } catch (SQLException later) {
      LOG.log(Level.WARNING, "old rows stay for now: {0}", later.getMessage());
    }
  }

  /**
   * Posts all that is written in the journal now.
   *
   * @return how many calls were new to the store
   */
  synchronized int post() throws SQLException, IOException {
    List<Entry.Settled> batch = new ArrayList<>();
    Map<Segment, Long> reached = new LinkedHashMap<>();
    int added = 0;
    for (Segment segment : journal.segments()) {
      long to = segment.written;
      if (to > segment.posted) {
        read(segment, to, batch);
        reached.put(segment, to);
      }
      if (batch.size() >= BATCH) {
        added += post(batch, reached);
      }
    }
    return added + post(batch, reached);
  }

  private int post(List<Entry.Settled> batch, Map<Segment, Long> reached) throws SQLException {
    int added = 0;
    for (int from = 0; from < batch.size(); from += BATCH) {
      added += table.post(batch.subList(from, Math.min(from + BATCH, batch.size())));
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

  /**
   * Posts all that an earlier process left in the journal, and deletes it. Calls that were open are
   * posted as crashed. Segments in which something was damaged are kept in a folder beside.
   *
   * @throws SQLException when the store does not take it; then nothing is deleted
   * @throws IOException when the journal cannot be read, or was written by a newer version
   */
  static Replayed replay(Path folder, Store store, long nowMillis)
      throws SQLException, IOException {
    return new Replay(folder, store).run(nowMillis);
  }

  /** One reading of all segments that are there. */
  private static final class Replay {
    private final Path folder;
    private final Store store;
    private final Map<String, Entry.Admitted> open = new LinkedHashMap<>();
    private final List<Entry.Settled> batch = new ArrayList<>();
    private final List<String> damage = new ArrayList<>();
    private final Set<Long> damaged = new TreeSet<>();
    // Of each loop the last segment with records, where that has no end yet.
    private final Map<Long, Long> unsealed = new LinkedHashMap<>();
    private long settled;
    private long added;

    Replay(Path folder, Store store) {
      this.folder = folder;
      this.store = store;
    }

    Replayed run(long nowMillis) throws SQLException, IOException {
      NavigableMap<Long, Path> files = new TreeMap<>();
      try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
        for (Path file : all) {
          Segment.number(file).ifPresent(number -> files.put(number, file));
        }
      }
      NavigableSet<Long> numbers = new TreeSet<>(files.keySet());
      numbers.addAll(listed());
      for (long number : numbers) {
        Path file = files.get(number);
        if (file == null) {
          damage.add("segment " + number + " is missing, with all of its records");
        } else {
          read(number, file);
        }
        if (batch.size() >= BATCH) {
          postBatch();
        }
      }
      long crashed = open.size();
      open.values().forEach(call -> batch.add(call.crashed(nowMillis)));
      postBatch();
      tidyUp(files);
      long last = numbers.isEmpty() ? 0 : numbers.last();
      return new Replayed(files.size(), settled, crashed, added, List.copyOf(damage), last);
    }

    private Set<Long> listed() throws IOException {
      Path list = folder.resolve(Segment.LIST);
      Set<Long> numbers = new TreeSet<>();
      if (Files.exists(list)) {
        for (String line : Files.readAllLines(list, StandardCharsets.ISO_8859_1)) {
          if (line.matches("\\d{1,12}")) {
            numbers.add(Long.valueOf(line));
          } else {
            damage.add("the list of segments cannot be read; a missing one may go unnoticed");
          }
        }
      }
      return numbers;
    }

    private void read(long number, Path file) throws IOException {
      byte[] bytes = Files.readAllBytes(file);
      Segment.Header header = Segment.Header.read(bytes);
      if (header == null) {
        found(number, "its head cannot be read");
      } else if (header.isNewer()) {
        throw new IOException(
            file + " was written by a newer RunSpace. Start that one, or remove the file.");
      } else if (header.number() != number) {
        found(number, "it is a copy of segment " + header.number() + " and was passed over");
        return;
      }
      if (bytes.length <= Segment.HEADER_BYTES) {
        return;
      }
      byte[] records = Arrays.copyOfRange(bytes, Segment.HEADER_BYTES, bytes.length);
      Segment.Scan scan =
          Segment.scan(
              number,
              records,
              Segment.HEADER_BYTES,
              records.length,
              (type, entry) -> take(number, type, entry));
      for (Segment.Gap gap : scan.gaps()) {
        String lost = gap.lost() == 0 ? "an unknown number of" : Long.toString(gap.lost());
        found(
            number,
            "%d bytes at %d cannot be read, %s records are lost"
                .formatted(gap.bytes(), gap.at(), lost));
      }
      if (scan.torn() > 0) {
        found(number, "the last " + scan.torn() + " bytes are no whole record and were cut off");
      }
      if (header != null && (scan.records() > 0 || scan.sealed())) {
        Long before =
            scan.sealed()
                ? unsealed.remove(header.writer())
                : unsealed.put(header.writer(), number);
        if (before != null) {
          found(before, "its end is missing, and an unknown number of records with it");
        }
      }
    }

    private void found(long number, String what) {
      damage.add("segment " + number + ": " + what);
      damaged.add(number);
    }

    private void take(long number, byte type, ByteBuffer bytes) {
      Entry entry;
      try {
        entry = Entry.decode(type, bytes);
      } catch (IllegalArgumentException strange) {
        found(number, "a record is of no known kind (" + strange.getMessage() + ")");
        return;
      }
      switch (entry) {
        case Entry.Admitted call -> open.put(call.callId(), call);
        case Entry.Settled call -> {
          settled++;
          open.remove(call.call().callId());
          batch.add(call);
        }
      }
    }

    private void postBatch() throws SQLException {
      for (int from = 0; from < batch.size(); from += BATCH) {
        added += store.post(batch.subList(from, Math.min(from + BATCH, batch.size())));
      }
      batch.clear();
    }

    private void tidyUp(Map<Long, Path> files) throws IOException {
      Path kept = folder.resolve("damaged");
      if (!damaged.isEmpty()) {
        Files.createDirectories(kept);
      }
      for (Map.Entry<Long, Path> file : files.entrySet()) {
        Path path = file.getValue();
        if (damaged.contains(file.getKey())) {
          Files.move(path, kept.resolve(path.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        } else {
          Files.delete(path);
        }
      }
      Segment.writeList(folder, Set.of());
    }
  }
}
