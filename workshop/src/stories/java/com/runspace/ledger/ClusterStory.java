package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.cluster.StoryNode;
import com.runspace.journal.Journal;
import com.runspace.journal.Segment;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Reservation.Hold;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A long random story of several nodes that share the days of an account, each with a real journal
 * and real leases in a real store: calls, wishes that are lost or arrive twice or very late, nodes
 * that are cut off, crash and come back or lose their disk, wall clocks that go apart, grants that
 * change. The same seed tells the same story.
 *
 * <p>After each step, what all nodes have charged and hold of a day is no more than the highest
 * grant of it, and no more than the cap for a capped key; at the end nothing is held anywhere, and
 * the rows are the calls that ended.
 */
public final class ClusterStory {
  /** What happened in a story, or in many. */
  public record Told(
      long steps, long calls, long refused, long crashes, long cuts, long lost, long late) {
    public static final Told NOTHING = new Told(0, 0, 0, 0, 0, 0, 0);

    public Told plus(Told more) {
      return new Told(
          steps + more.steps,
          calls + more.calls,
          refused + more.refused,
          crashes + more.crashes,
          cuts + more.cuts,
          lost + more.lost,
          late + more.late);
    }
  }

  private static final long CAP = 300;
  private static final long NOON = 1_795_262_400_000L;
  private static final long LEASED_MILLIS = 540_000;

  private record Call(String id, Place place, Hold hold, int key) {}

  private record Charged(long day, int key, long amount) {}

  /** One machine. */
  private final class Place {
    final String id;
    final Path folder;
    final StoryClock clock = new StoryClock(NOON);
    StoryNode node;
    LedgerTable table;
    LocalLedger ledger;
    Ledger loop;
    long granted = 1_000;

    Place(String id) throws Exception {
      this.id = id;
      folder = stories.resolve(id);
      open(/* before= */ null);
    }

    void open(@org.jspecify.annotations.Nullable StoryNode before) throws Exception {
      nodes.remove(before);
      StoryNode now = new StoryNode(db, id, clock, random, nodes, before);
      nodes.add(now);
      node = now;
      table = new LedgerTable(db, now.number(), now::check);
      ledger =
          LocalLedger.replayed(
              table,
              folder,
              new Journal.Plan(FileChannel::open, Journal.Sync.SOON, 1 << 15),
              0,
              _ -> new Allowance.Grant(new Nanos(granted), "tier"),
              clock,
              () -> new LocalLedger.Division(now.shares(), leased(now)));
      loop = ledger.forLoop();
    }

    private List<LocalLedger.Leased> leased(StoryNode now) throws SQLException {
      return now.held().stream()
          .map(held -> new LocalLedger.Leased(held.subject(), held.day(), held.amount()))
          .toList();
    }

    void drop() throws Exception {
      Journal journal = ledger.journal;
      if (journal != null) {
        for (Segment segment : journal.segments()) {
          segment.channel.close();
        }
      }
    }
  }

  private final long seed;
  private final Path stories;
  private final Db db;
  private final Random random;
  private final List<Spender> keys;
  private final List<StoryNode> nodes = new ArrayList<>();
  private final List<Place> places = new ArrayList<>();
  private final List<Call> running = new ArrayList<>();
  private final List<Charged> charged = new ArrayList<>();
  private final Map<Long, Long> highest = new HashMap<>();
  private final Map<String, Long> rows = new HashMap<>();
  private long calls;
  private long refused;
  private long crashes;
  private long cuts;
  private long lost;
  private long late;

  private ClusterStory(Path folder, Db db, long seed) throws Exception {
    this.seed = seed;
    this.stories = folder;
    this.db = db;
    random = new Random(seed);
    AccountId account = new AccountId("acc_" + seed);
    keys =
        List.of(new Spender(account, "free", null), new Spender(account, "capped", new Nanos(CAP)));
    int count = 2 + random.nextInt(3);
    for (int i = 0; i < count; i++) {
      places.add(new Place("n" + seed + "_" + i));
    }
  }

