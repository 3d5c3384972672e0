package com.runspace.journal;

import java.io.IOException;
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

/** One reading of all segments that an earlier process left. */
public final class Replay {
  /**
   * What was found in the journal of an earlier process.
   *
   * @param settled calls with a settled record
   * @param crashed calls that were open, which are charged nothing
   * @param added rows that the store did not have yet
   * @param damage what could not be read, a sentence each
   * @param lastNumber the highest number that a segment had
   */
  public record Found(
      int segments, long settled, long crashed, long added, List<String> damage, long lastNumber) {}

  /** The folder within the journal's that segments are moved to in which something was damaged. */
  public static final String DAMAGED = "damaged";

  private static final int BATCH = 8192;

  private final Path folder;
  private final CallStore store;
  private final Map<String, Entry.Admitted> open = new LinkedHashMap<>();
  private final List<Entry.Settled> batch = new ArrayList<>();
  private final List<String> damage = new ArrayList<>();
  private final Set<Long> damaged = new TreeSet<>();
  // Of each loop the last segment with records, where that has no end yet.
  private final Map<Long, Long> unsealed = new LinkedHashMap<>();
  private long settled;
  private long added;

  private Replay(Path folder, CallStore store) {
    this.folder = folder;
    this.store = store;
  }

  /**
   * Posts all that an earlier process left in the journal, and deletes it. Calls that were open are
   * posted as crashed. Segments in which something was damaged are kept in a folder beside.
   *
   * @throws SQLException when the store does not take it; then nothing is deleted
   * @throws IOException when the journal cannot be read, or was written by a newer version
   */
  public static Found run(Path folder, CallStore store, long nowMillis)
      throws SQLException, IOException {
    return new Replay(folder, store).run(nowMillis);
  }

  private Found run(long nowMillis) throws SQLException, IOException {
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
    return new Found(files.size(), settled, crashed, added, List.copyOf(damage), last);
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
          scan.sealed() ? unsealed.remove(header.writer()) : unsealed.put(header.writer(), number);
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
    Path kept = folder.resolve(DAMAGED);
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
