package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes of one real store whose wall clocks are wrong by an hour, around midnight. Each call costs
 * a tenth of a day.
 */
@Timeout(120)
class ClockJumpTest {
  private static final Nanos COST = new Nanos(100_000_000);
  private static final Spender SPENDER = new Spender(new AccountId("acc_1"), "key_1", null);
  private static final Day FIRST = Day.ofEpochMillis(1_795_262_400_000L);
  private static final int ENOUGH = 1_000;

  @TempDir private Path folder;
  private final List<BareNode> nodes = new ArrayList<>();
  private int calls;

  private BareNode node(String name, String url, ManualTime time) throws Exception {
    BareNode node = BareNode.open(folder.resolve(name), url, "1", time);
    nodes.add(node);
    return node;
  }

  private void stop(BareNode node) {
    nodes.remove(node);
    node.close();
  }

  @AfterEach
  void close() {
    nodes.forEach(BareNode::close);
  }

  private void passes(Duration time) {
    nodes.forEach(node -> node.time.advance(time));
  }

  /** What becomes of a call that waits for its part of the day; one that is held is charged. */
  private Reservation call(BareNode node) throws Exception {
    String id = Samples.id(++calls);
    Reservation answer = node.hold(SPENDER, COST, id);
    while (answer instanceof Reservation.Coming(var arrival)) {
      await(arrival.toCompletableFuture());
      answer = node.hold(SPENDER, COST, id);
    }
    if (answer instanceof Reservation.Held(var hold)) {
      Nanos charged = hold.settle(Samples.settlement(COST.value(), Settlement.Ended.COMPLETE));
      assertThat(charged).isEqualTo(COST);
      node.flush();
    }
    return answer;
  }

