package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BalanceTest {
  private static final Day DAY = new Day(20_000);
  private static final int[] GRANTS = {0, 1, 5, 8};
  private static final int STEPS = 5;

  /** The account as a child would keep it: what is granted, what is used, a purse per call. */
  private record Naive(int granted, int highest, int used, List<Integer> held) {
    int free() {
      int free = granted - used;
      for (int amount : held) {
        free -= amount;
      }
      return Math.max(0, free);
    }

    /** The largest amount that is allowed, or -1: all of a half, but never under the least. */
    int given(int full, int least) {
      for (int amount = full; amount >= least; amount--) {
        if (amount <= free() && (amount == least || 2 * amount <= free())) {
          return amount;
        }
      }
      return -1;
    }

    Naive hold(int amount) {
      List<Integer> more = new ArrayList<>(held);
      more.add(amount);
      return new Naive(granted, highest, used, more);
    }

    Naive settle(int which, int charge) {
      List<Integer> fewer = new ArrayList<>(held);
      fewer.remove(/* index */ which);
      return new Naive(granted, highest, used + charge, fewer);
    }

    Naive grant(int amount) {
      return new Naive(amount, Math.max(highest, amount), used, held);
    }
  }

  private long states;

  @Test
  void everyShortStoryEndsAsInTheNaiveAccount() {
    for (int granted : GRANTS) {
      Balance balance = Balance.opening(DAY, new Nanos(granted));
      explore(balance, new Naive(granted, granted, 0, List.of()), STEPS, "granted " + granted);
    }
    assertThat(states).isGreaterThan(100_000);
  }

  private void explore(Balance balance, Naive naive, int steps, String story) {
    states++;
    check(balance, naive, story);
    if (steps == 0) {
      return;
    }
    for (int full = 1; full <= 4; full++) {
      for (int least = 1; least <= full; least += 2) {
        Ask ask = new Ask(new Nanos(full), new Nanos(least));
        int given = naive.given(full, least);
        String next = story + ", hold " + least + ".." + full;
        if (balance.affordable(ask).value() != Math.max(0, given)) {
          fail(next + " gives " + balance.affordable(ask) + ", not " + given);
        }
        int alone = naive.granted() - naive.used();
        if (balance.wouldFitAlone(ask) != least <= alone) {
          fail(next + " alone");
        }
        if (given > 0) {
          explore(balance.hold(new Nanos(given)), naive.hold(given), steps - 1, next);
        }
      }
    }
    for (int which = 0; which < naive.held().size(); which++) {
      int amount = naive.held().get(which);
      for (int charge = 0; charge <= amount; charge += Math.max(1, amount - 1)) {
        explore(
            balance.settle(new Nanos(amount), new Nanos(charge)),
            naive.settle(which, charge),
            steps - 1,
            story + ", settle " + charge + " of " + amount);
      }
    }
    for (int grant : GRANTS) {
      explore(
          balance.grant(new Nanos(grant)),
          naive.grant(grant),
          steps - 1,
          story + ", grant " + grant);
    }
  }

  private static void check(Balance balance, Naive naive, String story) {
    int held = naive.held().stream().mapToInt(Integer::intValue).sum();
    Balance expected =
        new Balance(DAY, new Nanos(naive.granted()), new Nanos(naive.used()), new Nanos(held));
    if (!balance.equals(expected) || balance.free().value() != naive.free()) {
      fail(story + ": " + balance + ", not " + expected);
    }
    if (naive.used() + held > naive.highest()) {
      fail(story + ": over the highest grant of the day");
    }
  }

  @Test
  void whatBreaksTheRulesThrows() {
    Balance balance = Balance.opening(DAY, new Nanos(10)).hold(new Nanos(6));
    for (Runnable wrong :
        List.<Runnable>of(
            () -> balance.hold(new Nanos(5)),
            () -> balance.hold(new Nanos(-7)),
            () -> balance.settle(new Nanos(6), new Nanos(7)),
            () -> balance.settle(new Nanos(7), new Nanos(1)),
            () -> balance.settle(new Nanos(6), new Nanos(-1)),
            () -> balance.grant(new Nanos(-1)),
            () -> new Ask(new Nanos(1), new Nanos(2)),
            () -> new Ask(new Nanos(1), new Nanos(-1)))) {
      assertThatThrownBy(wrong::run).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void halfOfWhatIsFreeIsTheMostUnlessAShortAnswerNeedsMore() {
    Balance balance = Balance.opening(DAY, new Nanos(101));
    assertThat(balance.affordable(ask(50, 1))).isEqualTo(new Nanos(50));
    assertThat(balance.affordable(ask(51, 1))).isEqualTo(new Nanos(50));
    assertThat(balance.affordable(ask(1_000, 70))).isEqualTo(new Nanos(70));
    assertThat(balance.affordable(ask(1_000, 101))).isEqualTo(new Nanos(101));
    assertThat(balance.affordable(ask(1_000, 102))).isEqualTo(Nanos.ZERO);
    Balance whole = Balance.opening(DAY, new Nanos(Long.MAX_VALUE));
    assertThat(whole.affordable(ask(Long.MAX_VALUE, 1))).isEqualTo(new Nanos(Long.MAX_VALUE / 2));
  }

  private static Ask ask(long full, long least) {
    return new Ask(new Nanos(full), new Nanos(least));
  }
}
