package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Entry;
import com.runspace.journal.Journal;
import com.runspace.journal.Samples;
import com.runspace.journal.Segment;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.Reservation.Hold;
import com.runspace.testkit.ManualTime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disks that are full, broken or slow, and a store that is out. */
@Timeout(60)
class DiskFaultTest {
  private static final Spender SPENDER = new Spender(Samples.ACCOUNT, "key_1", null);
  private static final long GRANT = 1_000_000;
  private static final long SEGMENT_BYTES = 8_192;

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
  private final FaultyDisk disk = new FaultyDisk();
  private final List<Hold> held = new ArrayList<>();
  private Db db;
  private LocalLedger ledger;
  private Ledger loop;
  private int calls;

  @BeforeEach
  void open() throws Exception {
    db = Db.sqlite(folder.resolve("store.db"), Duration.ofMillis(20));
    ledger = reopened();
    loop = ledger.forLoop();
  }

  @AfterEach
  void close() {
    disk.sync.countDown();
    disk.broken = false;
    ledger.close();
    db.close();
  }

  private LocalLedger reopened() throws Exception {
    return reopened(0);
  }

  private LocalLedger reopened(int retentionDays) throws Exception {
    Journal.Plan plan = new Journal.Plan(disk, Journal.Sync.SOON, SEGMENT_BYTES);
    Allowance allowance = _ -> new Allowance.Grant(new Nanos(GRANT), "tier");
    LocalLedger opened =
        LocalLedger.replayed(db, folder.resolve("journal"), plan, retentionDays, allowance, time);
    opened.start();
    return opened;
  }

  private Reservation hold() {
    calls++;
    Ask ask = new Ask(new Nanos(100), new Nanos(100), 1, 2, 3);
    Reservation reservation = loop.hold(SPENDER, ask, Samples.id(calls), "m");
    if (reservation instanceof Reservation.Held now) {
      held.add(now.hold());
    }
    return reservation;
  }

  /** Holds until the journal is full: the keeper gets no room for a new segment. */
  private int holdUntilClosed() {
    int admitted = 0;
    while (hold() instanceof Reservation.Held) {
      admitted++;
    }
    return admitted;
  }

  private void settleAll() {
    for (Hold hold : held) {
      assertThat(hold.settle(Samples.settlement(60, Ended.COMPLETE))).isEqualTo(new Nanos(60));
    }
    held.clear();
    loop.flush();
  }

  private LedgerTable.Usage usage() throws Exception {
    Day day = Day.ofEpochMillis(time.epochMillis());
    return new LedgerTable(db)
        .usage(Samples.ACCOUNT, day, day, EnumSet.noneOf(By.class))
        .getFirst();
  }

  @Test
  void aFullDiskRefusesNewCallsAndSettlesAllThatRun() throws Exception {
    disk.room.set(0);
    AtomicInteger all = new AtomicInteger();
    // A segment that was made just before may still come.
    Samples.await(() -> {
      int more = holdUntilClosed();
      all.addAndGet(more);
      return more == 0;
    });
    int admitted = all.get();
    assertThat(admitted).isGreaterThan(10);
    assertThat(loop.standing(SPENDER).held())
        .as("a refused call holds nothing")
        .isEqualTo(new Nanos(admitted * 100L));
    settleAll();
    ledger.post();
    assertThat(usage().calls()).isEqualTo(admitted);
    assertThat(usage().charge()).isEqualTo(new Nanos(admitted * 60L));
    disk.room.set(Long.MAX_VALUE / 2);
    // The keeper tries once a second of the clock that it was given.
    Samples.await(() -> {
      time.advance(Duration.ofSeconds(1));
      return hold() instanceof Reservation.Held;
    });
    settleAll();
    ledger.post();
    assertThat(usage().calls()).isEqualTo(admitted + 1);
  }

  @Test
  void noRoomAtTheStartIsSaid() {
    disk.room.set(SEGMENT_BYTES / 2);
    assertThatThrownBy(() -> ledger.forLoop())
        .isInstanceOf(LocalLedger.Unavailable.class)
        .hasMessageContaining("no room for the journal")
        .hasMessageContaining("No space left on device");
  }

  @Test
  void aDiskThatTakesNoWritesKeepsTheRecordsUntilItDoes() throws Exception {
    assertThat(hold()).isInstanceOf(Reservation.Held.class);
    assertThat(hold()).isInstanceOf(Reservation.Held.class);
    disk.broken = true;
    loop.flush();
    assertThat(hold()).isEqualTo(new Reservation.Closed(Journal.CLOSED));
    settleAll();
    ledger.post();
    assertThat(loop.standing(SPENDER).used()).isEqualTo(new Nanos(120));
    disk.broken = false;
    Samples.await(() -> hold() instanceof Reservation.Held);
    settleAll();
    ledger.post();
    assertThat(usage().calls()).isEqualTo(3);
    assertThat(usage().charge()).isEqualTo(new Nanos(180));
  }

  @Test
  void aSlowSyncStopsNobodyUntilTheSegmentsAreFull() throws Exception {
    disk.sync = new CountDownLatch(1);
    for (int i = 0; i < 5; i++) {
      assertThat(hold()).isInstanceOf(Reservation.Held.class);
      settleAll();
    }
    ledger.post();
    assertThat(usage().calls()).isEqualTo(5);
    assertThat(holdUntilClosed()).as("what is not on the disk is bounded").isLessThan(200);
    settleAll();
    disk.sync.countDown();
    Samples.await(() -> hold() instanceof Reservation.Held);
    settleAll();
  }

