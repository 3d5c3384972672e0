package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Journal;
import com.runspace.journal.Segment;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Reservation.Hold;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A long random story of one account on two event loops, with a real journal and a real store,
 * against a plain list of calls: holds, settlements, flushes, postings, other grants, midnights,
 * clocks set wrong, a store that is out, postings done twice, and crashes between any two of these
 * or in the middle of a write. The same seed tells the same story.
 *
 * <p>A crash drops the ledger as it stands and opens another one on the same files. What each loop
 * had not flushed is lost from some record on: the rows must be those of one such place, and of the
 * last flush where nothing was written since.
 */
public final class CrashStory {
  /** What happened in a story, or in many. */
  public record Told(long steps, long calls, long crashes, long torn, long outages, long doubles) {
    public Told plus(Told more) {
      return new Told(
          steps + more.steps,
          calls + more.calls,
          crashes + more.crashes,
          torn + more.torn,
          outages + more.outages,
          doubles + more.doubles);
    }
  }

  private static final int LOOPS = 2;
  private static final long CAP = 400;
  private static final long NOON = 1_795_262_400_000L;
  private static final long HOUR = 3_600_000;

  private final long seed;
  private final Path folder;
  private final Db db;
  private final StoreOutage store;
  private final Random random;
  private final StoryDisk disk = new StoryDisk();
  private final StoryClock clock = new StoryClock(NOON);
  private final Journal.Plan plan;
  private final boolean smallSegments;
  private final List<Spender> keys;
  private final StoryBooks books;
  private final Map<Day, Long> highest = new HashMap<>();
  private LocalLedger ledger;
  private final List<Ledger> loops = new ArrayList<>();
  private long granted = 1_000;
  private long crashes;
  private long torn;
  private long outages;
  private long doubles;

  private CrashStory(Path folder, Path storeFile, Db db, long seed) throws Exception {
    this.seed = seed;
    this.folder = folder;
    this.db = db;
    store = new StoreOutage(storeFile);
    random = new Random(seed);
    smallSegments = random.nextBoolean();
    plan = new Journal.Plan(disk, Journal.Sync.SOON, smallSegments ? 4_096 : 1 << 16);
    AccountId account = new AccountId("acc_" + seed);
    keys =
        List.of(new Spender(account, "free", null), new Spender(account, "capped", new Nanos(CAP)));
    books = new StoryBooks(LOOPS);
    ledger = open();
  }

  /**
   * Tells the story of a seed.
   *
   * @param folder of the journal, for this story alone
   * @param storeFile the file of {@code db}, which should wait for others no longer than a moment
   * @throws IllegalStateException when something is not as it must be; the message says what, and
   *     in which step
   */
  public static Told tell(Path folder, Path storeFile, Db db, long seed, int steps)
      throws Exception {
    int step = 0;
    CrashStory story = new CrashStory(folder, storeFile, db, seed);
    try {
      while (step < steps) {
        story.step();
        story.check();
        step++;
      }
      story.end();
    } catch (Exception | AssertionError wrong) {
      throw new IllegalStateException(
          "seed " + seed + ", step " + step + ": " + wrong.getMessage(), wrong);
    } finally {
      story.store.end();
      story.drop();
    }
    return new Told(
        steps, story.books.calls(), story.crashes, story.torn, story.outages, story.doubles);
  }

  private LocalLedger open() throws Exception {
    LocalLedger opened =
        LocalLedger.replayed(
            db, folder, plan, 0, _ -> new Allowance.Grant(new Nanos(granted), "tier"), clock);
    loops.clear();
    for (int loop = 0; loop < LOOPS; loop++) {
      loops.add(opened.forLoop());
    }
    return opened;
  }

  private void step() throws Exception {
    switch (random.nextInt(16)) {
      case 0, 1, 2, 3 -> hold();
      case 4, 5, 6 -> settle();
      case 7 -> flush(random.nextInt(LOOPS));
      case 8 -> post();
      case 9 -> granted = random.nextInt(3) == 0 ? 1_000 : 1 + random.nextInt(1_500);
      case 10 -> moveClock();
      case 11 -> keepHouse();
      case 12 -> postTwice();
      case 13 -> {
        if (random.nextInt(4) == 0) {
          outages += store.toggle() ? 1 : 0;
        }
      }
      case 14 -> crash(/* tearing= */ false);
      default -> crash(/* tearing= */ true);
    }
  }

