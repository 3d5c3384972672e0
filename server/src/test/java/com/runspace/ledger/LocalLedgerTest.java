package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Reservation.Hold;
import com.runspace.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class LocalLedgerTest {
  private static final Spender SPENDER = new Spender(new AccountId("a"), "key_1", null);

  private final AtomicLong granted = new AtomicLong(100);
  private final ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
  private final Ledger ledger =
      LocalLedger.inMemory(
          account ->
              new Allowance.Grant(
                  new Nanos(account.value().equals("poor") ? 1 : granted.get()), "tier"),
          time);

  private Reservation reserve(long full, long least) {
    return ledger.hold(SPENDER, new Ask(new Nanos(full), new Nanos(least)), "0".repeat(32), "m");
  }

  private Hold hold(long full, long least) {
    return ((Reservation.Held) reserve(full, least)).hold();
  }

  private static Settlement cost(long nanos) {
    return new Settlement(
        "p", 1, 0, 1, new Nanos(nanos), Basis.MEASURED, Ended.COMPLETE, false, false);
  }

  private void assertStanding(long used, long held) {
    Standing standing = ledger.standing(SPENDER);
    assertThat(standing.used()).isEqualTo(new Nanos(used));
    assertThat(standing.held()).isEqualTo(new Nanos(held));
    assertThat(standing.free())
        .isEqualTo(new Nanos(Math.max(0, standing.granted().value() - used - held)));
  }

  @Test
  void chargesTheCostAndNeverMoreThanTheHold() {
    Hold first = hold(30, 10);
    assertThat(first.amount()).isEqualTo(new Nanos(30));
    assertStanding(0, 30);
    assertThat(first.settle(cost(12))).isEqualTo(new Nanos(12));
    assertStanding(12, 0);
    Hold second = hold(80, 10);
    assertThat(second.amount()).as("half of what is free").isEqualTo(new Nanos(44));
    assertThat(second.settle(cost(Long.MAX_VALUE))).isEqualTo(new Nanos(44));
    assertStanding(56, 0);
    assertThat(hold(5, 5).settle(cost(-5))).as("no credit").isEqualTo(Nanos.ZERO);
    assertStanding(56, 0);
  }

  @Test
  void aHoldIsSettledOnce() {
    Hold hold = hold(30, 10);
    hold.settle(cost(5));
    assertThatThrownBy(() -> hold.settle(cost(5))).isInstanceOf(IllegalStateException.class);
    assertStanding(5, 0);
  }

  @Test
  void spentMeansSpentAndBusyMeansHeld() {
    Hold one = hold(100, 60);
    assertThat(reserve(50, 41)).isInstanceOf(Reservation.Busy.class);
    assertThat(reserve(200, 101)).isInstanceOf(Reservation.Spent.class);
    one.settle(cost(60));
    assertThat(reserve(50, 41)).isInstanceOf(Reservation.Spent.class);
    assertThat(hold(50, 40).amount()).isEqualTo(new Nanos(40));
    assertThat(reserve(1, 1)).isInstanceOf(Reservation.Busy.class);
    assertStanding(60, 40);
    Spender poor = new Spender(new AccountId("poor"), "key_2", null);
    assertThat(ledger.hold(poor, new Ask(new Nanos(2), new Nanos(2)), "0".repeat(32), "m"))
        .isInstanceOf(Reservation.Spent.class);
  }

  @Test
  void aCallOverMidnightIsChargedToTheDayThatAdmittedIt() {
    time.jumpTo("2026-11-21T23:59:59.999Z");
    Hold late = hold(50, 50);
    time.advance(Duration.ofMillis(1));
    assertStanding(0, 0);
    Hold early = hold(50, 50);
    assertThat(late.day()).hasToString("2026-11-21");
    assertThat(early.day()).hasToString("2026-11-22");
    late.settle(cost(40));
    assertStanding(0, 50);
    early.settle(cost(7));
    assertStanding(7, 0);
    // A clock that is set back finds yesterday as it was left.
    time.jumpTo("2026-11-21T23:59:59.999Z");
    assertStanding(40, 0);
    assertThat(reserve(70, 61)).isInstanceOf(Reservation.Spent.class);
  }

  @Test
  void aLowerGrantStopsNewCallsAndAHigherOneOpensThem() {
    Hold running = hold(60, 60);
    granted.set(50);
    assertStanding(0, 60);
    assertThat(reserve(1, 1)).isInstanceOf(Reservation.Busy.class);
    assertThat(running.settle(cost(60))).isEqualTo(new Nanos(60));
    assertThat(reserve(1, 1)).isInstanceOf(Reservation.Spent.class);
    assertStanding(60, 0);
    granted.set(200);
    assertThat(hold(140, 140).amount()).isEqualTo(new Nanos(140));
  }

  @Test
  void manyThreadsNeverPassTheGrant() throws Exception {
    int threads = 64;
    granted.set(1_000_000);
    CyclicBarrier together = new CyclicBarrier(threads);
    AtomicLong charged = new AtomicLong();
    List<Future<Integer>> ends = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      for (int i = 0; i < threads; i++) {
        long seed = i;
        ends.add(
            pool.submit(() -> {
              together.await();
              return spend(new Random(seed), charged);
            }));
      }
      int calls = 0;
      for (Future<Integer> end : ends) {
        calls += end.get();
      }
      assertThat(calls).as("calls admitted").isGreaterThan(threads);
    }
    assertThat(charged.get()).isBetween(999_000L, 1_000_000L);
    assertStanding(charged.get(), 0);
  }

  /** Calls until what is left is less than the smallest call. */
  private int spend(Random random, AtomicLong charged) {
    int calls = 0;
    int refused = 0;
    List<Hold> open = new ArrayList<>();
    while (true) {
      long least = 1L + random.nextInt(200);
      switch (reserve(least + random.nextInt(2_000), least)) {
        case Reservation.Held held -> {
          calls++;
          open.add(held.hold());
        }
        case Reservation.Busy busy -> {
          checkSum(busy.granted(), busy.used(), busy.held());
          if (++refused > 2_000_000) {
            throw new AssertionError("held for ever: " + busy);
          }
          Thread.onSpinWait();
        }
        case Reservation.Spent spent -> {
          checkSum(spent.granted(), spent.used(), spent.held());
          open.forEach(hold -> settle(hold, random, charged));
          return calls;
        }
        case Reservation.Coming _ -> throw new AssertionError("all of the day is here");
        case Reservation.Closed closed -> throw new AssertionError(closed);
      }
      if (open.size() > random.nextInt(4)) {
        settle(open.removeLast(), random, charged);
      }
    }
  }

  private static void checkSum(Nanos granted, Nanos used, Nanos held) {
    if (used.plus(held).compareTo(granted) > 0) {
      throw new AssertionError(used + " and " + held + " of " + granted);
    }
  }

  private static void settle(Hold hold, Random random, AtomicLong charged) {
    charged.addAndGet(hold.settle(cost(random.nextInt(3_000))).value());
  }

  @Test
  void manyThreadsNeverPassTheCapOfAKey() throws Exception {
    granted.set(1_000_000);
    Spender capped = new Spender(SPENDER.account(), "key_capped", new Nanos(1_000));
    CyclicBarrier together = new CyclicBarrier(32);
    AtomicLong charged = new AtomicLong();
    List<Future<?>> ends = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(32)) {
      for (int i = 0; i < 32; i++) {
        Spender spender = i % 2 == 0 ? capped : SPENDER;
        Random random = new Random(i);
        ends.add(
            pool.submit(() -> {
              together.await();
              for (int call = 0; call < 2_000; call++) {
                Ask ask = new Ask(new Nanos(40), new Nanos(10));
                if (ledger.hold(spender, ask, "0".repeat(32), "m")
                    instanceof Reservation.Held(Hold hold)) {
                  Nanos charge = hold.settle(cost(random.nextInt(50)));
                  charged.addAndGet(spender.equals(capped) ? charge.value() : 0);
                }
              }
              return null;
            }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
    }
    assertThat(charged.get()).isBetween(990L, 1_000L);
    Standing standing = ledger.standing(capped);
    assertThat(standing.usedOfKey()).isEqualTo(new Nanos(charged.get()));
    assertThat(standing.heldOfKey()).isEqualTo(Nanos.ZERO);
    assertThat(standing.free()).isEqualTo(new Nanos(1_000 - charged.get()));
    assertThat(ledger.hold(capped, new Ask(new Nanos(40), new Nanos(11)), "0".repeat(32), "m"))
        .isInstanceOfSatisfying(
            Reservation.Spent.class, spent -> assertThat(spent.capOfKey()).isTrue());
  }

  @Test
  void twoHundredCallsAtOnceAgainstTenHolds() throws Exception {
    CyclicBarrier together = new CyclicBarrier(200);
    List<Future<Reservation>> answers = new ArrayList<>();
    List<Hold> held = new ArrayList<>();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        answers.add(
            pool.submit(() -> {
              together.await();
              return reserve(10, 10);
            }));
      }
      for (Future<Reservation> answer : answers) {
        switch (answer.get()) {
          case Reservation.Held now -> held.add(now.hold());
          case Reservation.Busy busy -> assertThat(busy.held()).isEqualTo(new Nanos(100));
          default -> throw new AssertionError(answer);
        }
      }
    }
    assertThat(held).hasSize(10);
    held.forEach(hold -> assertThat(hold.settle(cost(99))).isEqualTo(new Nanos(10)));
    assertStanding(100, 0);
    assertThat(reserve(10, 10)).isInstanceOf(Reservation.Spent.class);
  }

  @Test
  void daysThatAreLongOverAreForgottenAndStayClosed() {
    Hold old = hold(50, 50);
    for (int day = 22; day <= 25; day++) {
      time.advance(Duration.ofHours(24));
      assertStanding(0, 0);
      hold(7, 7).settle(cost(7));
    }
    // Its day is closed, and its settlement reaches no other.
    old.settle(cost(40));
    assertStanding(7, 0);
    // A clock that goes back finds two days as they were left, and no day begins anew.
    for (String day : List.of("24", "23")) {
      time.jumpTo("2026-11-" + day + "T12:00:00Z");
      assertStanding(7, 0);
    }
    time.jumpTo("2026-11-22T12:00:00Z");
    assertThat(reserve(1, 1)).isInstanceOf(Reservation.Closed.class);
    assertThat(ledger.standing(SPENDER).free()).isEqualTo(Nanos.ZERO);
    time.jumpTo("2026-11-25T12:00:00Z");
    assertStanding(7, 0);
  }
}
