package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.Reservation.Hold;
import com.runspace.ledger.Settlement.Ended;
import com.runspace.testkit.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Long random stories of one account against a plain list of calls: holds, settlements, flushes,
 * postings, other grants, midnights, clocks set wrong, and crashes between any two of these.
 */
@Timeout(120)
class CrashStoriesTest {
  private static final int SEEDS = 60;
  private static final int STEPS = 120;
  private static final long CAP = 400;

  /** What is known of a call; a charge below zero means that it still runs. */
  private static final class Call {
    final String id;
    final int key;
    final Day day;
    final long held;
    final @Nullable Hold hold;
    boolean admittedSafely;
    boolean settledSafely;
    boolean crashed;
    long charge = -1;

    Call(String id, int key, Hold hold) {
      this.id = id;
      this.key = key;
      this.day = hold.day();
      this.held = hold.amount().value();
      this.hold = hold;
    }
  }

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
  private long granted = 1_000;
  private final Map<Day, Long> highest = new HashMap<>();
  private final List<Call> calls = new ArrayList<>();
  private final Random random = new Random();
  private int admitted;
  private boolean smallSegments;

  @Test
  void noStoryChargesMoreThanWasGrantedOrForgetsWhatIsInTheJournal() throws Exception {
    int all = 0;
    try (Db db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(1))) {
      for (int seed = 0; seed < SEEDS; seed++) {
        random.setSeed(seed);
        smallSegments = seed % 2 == 0;
        calls.clear();
        highest.clear();
        Spender[] keys = {
          new Spender(new AccountId("acc_" + seed), "free", null),
          new Spender(new AccountId("acc_" + seed), "capped", new Nanos(CAP))
        };
        time.jumpTo("2026-11-21T12:00:00Z");
        story(db, folder.resolve("journal" + seed), keys, "seed " + seed);
        all += calls.size();
      }
    }
    assertThat(all).as("calls in all stories").isGreaterThan(SEEDS * 10);
  }

  private void story(Db db, Path journal, Spender[] keys, String story) throws Exception {
    LocalLedger ledger = open(db, journal);
    Ledger loop = ledger.forLoop();
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> hold(loop, keys);
        case 4, 5, 6 -> settle();
        case 7 -> flush(loop);
        case 8 -> ledger.post();
        case 9 -> grant();
        case 10 -> moveClock();
        default -> {
          if (random.nextInt(4) == 0) {
            crash(ledger);
            ledger = open(db, journal);
            loop = ledger.forLoop();
            checkRows(db, keys[0], story + " step " + step);
          } else if (ledger.journal != null) {
            ledger.journal.keepOnce();
          }
        }
      }
      if (smallSegments) {
        // A full segment is written out by itself, and what is safe is then not ours to know.
        flush(loop);
      }
      check(loop, keys, story + " step " + step);
    }
    flush(loop);
    ledger.close();
    open(db, journal).close();
    calls.forEach(call -> call.crashed |= call.charge < 0);
    checkRows(db, keys[0], story + " end");
  }

  private LocalLedger open(Db db, Path journal) throws Exception {
    return LocalLedger.replayed(
        db,
        journal,
        Samples.plan(smallSegments ? 4_096 : 1 << 16),
        0,
        _ -> new Allowance.Grant(new Nanos(granted), "tier"),
        time);
  }

  private void hold(Ledger loop, Spender[] keys) {
    int key = random.nextInt(2);
    long least = 1L + random.nextInt(60);
    Ask ask = new Ask(new Nanos(least + random.nextInt(300)), new Nanos(least));
    String id = Samples.id(++admitted);
    if (loop.hold(keys[key], ask, id, "m") instanceof Reservation.Held(Hold hold)) {
      highest.merge(hold.day(), granted, Math::max);
      calls.add(new Call(id, key, hold));
    }
  }

  private void settle() {
    List<Call> open = calls.stream().filter(call -> call.charge < 0 && !call.crashed).toList();
    if (!open.isEmpty()) {
      Call call = open.get(random.nextInt(open.size()));
      long cost = random.nextInt(400) - 10L;
      if (call.hold != null) {
        call.charge = call.hold.settle(Samples.settlement(cost, Ended.COMPLETE)).value();
        assertThat(call.charge).isEqualTo(Math.clamp(cost, 0, call.held));
      }
    }
  }

  private void flush(Ledger loop) {
    loop.flush();
    for (Call call : calls) {
      call.admittedSafely = true;
      call.settledSafely |= call.charge >= 0;
    }
  }

  private void grant() {
    granted = random.nextInt(3) == 0 ? 1_000 : random.nextInt(1_500);
  }

  private void moveClock() {
    switch (random.nextInt(3)) {
      case 0 -> time.advance(Duration.ofHours(1 + random.nextInt(13)));
      case 1 -> {
        long back = time.epochMillis() - Duration.ofHours(random.nextInt(26)).toMillis();
        time.jumpTo(Instant.ofEpochMilli(back).toString());
      }
      default -> time.advance(Duration.ofMinutes(1));
    }
  }

  /** As kill -9 would have it: what is not flushed is gone, and so is all that was in memory. */
  private void crash(LocalLedger ledger) throws Exception {
    if (ledger.journal != null) {
      for (Segment segment : ledger.journal.segments()) {
        segment.channel.close();
      }
    }
    calls.removeIf(call -> !call.admittedSafely);
    for (Call call : calls) {
      if (!call.settledSafely && !call.crashed) {
        call.crashed = true;
        call.charge = 0;
        call.settledSafely = true;
      }
    }
  }

  private void check(Ledger loop, Spender[] keys, String story) {
    for (int key = 0; key < 2; key++) {
      Standing standing = loop.standing(keys[key]);
      Day day = standing.day();
      if (standing.granted().value() != granted) {
        // The clock went back behind the days that are known; these are closed.
        assertThat(standing.granted()).isEqualTo(Nanos.ZERO);
        continue;
      }
      long[] sums = new long[4];
      for (Call call : calls) {
        if (call.day.equals(day)) {
          int state = call.charge < 0 ? 1 : 0;
          long amount = call.charge < 0 ? call.held : call.charge;
          sums[state] += amount;
          sums[2 + state] += call.key == key ? amount : 0;
        }
      }
      long[] said = {
        standing.used().value(),
        standing.held().value(),
        standing.usedOfKey().value(),
        standing.heldOfKey().value()
      };
      assertThat(said).as(story).containsExactly(sums);
      assertThat(sums[0] + sums[1]).as(story).isLessThanOrEqualTo(highest.getOrDefault(day, 0L));
      assertThat(key == 0 || sums[2] + sums[3] <= CAP).as(story).isTrue();
    }
  }

  private void checkRows(Db db, Spender key, String story) throws Exception {
    LedgerTable table = new LedgerTable(db);
    Map<String, Long> rows = new TreeMap<>();
    for (Entry.Settled row : table.calls(key.account(), 0, Long.MAX_VALUE, null, 10_000)) {
      rows.put(row.call().callId(), row.charge().value());
      assertThat(row.settlement().ended() == Ended.CRASHED && row.charge().value() > 0).isFalse();
    }
    Map<String, Long> known = new TreeMap<>();
    Map<Day, Long> days = new TreeMap<>();
    for (Call call : calls) {
      known.put(call.id, Math.max(0, call.charge));
      days.merge(call.day, Math.max(0, call.charge), Long::sum);
    }
    assertThat(rows).as(story).isEqualTo(known);
    Map<Day, Long> sums = new TreeMap<>();
    for (LedgerTable.Usage day :
        table.usage(key.account(), new Day(0), new Day(99_999), EnumSet.of(By.DAY))) {
      if (day.day() != null) {
        sums.put(day.day(), day.charge().value());
      }
    }
    assertThat(sums).as(story).isEqualTo(days);
    List<Balance> balances = table.balancesSince(new Day(0)).getOrDefault(key.account(), List.of());
    for (Balance balance : balances) {
      assertThat(balance.used().value()).isEqualTo(days.getOrDefault(balance.day(), 0L));
      assertThat(balance.used().value())
          .as(story)
          .isLessThanOrEqualTo(highest.getOrDefault(balance.day(), 0L));
    }
  }
}