  @Test
  void aStoreThatIsOutOnlyGrowsTheJournal() throws Exception {
    try (Connection other =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("store.db"));
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      for (int i = 0; i < 200; i++) {
        Samples.await(() -> hold() instanceof Reservation.Held);
        settleAll();
      }
      assertThatThrownBy(() -> ledger.post())
          .isInstanceOf(LocalLedger.Unavailable.class)
          .hasMessageContaining("the store does not take usage");
      try (var files = Files.list(folder.resolve("journal"))) {
        assertThat(files.count()).isGreaterThan(5);
      }
      statement.execute("ROLLBACK");
    }
    ledger.post();
    assertThat(usage().charge()).isEqualTo(new Nanos(200 * 60));
    assertThat(loop.standing(SPENDER).used()).isEqualTo(new Nanos(200 * 60));
    Samples.await(() -> {
      try (var files = Files.list(folder.resolve("journal"))) {
        return files.count() <= 3;
      }
    });
  }

  @Test
  void aCleanEndLeavesNoJournalAndAStartFindsTheBalance() throws Exception {
    assertThat(hold()).isInstanceOf(Reservation.Held.class);
    settleAll();
    assertThat(hold()).isInstanceOf(Reservation.Held.class);
    ledger.close();
    ledger = reopened();
    loop = ledger.forLoop();
    Standing standing = loop.standing(SPENDER);
    assertThat(standing.used()).isEqualTo(new Nanos(60));
    assertThat(standing.held()).as("a call that did not end holds nothing").isEqualTo(Nanos.ZERO);
    assertThat(standing.usedOfKey()).isEqualTo(new Nanos(60));
    assertThat(usage().calls()).as("the open call is a crashed one").isEqualTo(2);
    held.clear();
    ledger.close();
    try (var files = Files.list(folder.resolve("journal"))) {
      assertThat(files.map(file -> file.getFileName().toString())).containsExactly("segments");
    }
  }

  @Test
  void moreOpenCallsThanASegmentTakesAreRefusedWithOneWarning() throws Exception {
    List<String> said = new CopyOnWriteArrayList<>();
    Handler ear =
        new StreamHandler() {
          @Override
          public void publish(LogRecord entry) {
            said.add(String.valueOf(entry.getMessage()));
          }
        };
    Logger log = Logger.getLogger(Journal.class.getName());
    log.addHandler(ear);
    try {
      // Also with a spare segment there is no room, since each would have to hold them all.
      Samples.await(() -> holdUntilClosed() == 0 && !said.isEmpty());
      for (int i = 0; i < 100; i++) {
        assertThat(hold()).isEqualTo(new Reservation.Closed(Journal.CLOSED));
      }
      assertThat(said).singleElement().asString().contains("open calls need all of a segment");
      time.advance(Duration.ofMinutes(1));
      assertThat(hold()).isInstanceOf(Reservation.Closed.class);
      assertThat(said).hasSize(2);
    } finally {
      log.removeHandler(ear);
    }
    settleAll();
    assertThat(hold()).isInstanceOf(Reservation.Held.class);
    settleAll();
  }

  @Test
  void syncAlwaysWaitsForTheDiskBeforeTheLastByte() throws Exception {
    FaultyDisk own = new FaultyDisk();
    Journal.Plan plan = new Journal.Plan(own, Journal.Sync.ALWAYS, SEGMENT_BYTES);
    // A folder of its own: a folder has one journal.
    Path apart = Files.createDirectory(folder.resolve("apart"));
    Journal journal = new Journal(apart, plan, time, 1_000);
    Journal.Writer writer = journal.newWriter();
    Entry.Admitted call = Samples.admitted(1, 100);
    Journal.Place place = writer.admit(call);
    long before = own.syncs.get();
    writer.flush();
    assertThat(own.syncs.get()).as("a first byte waits for nothing").isEqualTo(before);
    assertThat(place).isNotNull();
    if (place != null) {
      writer.settle(place, Samples.settled(call, 7));
    }
    writer.flush();
    assertThat(own.syncs.get()).isEqualTo(before + 1);
    for (Segment segment : journal.segments()) {
      segment.delete();
    }
  }

  @Test
  void aCallThatCannotBeRecordedHoldsNothing() throws Exception {
    for (String id : List.of("", "x".repeat(32), "0".repeat(33))) {
      assertThatThrownBy(() -> loop.hold(SPENDER, new Ask(new Nanos(1), new Nanos(1)), id, "m"))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(loop.standing(SPENDER).held()).isEqualTo(Nanos.ZERO);
    assertThat(hold()).isInstanceOf(Reservation.Held.class);
    settleAll();
    ledger.post();
    assertThat(usage().calls()).isEqualTo(1);
  }

  @Test
  void oldRowsGoByThemselvesAndTheirSumsStay() throws Exception {
    LedgerTable table = ledger.history();
    Entry.Admitted old = Samples.admitted(7, 100);
    table.post(List.of(Samples.settled(old, 60)));
    ledger.close();
    time.jumpTo(old.day().end().plus(Duration.ofDays(2)).toString());
    ledger = reopened(2);
    loop = ledger.forLoop();
    Samples.await(() -> table.calls(Samples.ACCOUNT, 0, Long.MAX_VALUE, null, 10).isEmpty());
    assertThat(table.usage(Samples.ACCOUNT, old.day(), old.day(), EnumSet.noneOf(By.class)))
        .hasSize(1);
  }
}