  /**
   * Tells the story of a seed.
   *
   * @param folder of the journals, for this story alone
   * @throws IllegalStateException when something is not as it must be; the message says what, and
   *     in which step
   */
  public static Told tell(Path folder, Db db, long seed, int steps) throws Exception {
    int step = 0;
    ClusterStory story = new ClusterStory(folder, db, seed);
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
      for (Place place : story.places) {
        place.drop();
      }
    }
    return new Told(
        steps, story.calls, story.refused, story.crashes, story.cuts, story.lost, story.late);
  }

  private Place any() {
    return places.get(random.nextInt(places.size()));
  }

  private void step() throws Exception {
    switch (random.nextInt(24)) {
      case 0, 1, 2, 3, 4, 5 -> hold();
      case 6, 7, 8, 9 -> settle();
      case 10, 11, 12, 13 -> any().node.work();
      case 14 -> any().node.press();
      case 15 -> any().node.tick();
      case 16 -> post(any());
      case 17 -> pass(random.nextInt(3) == 0 ? 60_000 : 1 + random.nextInt(2_000));
      case 18 -> grant();
      case 19 -> any().clock.jump((random.nextInt(3) - 1) * 3_600_000L);
      case 20 -> cut();
      case 21 -> crash();
      case 22 -> late += any().node.again() ? 1 : 0;
      default -> {
        if (random.nextInt(8) == 0) {
          loseDisk();
        }
      }
    }
  }

  private void hold() {
    Place place = any();
    int key = random.nextInt(keys.size());
    long least = 1L + random.nextInt(40);
    Ask ask = new Ask(new Nanos(least + random.nextInt(150)), new Nanos(least));
    String id = "%016x%016x".formatted(seed, ++calls);
    // Asking is enough: what is leased of a grant stays good when it falls.
    long today = Day.ofEpochMillis(place.clock.epochMillis()).epochDay();
    highest.merge(today, place.granted, Math::max);
    switch (place.loop.hold(keys.get(key), ask, id, "m")) {
      case Reservation.Held(Hold hold) -> {
        running.add(new Call(id, place, hold, key));
        place.loop.flush();
      }
      case Reservation.Coming _ -> {
        calls--;
        place.node.work();
      }
      default -> {
        calls--;
        refused++;
      }
    }
  }

  private void settle() {
    if (running.isEmpty()) {
      return;
    }
    Call call = running.remove(random.nextInt(running.size()));
    long cost = random.nextInt(200);
    Settlement end =
        new Settlement(
            "p", 7, 3, 11, new Nanos(cost), Basis.MEASURED, Ended.COMPLETE, false, false);
    long charge = call.hold.settle(end).value();
    charged.add(new Charged(call.hold.day().epochDay(), call.key, charge));
    rows.put(call.id, charge);
    call.place.loop.flush();
  }

  private void post(Place place) {
    try {
      place.ledger.post();
    } catch (LocalLedger.Unavailable out) {
      StoryBooks.same(place.node.isCut(), true, "the store took nothing and was there: " + out);
    }
  }

  private void pass(long millis) {
    places.forEach(place -> place.clock.advance(millis));
  }

  /** Nodes hear of another grant one after another. */
  private void grant() {
    any().granted = random.nextInt(3) == 0 ? 1_000 : 200 + random.nextInt(1_200);
  }

  private void cut() {
    Place place = any();
    cuts += place.node.isCut() ? 0 : 1;
    place.node.cut(!place.node.isCut());
  }

  /** The process ends in the middle of its work, and another one begins on the same folder. */
  private void crash() throws Exception {
    crashes++;
    Place place = any();
    crashed(place);
    place.drop();
    place.open(place.node);
  }

  private void crashed(Place place) {
    for (Call call : List.copyOf(running)) {
      if (call.place == place) {
        running.remove(call);
        rows.put(call.id, 0L);
      }
    }
  }

  /**
   * A machine burns down. What it had not posted is the operator's loss, and what it had of the day
   * is free again when its leases have run out.
   */
  private void loseDisk() throws Exception {
    if (places.size() < 2) {
      return;
    }
    lost++;
    Place place = any();
    post(place);
    if (place.node.isCut()) {
      return;
    }
    // Some more, which is lost.
    crashed(place);
    place.drop();
    places.remove(place);
    nodes.remove(place.node);
    pass(LEASED_MILLIS + 60_000);
    place.node.forget(place.table::charged);
    // It had no calls but those, and none of them has ended since.
    places.add(new Place("n" + seed + "_again" + lost));
  }

  private void check() {
    Map<Long, Long> all = new HashMap<>();
    Map<Long, Long> capped = new HashMap<>();
    for (Charged charge : charged) {
      add(all, capped, charge.day, charge.key, charge.amount);
    }
    for (Call call : running) {
      add(all, capped, call.hold.day().epochDay(), call.key, call.hold.amount().value());
    }
    all.forEach((day, sum) -> {
      boolean within = sum <= highest.getOrDefault(day, 0L);
      StoryBooks.same(within, true, sum + " of " + highest.get(day) + " on day " + day);
    });
    capped.forEach((day, sum) ->
        StoryBooks.same(sum <= CAP, true, sum + " of a cap of " + CAP + " on day " + day));
  }

  private static void add(
      Map<Long, Long> all, Map<Long, Long> capped, long day, int key, long amount) {
    all.merge(day, amount, Long::sum);
    if (key == 1) {
      capped.merge(day, amount, Long::sum);
    }
  }

  private void end() throws Exception {
    places.forEach(place -> place.node.cut(false));
    while (!running.isEmpty()) {
      settle();
    }
    check();
    for (Place place : places) {
      place.ledger.close();
      place.node.close();
    }
    AccountId account = keys.getFirst().account();
    Map<String, Long> stored = new HashMap<>();
    // Rows and charges of this story alone.
    new LedgerTable(db)
        .calls(account, 0, Long.MAX_VALUE, null, 1_000_000)
        .forEach(row -> stored.put(row.call().callId(), row.charge().value()));
    // A call that was admitted and never settled before a disk was lost may have no row.
    rows.forEach((id, charge) -> {
      if (charge > 0 || stored.containsKey(id)) {
        StoryBooks.same(stored.get(id), charge, "charge of " + id);
      }
    });
    StoryBooks.same(rows.keySet().containsAll(stored.keySet()), true, "rows that are no calls");
    String name = "%" + account.value();
    List<String> unused =
        db.list(
            "SELECT subject, day, node, amount, used FROM lease WHERE amount <> used"
                + " AND (subject LIKE ? OR subject LIKE ?)",
            row ->
                "%s on %d, node %d: %d of %d"
                    .formatted(
                        row.getString(1),
                        row.getLong(2),
                        row.getLong(3),
                        row.getLong(5),
                        row.getLong(4)),
            name,
            name + " capped");
    StoryBooks.same(unused, List.of(), "held at the end");
    List<String> wrong =
        db.list(
            "SELECT t.subject FROM lease_total t WHERE t.leased <> (SELECT COALESCE(SUM(l.amount),"
                + " 0) FROM lease l WHERE l.subject = t.subject AND l.day = t.day)",
            row -> row.getString(1));
    StoryBooks.same(wrong, List.of(), "totals that are no sums");
  }
}