  private void hold() {
    int loop = random.nextInt(LOOPS);
    int key = random.nextInt(keys.size());
    long least = 1L + random.nextInt(60);
    Ask ask = new Ask(new Nanos(least + random.nextInt(300)), new Nanos(least));
    // Calls of other stories are in the same store.
    String callId = "%016x%016x".formatted(seed, books.calls() + 1);
    if (loops.get(loop).hold(keys.get(key), ask, callId, "m")
        instanceof Reservation.Held(Hold hold)) {
      highest.merge(hold.day(), granted, Math::max);
      books.admitted(callId, loop, key, hold);
    }
  }

  private void settle() {
    StoryBooks.Call call = books.anyRunning(random);
    if (call != null) {
      long cost = random.nextInt(400) - 10L;
      Settlement end =
          new Settlement(
              "p", 7, 3, 11, new Nanos(cost), Basis.MEASURED, Ended.COMPLETE, false, false);
      long charge = call.hold.settle(end).value();
      StoryBooks.same(charge, Math.clamp(cost, 0, call.held), "charge of " + call.id);
      books.settled(call, charge);
    }
  }

  private void flush(int loop) {
    loops.get(loop).flush();
    books.flushed(loop);
  }

  private void post() {
    try {
      ledger.post();
    } catch (LocalLedger.Unavailable out) {
      StoryBooks.same(store.isOut(), true, "the store took nothing and was not out: " + out);
    }
  }

  /** Posts all that is still in the journal once more. */
  private void postTwice() {
    doubles++;
    for (Segment segment : journal().segments()) {
      segment.posted = Segment.HEADER_BYTES;
    }
    post();
  }

  private void keepHouse() {
    journal().keepOnce();
    ledger.raiseFloor();
  }

  private Journal journal() {
    Journal journal = ledger.journal;
    if (journal == null) {
      throw new IllegalStateException("no journal");
    }
    return journal;
  }

  private void moveClock() {
    switch (random.nextInt(4)) {
      case 0 -> clock.advance(HOUR * (1 + random.nextInt(13)));
      case 1 -> clock.jump(-HOUR * random.nextInt(26));
      case 2 -> clock.toMidnight(random.nextInt(3) - 1);
      default -> clock.advance(60_000);
    }
  }

  private void crash(boolean tearing) throws Exception {
    crashes++;
    if (tearing) {
      torn++;
      disk.tearAfter(random.nextInt(600));
      loops.get(random.nextInt(LOOPS)).flush();
      disk.whole();
    }
    drop();
    reopen();
    books.crashed(new LedgerTable(db), keys.getFirst().account(), tearing || smallSegments);
  }

  private void reopen() throws Exception {
    try {
      ledger = open();
    } catch (LocalLedger.Unavailable out) {
      StoryBooks.same(store.isOut(), true, "no start, and the store was not out: " + out);
      store.end();
      ledger = open();
    }
  }

  /** What the end of a process does: its files are closed, and nothing else. */
  private void drop() throws Exception {
    for (Segment segment : journal().segments()) {
      segment.channel.close();
    }
  }

  private void check() {
    for (int key = 0; key < keys.size(); key++) {
      Standing now = loops.getFirst().standing(keys.get(key));
      if (now.granted().value() != granted) {
        // The clock went back behind the days that are known; these are closed.
        StoryBooks.same(now.granted(), Nanos.ZERO, "grant");
        continue;
      }
      StoryBooks.Sums sums = books.sums(now.day(), key);
      StoryBooks.Sums said =
          new StoryBooks.Sums(
              now.used().value(),
              now.held().value(),
              now.usedOfKey().value(),
              now.heldOfKey().value());
      StoryBooks.same(said, sums, "standing of " + keys.get(key).id() + " on " + now.day());
      boolean within = sums.used() + sums.held() <= highest.getOrDefault(now.day(), 0L);
      boolean underCap = key == 0 || sums.usedOfKey() + sums.heldOfKey() <= CAP;
      StoryBooks.same(within && underCap, true, "more than granted: " + sums);
    }
  }

  private void end() throws Exception {
    for (int loop = 0; loop < LOOPS; loop++) {
      flush(loop);
    }
    store.end();
    ledger.close();
    reopen();
    AccountId account = keys.getFirst().account();
    LedgerTable table = new LedgerTable(db);
    books.crashed(table, account, /* anyPlace= */ false);
    for (Balance balance : table.balancesSince(new Day(0)).getOrDefault(account, List.of())) {
      StoryBooks.same(balance.used().value(), books.charges(balance.day()), "day in the store");
      boolean within = balance.used().value() <= highest.getOrDefault(balance.day(), 0L);
      StoryBooks.same(within, true, "charges above the grant on " + balance.day());
    }
  }
}