  private void await(CompletableFuture<?> arrival) throws Exception {
    for (int i = 0; i < ENOUGH; i++) {
      try {
        arrival.get(20, TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException later) {
        passes(Duration.ofMillis(50));
      }
    }
    throw new AssertionError("a wish had no answer");
  }

  /**
   * The same after a while, in which another node that has been idle gives back what it has, and
   * wishes come to their end that were under way when the clock was moved.
   */
  private Reservation callAtLast(BareNode node) throws Exception {
    Reservation answer = call(node);
    for (int i = 0; i < ENOUGH && isForNow(answer); i++) {
      LockSupport.parkNanos(1_000_000);
      passes(Duration.ofMillis(200));
      answer = call(node);
    }
    return answer;
  }

  private static boolean isForNow(Reservation answer) {
    return answer instanceof Reservation.Busy || answer instanceof Reservation.Closed;
  }

  /** Calls that many times; the day is that of the node's clock. */
  private void calls(BareNode node, int times, Day day) throws Exception {
    for (int i = 0; i < times; i++) {
      Reservation answer = callAtLast(node);
      assertThat(answer).isInstanceOf(Reservation.Held.class);
      assertThat(((Reservation.Held) answer).hold().day()).isEqualTo(day);
    }
  }

  /** Nothing is left of the day of the node's clock, and it comes to know that. */
  private void assertSpent(BareNode node, Day day) throws Exception {
    Reservation answer = callAtLast(node);
    assertThat(answer).isInstanceOf(Reservation.Spent.class);
    assertThat(((Reservation.Spent) answer).day()).isEqualTo(day);
  }

  /** How many calls each day was charged, all of which are in the store once. */
  private Map<Day, Long> charged() throws Exception {
    for (BareNode node : nodes) {
      node.kept.post();
      assertThat(node.cluster.leases().areGood()).isTrue();
      assertThat(node.cluster.leases().isFenced()).isFalse();
    }
    Day last = new Day(FIRST.epochDay() + 9);
    Map<Day, Long> charged = new LinkedHashMap<>();
    for (Usage usage :
        nodes.getFirst().kept.history().usage(SPENDER.account(), FIRST, last, Set.of(By.DAY))) {
      assertThat(usage.charge()).isEqualTo(new Nanos(usage.calls() * COST.value()));
      charged.put(usage.day(), usage.calls());
    }
    return charged;
  }

  private static ManualTime clock() {
    return ManualTime.at("2026-11-21T23:30:00Z");
  }

  @Test
  void aClockThatIsAnHourAheadForAWhileEnlargesNoDay() throws Exception {
    String url = Postgres.freshDatabase();
    BareNode one = node("one", url, clock());
    BareNode two = node("two", url, clock());
    calls(one, 2, FIRST);
    calls(two, 1, FIRST);
    one.time.jumpTo("2026-11-22T00:30:00Z");
    calls(one, 3, FIRST.next());
    calls(two, 1, FIRST);
    // Time enough for the node to give back what it had of a day that it takes to be over.
    passes(Duration.ofSeconds(2));
    calls(one, 1, FIRST.next());
    one.time.jumpTo("2026-11-21T23:31:00Z");
    calls(one, 3, FIRST);
    calls(two, 3, FIRST);
    assertSpent(one, FIRST);
    assertSpent(two, FIRST);
    assertThat(charged()).isEqualTo(Map.of(FIRST, 10L, FIRST.next(), 4L));
    for (BareNode node : nodes) {
      node.time.jumpTo("2026-11-22T00:00:01Z");
    }
    calls(two, 3, FIRST.next());
    calls(one, 3, FIRST.next());
    assertSpent(two, FIRST.next());
    assertSpent(one, FIRST.next());
    assertThat(charged()).isEqualTo(Map.of(FIRST, 10L, FIRST.next(), 10L));
  }

  @Test
  void aClockThatIsSetBackOverMidnightFindsADaySpentAlsoAfterARestart() throws Exception {
    String url = Postgres.freshDatabase();
    BareNode one = node("one", url, clock());
    BareNode two = node("two", url, clock());
    calls(one, 6, FIRST);
    calls(two, 4, FIRST);
    for (BareNode node : nodes) {
      node.time.jumpTo("2026-11-22T00:10:00Z");
    }
    calls(one, 2, FIRST.next());
    calls(two, 2, FIRST.next());
    one.time.jumpTo("2026-11-21T23:10:00Z");
    assertSpent(one, FIRST);
    stop(one);
    one = node("one", url, one.time);
    assertSpent(one, FIRST);
    calls(two, 1, FIRST.next());
    one.time.jumpTo("2026-11-22T00:12:00Z");
    calls(one, 5, FIRST.next());
    assertSpent(one, FIRST.next());
    assertSpent(two, FIRST.next());
    assertThat(charged()).isEqualTo(Map.of(FIRST, 10L, FIRST.next(), 10L));
  }

  @Test
  void withoutTheStoreAClockThatJumpsChangesNothingOfWhatANodeHas() throws Exception {
    try (Postgres server = Postgres.start(folder)) {
      BareNode node = node("one", server.newDatabase(), clock());
      calls(node, 1, FIRST);
      Reservation.Held running = held(node);
      server.stop();
      node.time.jumpTo("2026-11-22T00:30:00Z");
      for (int i = 0; i < 3; i++) {
        // Of that day it has nothing, and nobody can be asked.
        assertThat(call(node)).isInstanceOf(Reservation.Closed.class);
      }
      running.hold().settle(Samples.settlement(1, Settlement.Ended.COMPLETE));
      assertThat(node.cluster.leases().areGood()).isTrue();
      assertThat(node.cluster.leases().isReachable()).isFalse();
      node.time.jumpTo("2026-11-21T23:30:00Z");
      server.start();
      passes(Duration.ofSeconds(2));
      calls(node, 8, FIRST);
      assertThat(call(node)).isNotInstanceOf(Reservation.Held.class);
      node.kept.post();
      Usage usage =
          node.kept.history().usage(SPENDER.account(), FIRST, FIRST.next(), Set.of()).getFirst();
      assertThat(usage.calls()).isEqualTo(10);
      assertThat(usage.charge()).isEqualTo(new Nanos(9 * COST.value() + 1));
      stop(node);
    }
  }

  private Reservation.Held held(BareNode node) throws Exception {
    Reservation answer = node.hold(SPENDER, COST, Samples.id(++calls));
    while (answer instanceof Reservation.Coming(var arrival)) {
      await(arrival.toCompletableFuture());
      answer = node.hold(SPENDER, COST, Samples.id(calls));
    }
    assertThat(answer).isInstanceOf(Reservation.Held.class);
    return (Reservation.Held) answer;
  }
}
