package com.runspace.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.journal.Samples.Rows;
import com.runspace.journal.Samples.Written;
import com.runspace.testkit.ManualTime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a journal when something happens to its files. */
@Timeout(60)
class ReplayTest {
  private static final long LATER = Samples.NOW + 99_000;

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
  private List<Written> records = List.of();
  private final Map<Long, byte[]> files = new TreeMap<>();

  @BeforeEach
  void writeOneSmallSegment() throws Exception {
    write(5, 2_400);
  }

  /** Writes a journal and takes its files away. */
  private void write(int calls, long segmentBytes) throws Exception {
    Journal journal = new Journal(folder, Samples.plan(segmentBytes), time, 0);
    Journal.Writer writer = journal.newWriter();
    records = Samples.write(writer, journal, calls);
    for (Segment segment : journal.segments()) {
      segment.channel.close();
      files.put(segment.number, Files.readAllBytes(segment.path));
    }
    clear();
  }

  private void clear() throws IOException {
    try (var all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }

  private Replay.Found replay(Map<Long, byte[]> journal, Rows rows) throws Exception {
    for (Map.Entry<Long, byte[]> file : journal.entrySet()) {
      Files.write(Segment.path(folder, file.getKey()), file.getValue());
    }
    return Replay.run(folder, rows, LATER);
  }

  private Replay.Found replay(byte[] file, Rows rows) throws Exception {
    return replay(Map.of(1L, file), rows);
  }

  private byte[] file() {
    return files.getOrDefault(1L, new byte[0]);
  }

  private long written() {
    return records.getLast().end();
  }

  @Test
  void aWholeJournalIsReadToItsEnd() throws Exception {
    Rows rows = new Rows();
    Replay.Found replayed = replay(file(), rows);
    assertThat(rows.byId).isEqualTo(Samples.worth(records, LATER));
    assertThat(replayed).isEqualTo(new Replay.Found(1, 4, 1, 5, List.of(), 1));
    assertThat(Segment.path(folder, 1)).as("what is posted is deleted").doesNotExist();
    Entry.Settled crashed = rows.byId.get(Samples.id(5));
    assertThat(crashed).isNotNull();
    assertThat(rows.byId.values().stream().filter(row -> row.charge().value() == 0)).hasSize(1);
  }

  @Test
  void aCutAtAnyByteLosesNothingBeforeIt() throws Exception {
    for (int cut = 0; cut <= written(); cut++) {
      int at = cut;
      List<Written> left = records.stream().filter(record -> record.end() <= at).toList();
      boolean clean =
          cut == Segment.HEADER_BYTES || left.stream().anyMatch(record -> record.end() == at);
      byte[] shorter = Arrays.copyOf(file(), cut);
      for (byte[] file : List.of(shorter, Arrays.copyOf(shorter, file().length))) {
        Rows rows = new Rows();
        Replay.Found replayed = replay(file, rows);
        assertThat(rows.byId).as("cut at %d", cut).isEqualTo(Samples.worth(left, LATER));
        // Where only zeros are cut off, or put in their place, there is nothing to see.
        boolean zeros = cut >= 28 && (cut > Segment.HEADER_BYTES || file.length > cut);
        boolean unseen = clean || (zeros && onlyZeros(cut));
        assertThat(replayed.damage().isEmpty()).as("cut at %d unseen", cut).isEqualTo(unseen);
      }
    }
  }

  private boolean onlyZeros(int cut) {
    long from = Segment.HEADER_BYTES;
    for (Written record : records) {
      from = record.end() <= cut ? record.end() : from;
    }
    for (int at = (int) from; at < cut; at++) {
      if (file()[at] != 0) {
        return false;
      }
    }
    return true;
  }

  @Test
  void aFlippedBitCostsItsRecordAndNoOther() throws Exception {
    for (int at = 0; at < written() + 20; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] file = file().clone();
        file[at] ^= (byte) (1 << bit);
        Rows rows = new Rows();
        Replay.Found replayed = replay(file, rows);
        List<Written> left = without(at);
        assertThat(rows.byId).as("byte %d", at).isEqualTo(Samples.worth(left, LATER));
        // The rest of the head is empty and not looked at.
        if (at < 28 || at >= Segment.HEADER_BYTES) {
          assertThat(replayed.damage()).as("byte %d bit %d", at, bit).hasSize(1);
        }
        if (at >= Segment.HEADER_BYTES && at < records.get(records.size() - 2).end()) {
          assertThat(replayed.damage().getFirst()).endsWith(", 1 records are lost");
        }
      }
    }
    assertThat(folder.resolve(Replay.DAMAGED)).isNotEmptyDirectory();
  }

  /** All records but the one in which a byte stands. */
  private List<Written> without(int at) {
    long from = Segment.HEADER_BYTES;
    for (Written record : records) {
      if (at >= from && at < record.end()) {
        return records.stream().filter(each -> !each.equals(record)).toList();
      }
      from = record.end();
    }
    return records;
  }

  @Test
  void aMissingSegmentIsNamedAndCostsOnlyItsRecords() throws Exception {
    files.clear();
    write(60, 2_400);
    long last = records.getLast().segment();
    assertThat(last).isGreaterThan(4);
    for (long missing = 1; missing <= last; missing++) {
      long gone = missing;
      Map<Long, byte[]> rest = new HashMap<>(files);
      rest.remove(gone);
      Segment.writeList(folder, files.keySet());
      Rows rows = new Rows();
      Replay.Found replayed = replay(rest, rows);
      List<Written> left = records.stream().filter(each -> each.segment() != gone).toList();
      assertThat(rows.byId).isEqualTo(Samples.worth(left, LATER));
      assertThat(replayed.damage())
          .containsExactly("segment " + gone + " is missing, with all of its records");
      clear();
    }
  }

  @Test
  void aSegmentWhoseEndIsGoneIsNamed() throws Exception {
    files.clear();
    write(60, 2_400);
    long end = 0;
    for (Written record : records) {
      end = record.segment() == 2 ? record.end() : end;
    }
    Map<Long, byte[]> cut = new HashMap<>(files);
    cut.put(2L, Arrays.copyOf(file(2), (int) end));
    assertThat(replay(cut, new Rows()).damage())
        .containsExactly("segment 2: its end is missing, and an unknown number of records with it");
    assertThat(replay(files, new Rows()).damage()).isEmpty();
  }

  private byte[] file(long number) {
    return files.getOrDefault(number, new byte[0]);
  }

  @Test
  void aCopyOfASegmentCountsOnce() throws Exception {
    Rows rows = new Rows();
    Replay.Found replayed = replay(Map.of(1L, file(), 7L, file()), rows);
    assertThat(rows.byId).isEqualTo(Samples.worth(records, LATER));
    assertThat(replayed.damage())
        .containsExactly("segment 7: it is a copy of segment 1 and was passed over");
    // Nor does it count when its head is gone, since each record knows its segment.
    byte[] headless = file().clone();
    Arrays.fill(headless, 0, Segment.HEADER_BYTES, (byte) 0);
    Rows none = new Rows();
    assertThat(replay(Map.of(7L, headless), none).damage()).isNotEmpty();
    assertThat(none.byId).isEmpty();
  }

  @Test
  void whatTheStoreDoesNotTakeStaysInTheJournal() throws Exception {
    Rows rows = new Rows();
    Files.write(Segment.path(folder, 1), file());
    assertThatThrownBy(() ->
            Replay.run(
                folder,
                calls -> {
                  rows.post(calls.subList(0, 2));
                  throw new SQLException("full");
                },
                LATER))
        .hasMessage("full");
    Replay.Found replayed = Replay.run(folder, rows, LATER);
    assertThat(rows.byId).isEqualTo(Samples.worth(records, LATER));
    assertThat(replayed.added()).isEqualTo(3);
    assertThat(Replay.run(folder, rows, LATER).segments()).isZero();
  }

  @Test
  void aNewerJournalIsLeftAlone() throws Exception {
    Journal journal = new Journal(folder, Samples.plan(2_400), time, 0);
    journal.newWriter();
    Segment segment = journal.segments().iterator().next();
    segment.channel.close();
    byte[] file = Files.readAllBytes(segment.path);
    file[5] = 2;
    // A newer writer would have the right checksum over its version.
    ByteBuffer.wrap(file).putInt(24, new Segment.Checksum().of(0, 0, file, 0, 24));
    Files.write(segment.path, file);
    assertThatThrownBy(() -> Replay.run(folder, new Rows(), LATER))
        .hasMessageContaining("newer RunSpace");
    assertThat(segment.path).exists();
  }
}
