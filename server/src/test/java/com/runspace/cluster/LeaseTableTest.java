package com.runspace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.cluster.LeaseStore.Fenced;
import com.runspace.cluster.LeaseStore.Outcome;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import com.runspace.testkit.OnEachStore;
import com.runspace.testkit.Store;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class LeaseTableTest extends OnEachStore {
  private static final Subject DAY = new Subject("account a", 20_000);
  private static final Subject RATE = new Subject("requests key_a", 0);

  private final AtomicLong numbers = new AtomicLong();
  private NodeTable nodes;
  private Node oneNode;
  private LeaseTable one;
  private LeaseTable two;

  @BeforeEach
  void open() throws SQLException {
    nodes = new NodeTable(db);
    oneNode = nodes.register(UUID.randomUUID().toString(), "one");
    one = new LeaseTable(db, oneNode);
    two = new LeaseTable(db, nodes.register(UUID.randomUUID().toString(), "two"));
  }

  /** Wishes of a limit of 100. */
  private Outcome wish(LeaseTable table, Subject of, long have, long used, long least)
      throws SQLException {
    return wish(table, of, 100, have, used, least, least);
  }

  private Outcome wish(
      LeaseTable table, Subject of, long limit, long have, long used, long least, long more)
      throws SQLException {
    long number = numbers.incrementAndGet();
    return table
        .settle(List.of(new Wish(of, limit, have, used, least, more, number, false)))
        .getFirst();
  }

  /** What the store says that each node has, in their order; the total has to be their sum. */
  private List<Long> amounts(Subject of) throws SQLException {
    List<Long> amounts =
        db.list(
            "SELECT amount FROM lease WHERE subject = ? AND day = ? ORDER BY node",
            row -> row.getLong(1),
            of.name(),
            of.day());
    List<Long> total =
        db.list(
            "SELECT leased FROM lease_total WHERE subject = ? AND day = ?",
            row -> row.getLong(1),
            of.name(),
            of.day());
    assertThat(total).containsExactly(amounts.stream().mapToLong(each -> each).sum());
    return amounts;
  }

  @Test
  void aNodeTakesWhatItNeedsAndMoreWhereThereIsPlenty() throws SQLException {
    assertThat(wish(one, DAY, 800, 0, 0, 10, 50)).isEqualTo(new Outcome(50, 0, true));
    assertThat(wish(one, DAY, 800, 50, 7, 10, 500)).isEqualTo(new Outcome(100, 0, true));
    assertThat(wish(two, DAY, 800, 0, 0, 300, 300)).isEqualTo(new Outcome(300, 7, true));
    assertThat(amounts(DAY)).containsExactly(150L, 300L);
  }

  @Test
  void twoNodesTakeUpToTheLimitAndNoFurther() throws SQLException {
    assertThat(wish(one, DAY, 0, 0, 60)).isEqualTo(new Outcome(60, 0, true));
    assertThat(wish(two, DAY, 0, 0, 60)).isEqualTo(new Outcome(40, 0, false));
    assertThat(wish(two, DAY, 40, 40, 1)).isEqualTo(new Outcome(0, 0, false));
    assertThat(wish(one, DAY, 60, 12, 1)).isEqualTo(new Outcome(0, 40, false));
    assertThat(amounts(DAY)).containsExactly(60L, 40L);
  }

  @Test
  void whatOneGivesBackTheOtherCanHave() throws SQLException {
    wish(one, DAY, 0, 0, 100);
    assertThat(wish(two, DAY, 0, 0, 30).met()).isFalse();
    assertThat(wish(one, DAY, 20, 20, 0)).isEqualTo(new Outcome(0, 0, true));
    assertThat(wish(two, DAY, 0, 0, 80)).isEqualTo(new Outcome(80, 20, true));
    assertThat(amounts(DAY)).containsExactly(20L, 80L);
    wish(one, RATE, 0, 0, 100);
    wish(one, RATE, 0, 0, 0);
    assertThat(amounts(RATE)).as("no row stays for nothing").isEmpty();
  }

  @Test
  void aWishThatComesBehindALaterOneChangesNothing() throws SQLException {
    Wish early = new Wish(DAY, 100, 0, 0, 90, 90, 5, false);
    Wish late = new Wish(DAY, 100, 0, 0, 10, 10, 6, false);
    Wish beside = new Wish(RATE, 100, 0, 0, 10, 10, 7, false);
    one.settle(List.of(late));
    for (Wish stale : List.of(early, late)) {
      assertThatThrownBy(() -> one.settle(List.of(beside, stale)))
          .isInstanceOf(SQLException.class)
          .isNotInstanceOf(Fenced.class)
          .hasMessageContaining("behind a later one");
    }
    assertThat(amounts(DAY)).containsExactly(10L);
    assertThat(db.list("SELECT day FROM lease", row -> row.getLong(1))).containsExactly(20_000L);
  }

  @Test
  void anEarlierStartOfTheNodeIsRefusedEverything() throws SQLException {
    wish(one, DAY, 0, 0, 10);
    LeaseTable again = new LeaseTable(db, nodes.register(oneNode.id(), "one"));
    Day later = new Day(20_001);
    assertThatThrownBy(() -> wish(one, DAY, 10, 0, 10)).isInstanceOf(Fenced.class);
    assertThatThrownBy(one::renew).isInstanceOf(Fenced.class);
    assertThatThrownBy(() ->
            db.write(connection -> {
              one.check(connection);
              return 0;
            }))
        .isInstanceOf(Fenced.class)
        .hasMessageContaining(oneNode.id());
    assertThat(amounts(DAY)).containsExactly(10L);
    assertThat(wish(again, DAY, 10, 0, 10)).isEqualTo(new Outcome(10, 0, true));
    again.renew();
    again.forgetBefore(later);
    assertThat(db.list("SELECT day FROM lease", row -> row.getLong(1))).isEmpty();
    assertThat(db.list("SELECT day FROM lease_total", row -> row.getLong(1))).isEmpty();
  }

  @Test
  void theDayThatTheStoreHasIsNotForgottenByAClockThatIsWrong() throws SQLException {
    Day today = db.read(connection -> Day.ofEpochMillis(db.nowMillis(connection)));
    Subject present = new Subject("account a", today.epochDay());
    wish(one, present, 0, 0, 10);
    one.forgetBefore(new Day(today.epochDay() + 1_000));
    assertThat(amounts(present)).containsExactly(10L);
  }

  private void expire(Node node) throws SQLException {
    db.write(connection ->
        Db.update(
            connection,
            "UPDATE node SET expires_at = ? WHERE number = ?",
            db.nowMillis(connection) - 1,
            node.number()));
  }

  @Test
  void partsThatComeFreeAgainAreFreeWhenTheirNodeHasNotRenewed() throws SQLException {
    for (Subject each : List.of(DAY, RATE)) {
      wish(one, each, 0, 0, 60);
    }
    assertThat(wish(two, RATE, 0, 0, 50)).isEqualTo(new Outcome(40, 0, false));
    expire(oneNode);
    assertThat(wish(two, RATE, 40, 0, 50)).isEqualTo(new Outcome(50, 0, true));
    assertThat(amounts(RATE)).containsExactly(90L);
    assertThat(wish(two, DAY, 0, 0, 60)).as("of a day").isEqualTo(new Outcome(40, 0, false));
    assertThat(amounts(DAY)).containsExactly(60L, 40L);
    one.renew();
    assertThat(wish(one, RATE, 0, 0, 60)).as("back again").isEqualTo(new Outcome(10, 0, false));
    assertThat(amounts(RATE)).containsExactly(10L, 90L);
  }

  @Test
  void aRenewalKeepsThem() throws SQLException {
    wish(one, RATE, 0, 0, 60);
    expire(oneNode);
    one.renew();
    assertThat(wish(two, RATE, 0, 0, 60)).isEqualTo(new Outcome(40, 0, false));
    Node renewed = nodes.find(oneNode.id()).orElseThrow();
    assertThat(renewed.expiresMillis() - renewed.seenMillis()).isEqualTo(Leases.LEASE_MILLIS);
  }

  @Test
  void aLimitThatFellGivesNothingAndTakesNothingAway() throws SQLException {
    wish(one, DAY, 100, 0, 0, 60, 60);
    wish(two, DAY, 100, 0, 0, 10, 10);
    assertThat(wish(one, DAY, 50, 60, 30, 10, 10)).isEqualTo(new Outcome(0, 0, false));
    assertThat(wish(two, DAY, 50, 10, 0, 10, 10)).isEqualTo(new Outcome(0, 30, false));
    assertThat(amounts(DAY)).containsExactly(60L, 10L);
    assertThat(wish(two, DAY, 120, 10, 0, 100, 100)).isEqualTo(new Outcome(50, 30, false));
    assertThat(amounts(DAY)).containsExactly(60L, 60L);
  }

  @Test
  void aConfirmationThatIsLostCostsNothing() throws SQLException {
    wish(one, DAY, 0, 0, 60);
    // The node has not heard of it, and says so.
    assertThat(wish(one, DAY, 0, 0, 60)).isEqualTo(new Outcome(60, 0, true));
    assertThat(amounts(DAY)).containsExactly(60L);
  }

  @Test
  void aStoreThatLostWhatItHadConfirmedGivesNoMoreThanIsLeft() throws SQLException {
    wish(one, DAY, 0, 0, 60);
    db.write(connection -> Db.update(connection, "UPDATE lease SET amount = 0, wish = 0"));
    db.write(connection -> Db.update(connection, "UPDATE lease_total SET leased = 0"));
    wish(two, DAY, 0, 0, 70);
    assertThat(wish(one, DAY, 60, 0, 1)).isEqualTo(new Outcome(0, 0, false));
    assertThat(amounts(DAY)).containsExactly(30L, 70L);
  }

  /** What all threads use of each of six limits; never more than that limit of 100. */
  private final List<AtomicLong> inUse = new ArrayList<>();

  @Test
  void eightThreadsOfFourNodesTakeAtOnce() throws Exception {
    for (int i = 0; i < 6; i++) {
      inUse.add(new AtomicLong());
    }
    List<Db> opened = new ArrayList<>();
    CyclicBarrier start = new CyclicBarrier(8);
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Callable<Long>> takers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Db own = store == Store.POSTGRES ? store.open(folder) : db;
        opened.add(own);
        LeaseTable table =
            new LeaseTable(own, nodes.register(UUID.randomUUID().toString(), "taker " + i));
        AtomicLong number = new AtomicLong();
        int seed = i;
        takers.add(() -> takeAndGiveBack(table, 0, number, new Random(seed), start));
        takers.add(() -> takeAndGiveBack(table, 3, number, new Random(9L + seed), start));
      }
      long taken = 0;
      for (Future<Long> each : threads.invokeAll(takers)) {
        taken += each.get();
      }
      assertThat(taken).isGreaterThan(600);
    } finally {
      opened.forEach(Db::close);
    }
  }

  /** Works with three limits; no other thread of the same node does with these. */
  private long takeAndGiveBack(
      LeaseTable table, int first, AtomicLong number, Random random, CyclicBarrier start)
      throws Exception {
    start.await();
    long[] have = new long[3];
    long taken = 0;
    for (int round = 0; round < 40; round++) {
      List<Wish> wishes = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        long keep = random.nextLong(have[i] + 1);
        inUse.get(first + i).addAndGet(keep - have[i]);
        have[i] = keep;
        Subject of = new Subject("limit " + (first + i), i % 2 * 20_000L);
        long least = random.nextLong(60);
        wishes.add(new Wish(of, 100, keep, 0, least, 2 * least, number.incrementAndGet(), true));
      }
      List<Outcome> outcomes = table.settle(wishes);
      for (int i = 0; i < 3; i++) {
        long given = outcomes.get(i).given();
        have[i] += given;
        taken += given;
        assertThat(inUse.get(first + i).addAndGet(given)).isBetween(0L, 100L);
      }
    }
    return taken;
  }
}
