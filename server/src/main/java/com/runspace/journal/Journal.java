package com.runspace.journal;

import com.runspace.base.Seldom;
import com.runspace.base.Time;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The append-only record of what was admitted and settled, in a folder of segments.
 *
 * <p>Each event loop writes segments of its own, without a lock: records gather in a buffer and go
 * out in one write at {@link Writer#flush}. From there on they outlive the process, because the
 * pages are the kernel's. A thread of its own, the keeper, does all that can take long: it forces
 * the pages to the disk, makes the next segment of each loop ahead of time, and deletes segments
 * whose records are all in the store.
 *
 * <p>A call is admitted only when the room for its settled record is there as well, on top of what
 * all open calls of the loop still need. So a full disk stops new calls, and never a settlement.
 */
public final class Journal implements AutoCloseable {
  /** What new calls are told while no record of them can be made. */
  public static final String CLOSED =
      "Usage cannot be recorded at the moment, so no new calls are taken. Try again later.";

  private static final String CROWDED =
      "journal: open calls need all of a segment; new ones are refused until some have ended";

  /** When records are safe from a power cut; a crash of the process never loses them. */
  public enum Sync {
    /** At the latest 50 ms after the disk has taken what came before. */
    SOON,
    /** Before the last byte of a call; each settled call then waits for the disk on its loop. */
    ALWAYS
  }

  /**
   * How the journal is kept.
   *
   * @param segmentBytes the size of each segment; two of them are held ready per loop
   */
  public record Plan(Segment.Disk disk, Sync sync, long segmentBytes) {
    public static Plan of(Sync sync) {
      return new Plan((path, options) -> FileChannel.open(path, options), sync, 8L << 20);
    }
  }

  private static final System.Logger LOG = System.getLogger(Journal.class.getName());
  private static final long KEEP_NANOS = 50_000_000;
  private static final long SECOND_NANOS = 1_000_000_000;
  private static final int BUFFER_BYTES = 1 << 16;

  public final Path folder;
  private final Plan plan;
  private final Time time;
  private final ConcurrentNavigableMap<Long, Segment> live = new ConcurrentSkipListMap<>();
  private final List<Writer> writers = new CopyOnWriteArrayList<>();
  private final Thread keeper;
  private long lastNumber;
  private volatile boolean stopping;
  private volatile boolean syncFailing;
  private boolean roomFailing;
  private long roomFailedNanos;

  /**
   * Begins a journal.
   *
   * @param lastNumber the highest number that a segment of this folder has had
   */
  public Journal(Path folder, Plan plan, Time time, long lastNumber) {
    this.folder = folder;
    this.plan = plan;
    this.time = time;
    this.lastNumber = lastNumber;
    keeper = Thread.ofPlatform().name("journal-keeper").daemon().unstarted(this::keep);
  }

  public void start() {
    keeper.start();
  }

  /** A writer for one event loop; makes its first segment. */
  public Writer newWriter() throws IOException {
    Writer writer = new Writer(newSegment(0, /* forced= */ false));
    writers.add(writer);
    LockSupport.unpark(keeper);
    return writer;
  }

  /** The segments that are not yet deleted, oldest first. */
  public Collection<Segment> segments() {
    return live.values();
  }

  private synchronized Segment newSegment(long writer, boolean forced) throws IOException {
    // Also when it fails, so that a file in the way is passed over.
    long number = ++lastNumber;
    Segment segment =
        Segment.create(plan.disk, folder, number, writer == 0 ? number : writer, plan.segmentBytes);
    live.put(number, segment);
    try {
      if (forced) {
        segment.channel.force(true);
      }
      Segment.writeList(folder, live.keySet());
      if (forced) {
        Segment.forceFolder(folder);
      }
    } catch (IOException noRoom) {
      live.remove(number);
      segment.delete();
      throw noRoom;
    }
    return segment;
  }

  private void keep() {
    while (!stopping) {
      try {
        keepOnce();
      } catch (RuntimeException fault) {
        LOG.log(Level.ERROR, "journal", fault);
      }
      LockSupport.parkNanos(KEEP_NANOS);
    }
  }

  public void keepOnce() {
    syncAll();
    makeRoom();
    try {
      deletePosted(false);
    } catch (IOException later) {
      LOG.log(Level.WARNING, "journal: a segment cannot be deleted: {0}", later);
    }
  }

  private void syncAll() {
    long began = time.nanos();
    try {
      for (Segment segment : live.values()) {
        long written = segment.written;
        if (segment.forced < written) {
          segment.channel.force(false);
          segment.forced = written;
        }
      }
      if (syncFailing) {
        syncFailing = false;
        LOG.log(Level.WARNING, "journal: the disk takes records again");
      }
    } catch (IOException fault) {
      if (!syncFailing) {
        syncFailing = true;
        LOG.log(
            Level.ERROR,
            "journal: {0} takes no records ({1}); new calls are refused",
            folder,
            fault);
      }
    }
    long took = time.nanos() - began;
    if (took > SECOND_NANOS) {
      LOG.log(
          Level.WARNING,
          "journal: the disk took {0} ms for a sync; a power cut would lose what came since",
          took / 1_000_000);
    }
  }

  private void makeRoom() {
    if (roomFailing && time.nanos() - roomFailedNanos < SECOND_NANOS) {
      return;
    }
    try {
      for (Writer writer : writers) {
        if (writer.spare.get() == null) {
          writer.spare.set(newSegment(writer.name, /* forced= */ true));
        }
      }
      if (roomFailing) {
        roomFailing = false;
        LOG.log(Level.WARNING, "journal: there is room for new segments again");
      }
    } catch (IOException noRoom) {
      roomFailedNanos = time.nanos();
      if (!roomFailing) {
        roomFailing = true;
        LOG.log(
            Level.ERROR,
            "journal: no room for a new segment in {0} ({1}); when the present ones are full,"
                + " new calls are refused until there is. Running calls are settled all the same",
            folder,
            noRoom);
      }
    }
  }

  private void deletePosted(boolean unsealedToo) throws IOException {
    for (Segment segment : live.values()) {
      boolean done = segment.openCalls() == 0 && segment.posted == segment.written;
      if (done && (unsealedToo || segment.sealed)) {
        try {
          synchronized (this) {
            live.remove(segment.number);
            Segment.writeList(folder, live.keySet());
          }
        } finally {
          // Also when the list has no room: this is what makes some.
          segment.delete();
        }
      }
    }
  }

  /**
   * Writes out what the loops have left, and deletes what is posted. To be called when the loops
   * have ended and the poster has posted for the last time.
   */
  @Override
  public void close() throws IOException {
    stopping = true;
    LockSupport.unpark(keeper);
    Poster.awaitEnd(keeper);
    syncAll();
    deletePosted(true);
    for (Segment segment : live.values()) {
      segment.channel.close();
    }
  }

  /** Writes out what the loops have left; for the time after the loops. */
  public void flushAll() {
    writers.forEach(Writer::flush);
  }

  /** Where a call was admitted, and the room that is kept for its settled record. */
  public record Place(Segment segment, int reserved) {}

  /** The records of one event loop. Belongs to it, and never waits for the disk. */
  public final class Writer {
    private final long name;
    private final AtomicReference<@Nullable Segment> spare = new AtomicReference<>();
    private final Segment.Checksum checksum = new Segment.Checksum();
    private ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private Segment current;
    private long reserved;
    private int sequence;
    private final List<Segment> endedHere = new ArrayList<>();
    private final Seldom crowded = new Seldom(time, 60 * SECOND_NANOS);
    private boolean failing;

    private Writer(Segment first) {
      name = first.number;
      current = first;
    }

    /** Records an admission; null when there is no room for it and its settled record. */
    public @Nullable Place admit(Entry.Admitted call) {
      if (failing) {
        flush();
      }
      if (failing || syncFailing) {
        return null;
      }
      makeSpace();
      int from = begin(Entry.ADMITTED);
      Entry.encode(call, buffer);
      int length = buffer.position() - from;
      int settled = length + Entry.SETTLEMENT_BYTES_MAX;
      if (!current.hasRoom(from, reserved + length + settled)) {
        buffer.position(from);
        sequence--;
        return roll(length + settled) ? admit(call) : null;
      }
      end(from);
      reserved += settled;
      current.count(1);
      return new Place(current, settled);
    }

    /** Records a settlement, in the room that was kept for it. */
    public void settle(Place place, Entry.Settled settled) {
      makeSpace();
      int from = begin(Entry.SETTLED);
      Entry.encode(settled, buffer);
      end(from);
      reserved -= place.reserved;
      endedHere.add(place.segment);
    }

    /**
     * Hands all records to the kernel. When it does not take them they are kept and tried again.
     */
    public void flush() {
      if (buffer.position() == 0) {
        return;
      }
      int length = buffer.position();
      long place = current.written;
      try {
        buffer.flip();
        Segment.write(current.channel, buffer, place);
        if (!endedHere.isEmpty() && plan.sync == Sync.ALWAYS) {
          current.channel.force(false);
        }
      } catch (IOException fault) {
        buffer.limit(buffer.capacity()).position(length);
        failed(fault);
        return;
      }
      buffer.clear();
      current.written = place + length;
      // Only now, or the admission could be deleted before its settlement is in a file.
      endedHere.forEach(admittedIn -> admittedIn.count(-1));
      endedHere.clear();
      if (failing) {
        failing = false;
        LOG.log(Level.WARNING, "journal: records can be written again");
      }
    }

    private void failed(IOException fault) {
      if (!failing) {
        failing = true;
        LOG.log(
            Level.ERROR,
            "journal: {0} cannot be written ({1}); new calls are refused",
            current.path,
            fault);
      }
    }

    /** Goes on in the next segment; false when there is none, or the present one cannot end. */
    private boolean roll(int bytes) {
      Segment next = spare.get();
      if (next == null || !next.hasRoom(0, reserved + bytes)) {
        if (next != null && crowded.isDue()) {
          LOG.log(Level.WARNING, CROWDED);
        }
        return false;
      }
      int from = begin(Segment.SEAL);
      end(from);
      flush();
      if (failing) {
        // The seal is taken back, since records will still be written here.
        buffer.position(from);
        sequence--;
        return false;
      }
      current.sealed = true;
      current = next;
      sequence = 0;
      spare.set(null);
      LockSupport.unpark(keeper);
      return true;
    }

    /** Leaves room for any one record in the buffer. */
    private void makeSpace() {
      if (buffer.remaining() >= Segment.RECORD_BYTES_MAX) {
        return;
      }
      flush();
      if (buffer.remaining() < Segment.RECORD_BYTES_MAX) {
        // The disk does not take it. What admitted calls still need is bounded by the segment.
        buffer = ByteBuffer.allocate(2 * buffer.capacity()).put(buffer.flip());
      }
    }

    private int begin(byte type) {
      int from = buffer.position();
      buffer.position(from + Segment.FRAME_BYTES);
      buffer.put(type).putInt(sequence++);
      return from;
    }

    private void end(int from) {
      int body = from + Segment.FRAME_BYTES;
      int length = buffer.position() - body;
      long place = current.written + from;
      buffer.putInt(from, length);
      buffer.putInt(from + 4, checksum.of(current.number, place, buffer.array(), body, length));
    }
  }
}
