package com.runspace.journal;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** Calls to put into a journal, and a store that keeps what is posted as the real one does. */
public final class Samples {
  public static final AccountId ACCOUNT = new AccountId("acc_1");
  public static final long NOW = 1_795_000_000_000L;

  private Samples() {}

  public static String id(long number) {
    return "%032x".formatted(number);
  }

  public static Entry.Admitted admitted(long number, long held) {
    return new Entry.Admitted(
        id(number),
        ACCOUNT,
        "key_" + number % 2,
        Day.ofEpochMillis(NOW),
        "model-ü",
        100,
        50,
        400,
        new Nanos(1_000_000),
        new Nanos(held),
        NOW + number);
  }

  public static Entry.Settled settled(Entry.Admitted call, long charge) {
    Settlement end = settlement(charge, Ended.COMPLETE);
    return new Entry.Settled(call, end, new Nanos(charge), NOW + 1_000);
  }

  public static Settlement settlement(long cost, Ended ended) {
    return new Settlement("prov", 7, 3, 11, new Nanos(cost), Basis.MEASURED, ended, false, true);
  }

  /** Posts to memory; a call that is there stays as it is. */
  public static final class Rows implements CallStore {
    public final Map<String, Entry.Settled> byId = new LinkedHashMap<>();

    @Override
    public int post(List<Entry.Settled> calls) {
      int added = 0;
      for (Entry.Settled call : calls) {
        added += byId.putIfAbsent(call.call().callId(), call) == null ? 1 : 0;
      }
      return added;
    }
  }

  /** A record of a journal and where it ends in its segment. */
  public record Written(long segment, long end, Entry entry) {}

  /** The rows that a journal is worth when only some of its records can be read. */
  public static Map<String, Entry.Settled> worth(List<Written> records, long nowMillis) {
    Map<String, Entry.Settled> rows = new LinkedHashMap<>();
    for (Written record : records) {
      if (record.entry() instanceof Entry.Settled settled) {
        rows.put(settled.call().callId(), settled);
      }
    }
    for (Written record : records) {
      if (record.entry() instanceof Entry.Admitted call) {
        rows.putIfAbsent(call.callId(), call.crashed(nowMillis));
      }
    }
    return rows;
  }

  /**
   * Writes calls with one writer, flushing after each record, so that each one's end is known. A
   * few calls stay open.
   */
  public static List<Written> write(Journal.Writer writer, Journal journal, int calls) {
    List<Written> written = new ArrayList<>();
    List<Entry.Admitted> open = new ArrayList<>();
    List<Journal.Place> places = new ArrayList<>();
    for (int i = 1; i <= calls; i++) {
      Entry.Admitted call = admitted(i, 100 + i);
      Journal.Place place = writer.admit(call);
      if (place == null) {
        // The segment is full, and the next one is the keeper's to make.
        journal.keepOnce();
        place = writer.admit(call);
      }
      if (place == null) {
        throw new AssertionError("no room for call " + i);
      }
      open.add(call);
      places.add(place);
      note(written, writer, journal, call);
      if (i % 3 != 0 || open.size() > 4) {
        int which = open.size() > 1 ? open.size() - 2 : 0;
        Entry.Settled settled = settled(open.remove(which), i);
        writer.settle(places.remove(which), settled);
        note(written, writer, journal, settled);
      }
    }
    return written;
  }

  private static void note(
      List<Written> written, Journal.Writer writer, Journal journal, Entry entry) {
    writer.flush();
    Segment last = null;
    for (Segment segment : journal.segments()) {
      last = segment.written > Segment.HEADER_BYTES ? segment : last;
    }
    if (last == null) {
      throw new AssertionError("nothing written");
    }
    written.add(new Written(last.number, last.written, entry));
  }

  /** Something that comes true after a while. */
  public interface Condition {
    boolean holds() throws Exception;
  }

  /** Asks until it is so; the test's own deadline ends it. */
  public static void await(Condition condition) throws Exception {
    while (!condition.holds()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  public static Journal.Plan plan(long segmentBytes) {
    return new Journal.Plan(Samples::open, Journal.Sync.SOON, segmentBytes);
  }

  public static FileChannel open(Path path, StandardOpenOption... options) throws IOException {
    return FileChannel.open(path, options);
  }
}
