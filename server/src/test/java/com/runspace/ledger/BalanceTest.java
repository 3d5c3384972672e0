package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BalanceTest {
  private static final Day DAY = new Day(20_000);
  private static final AccountId ACCOUNT = new AccountId("a");
  private static final int[] GRANTS = {0, 1, 5, 8};
  private static final int CAP = 3;
  private static final int STEPS = 5;

  private static final Spender FREE = new Spender(ACCOUNT, "free", null);
  private static final Spender CAPPED = new Spender(ACCOUNT, "capped", new Nanos(CAP));
  private static final List<Spender> SPENDERS = List.of(FREE, CAPPED);

  /** One call as a child would keep it. A charge below zero means that it still runs. */
  private record Call(int spender, int held, int charge) {
    boolean runs() {
      return charge < 0;
    }
  }

  /** The account as a child would keep it: what is granted, and a purse per call. */
  private record Naive(int granted, int highest, List<Call> calls) {
    /** What the calls of a spender, or all for -1, have used. */
    int used(int spender) {
      return calls.stream()
          .filter(call -> !call.runs() && (spender < 0 || call.spender == spender))
          .mapToInt(Call::charge)
          .sum();
    }

    int held(int spender) {
      return calls.stream()
          .filter(call -> call.runs() && (spender < 0 || call.spender == spender))
          .mapToInt(Call::held)
          .sum();
    }

    int free() {
      return Math.max(0, granted - used(-1) - held(-1));
    }

    int freeOf(int spender) {
      return spender == 0 ? Integer.MAX_VALUE / 2 : Math.max(0, CAP - used(1) - held(1));
    }

    /** The largest amount that is allowed, or -1: all of a half, but never under the least. */
    int given(int spender, int full, int least) {
      for (int amount = full; amount >= least; amount--) {
        if (allows(free(), amount, least) && allows(freeOf(spender), amount, least)) {
          return amount;
        }
      }
      return -1;
    }

    private static boolean allows(int free, int amount, int least) {
      return amount <= free && (amount == least || 2 * amount <= free);
    }

    Naive hold(int spender, int amount) {
      List<Call> more = new ArrayList<>(calls);
      more.add(new Call(spender, amount, -1));
      return new Naive(granted, highest, more);
    }

    Naive settle(int which, int charge) {
      List<Call> other = new ArrayList<>(calls);
      Call call = calls.get(which);
      other.set(which, new Call(call.spender, call.held, charge));
      return new Naive(granted, highest, other);
    }

    Naive grant(int amount) {
      return new Naive(amount, Math.max(highest, amount), calls);
    }
  }

  private long states;

  @Test
  void everyShortStoryEndsAsInTheNaiveAccount() {
    for (int granted : GRANTS) {
      Balance balance = Balance.opening(DAY, new Nanos(granted));
      explore(balance, new Naive(granted, granted, List.of()), STEPS, "granted " + granted);
    }
    assertThat(states).isGreaterThan(1_000_000);
  }

  private void explore(Balance balance, Naive naive, int steps, String story) {
    states++;
    check(balance, naive, story);
    if (steps == 0) {
      return;
    }
    for (int spender = 0; spender < 2; spender++) {
      for (int full = 1; full <= 4; full++) {
        for (int least = 1; least <= full; least += 2) {
          Ask ask = new Ask(new Nanos(full), new Nanos(least));
          int given = naive.given(spender, full, least);
          String next = story + ", " + spender + " holds " + least + ".." + full;
          Nanos affordable = balance.affordable(SPENDERS.get(spender), ask);
          if (affordable.value() != Math.max(0, given)) {
            fail(next + " gives " + affordable + ", not " + given);
          }
          if (given > 0) {
            Balance held = balance.hold(SPENDERS.get(spender), new Nanos(given));
            explore(held, naive.hold(spender, given), steps - 1, next);
          } else {
            checkRefusal(balance.refusal(SPENDERS.get(spender), ask), naive, spender, least, next);
          }
        }
      }
    }
    for (int which = 0; which < naive.calls().size(); which++) {
      Call call = naive.calls().get(which);
      if (call.runs()) {
        for (int charge = 0; charge <= call.held(); charge += Math.max(1, call.held() - 1)) {
          explore(
              balance.settle(
                  SPENDERS.get(call.spender()).id(), new Nanos(call.held()), new Nanos(charge)),
              naive.settle(which, charge),
              steps - 1,
              story + ", settle " + charge + " of " + call.held());
        }
      }
    }
    for (int grant : GRANTS) {
      explore(balance.grant(new Nanos(grant)), naive.grant(grant), steps - 1, story + ", " + grant);
    }
  }

  @Test
  void longRandomStoriesEndAsInTheNaiveAccount() {
    for (int seed = 0; seed < 3_000; seed++) {
      Random random = new Random(seed);
      Balance balance = Balance.opening(DAY, new Nanos(8));
      Naive naive = new Naive(8, 8, List.of());
      for (int step = 0; step < 60; step++) {
        int spender = random.nextInt(2);
        int least = 1 + random.nextInt(3);
        int full = least + random.nextInt(5);
        int which = random.nextInt(1 + naive.calls().size());
        Call call = which == 0 ? null : naive.calls().get(which - 1);
        if (call == null || !call.runs()) {
          Ask ask = new Ask(new Nanos(full), new Nanos(least));
          Nanos given = balance.affordable(SPENDERS.get(spender), ask);
          if (given.compareTo(Nanos.ZERO) > 0) {
            balance = balance.hold(SPENDERS.get(spender), given);
            naive = naive.hold(spender, Math.toIntExact(given.value()));
          }
        } else {
          int charge = random.nextInt(call.held() + 1);
          String id = SPENDERS.get(call.spender()).id();
          balance = balance.settle(id, new Nanos(call.held()), new Nanos(charge));
          naive = naive.settle(which - 1, charge);
        }
        if (random.nextInt(10) == 0) {
          int grant = random.nextInt(60);
          balance = balance.grant(new Nanos(grant));
          naive = naive.grant(grant);
        }
        check(balance, naive, "seed " + seed + " step " + step);
      }
    }
  }

  @Test
  void aBusyAnswerHasTheFiguresOfTheLimitThatIsInTheWay() {
    Ask ask = new Ask(new Nanos(2), new Nanos(2));
    Balance keyIsFull = Balance.opening(DAY, new Nanos(5)).hold(CAPPED, new Nanos(CAP));
    assertThat(keyIsFull.refusal(CAPPED, ask)).as("just enough is free").isEqualTo(busy(CAP, CAP));
    Balance allIsFull = keyIsFull.hold(FREE, new Nanos(1));
    assertThat(allIsFull.refusal(CAPPED, ask)).as("too little is free").isEqualTo(busy(5, CAP + 1));
  }

  private static Reservation.Busy busy(int limit, int held) {
    return new Reservation.Busy(DAY, new Nanos(limit), Nanos.ZERO, new Nanos(held));
  }

  /** Spent is what no settle to come can mend. */
  private static void checkRefusal(
      Reservation refusal, Naive naive, int spender, int least, String story) {
    boolean accountSpent = least > naive.granted() - naive.used(-1);
    boolean capSpent = spender == 1 && least > CAP - naive.used(1);
    switch (refusal) {
      case Reservation.Spent spent -> {
        if (!(accountSpent || capSpent) || spent.capOfKey() == accountSpent) {
          fail(story + " is " + spent);
        }
      }
      case Reservation.Busy busy -> {
        if (accountSpent || capSpent || busy.held().equals(Nanos.ZERO)) {
          fail(story + " is " + busy);
        }
      }
      default -> fail(story + " is " + refusal);
    }
  }

  private static void check(Balance balance, Naive naive, String story) {
    boolean same =
        balance.granted().value() == naive.granted()
            && balance.used().value() == naive.used(-1)
            && balance.held().value() == naive.held(-1)
            && balance.free().value() == naive.free();
    for (int spender = 0; spender < 2; spender++) {
      Balance.Line line = balance.line(SPENDERS.get(spender).id());
      same &= line.used().value() == naive.used(spender);
      same &= line.held().value() == naive.held(spender);
    }
    if (!same) {
      fail(story + ": " + balance + ", not " + naive);
    }
    if (naive.used(-1) + naive.held(-1) > naive.highest()) {
      fail(story + ": over the highest grant of the day");
    }
    if (naive.used(1) + naive.held(1) > CAP) {
      fail(story + ": over the cap");
    }
  }

  @Test
  void whatBreaksTheRulesThrows() {
    Balance balance = Balance.opening(DAY, new Nanos(10)).hold(FREE, new Nanos(6));
    for (Runnable wrong :
        List.<Runnable>of(
            () -> balance.hold(FREE, new Nanos(5)),
            () -> balance.hold(CAPPED, new Nanos(4)),
            () -> balance.hold(FREE, new Nanos(-7)),
            () -> balance.settle("free", new Nanos(6), new Nanos(7)),
            () -> balance.settle("free", new Nanos(7), new Nanos(1)),
            () -> balance.settle("free", new Nanos(6), new Nanos(-1)),
            () -> balance.settle("capped", new Nanos(6), new Nanos(1)),
            () -> balance.grant(new Nanos(-1)),
            () -> new Ask(new Nanos(1), new Nanos(2)),
            () -> new Ask(new Nanos(1), new Nanos(-1)))) {
      assertThatThrownBy(wrong::run).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void halfOfWhatIsFreeIsTheMostUnlessAShortAnswerNeedsMore() {
    Balance balance = Balance.opening(DAY, new Nanos(101));
    assertThat(balance.affordable(FREE, ask(50, 1))).isEqualTo(new Nanos(50));
    assertThat(balance.affordable(FREE, ask(51, 1))).isEqualTo(new Nanos(50));
    assertThat(balance.affordable(FREE, ask(1_000, 70))).isEqualTo(new Nanos(70));
    assertThat(balance.affordable(FREE, ask(1_000, 101))).isEqualTo(new Nanos(101));
    assertThat(balance.affordable(FREE, ask(1_000, 102))).isEqualTo(Nanos.ZERO);
    Balance whole = Balance.opening(DAY, new Nanos(Long.MAX_VALUE));
    assertThat(whole.affordable(FREE, ask(Long.MAX_VALUE, 1)))
        .isEqualTo(new Nanos(Long.MAX_VALUE / 2));
  }

  @Test
  void theCapShortensLikeTheGrant() {
    Balance balance = Balance.opening(DAY, new Nanos(1_000));
    assertThat(balance.affordable(capped(40L), ask(100, 1))).isEqualTo(new Nanos(20));
    assertThat(balance.affordable(capped(40L), ask(100, 30))).isEqualTo(new Nanos(30));
    assertThat(balance.affordable(capped(40L), ask(100, 41))).isEqualTo(Nanos.ZERO);
    assertThat(balance.affordable(capped(4_000L), ask(800, 1))).isEqualTo(new Nanos(500));
    assertThat(balance.affordable(capped(null), ask(800, 1))).isEqualTo(new Nanos(500));
    // A cap that falls below what is spent stops new holds and breaks nothing.
    Balance spent = balance.hold(capped(40L), new Nanos(30));
    spent = spent.settle("capped", new Nanos(30), new Nanos(30));
    assertThat(spent.refusal(capped(10L), ask(1, 1)))
        .isEqualTo(new Reservation.Spent(DAY, new Nanos(10), new Nanos(30), Nanos.ZERO, true));
    assertThat(spent.affordable(FREE, ask(1, 1))).isEqualTo(new Nanos(1));
  }

  private static Spender capped(@Nullable Long cap) {
    return new Spender(ACCOUNT, "capped", cap == null ? null : new Nanos(cap));
  }

  private static Ask ask(long full, long least) {
    return new Ask(new Nanos(full), new Nanos(least));
  }
}
