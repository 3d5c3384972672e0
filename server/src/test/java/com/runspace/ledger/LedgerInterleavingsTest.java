package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Reservation.Hold;
import com.runspace.testkit.Interleavings;
import com.runspace.testkit.ManualTime;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.stream.Stream;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.ThreadIdGen;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Holds, settlements and releases of several keys at once, in all orders that Lincheck finds. */
@Tag("slow")
@Timeout(600)
class LedgerInterleavingsTest {
  private static final int GRANTED = 8;
  private static final int CAP = 3;
  private static final AccountId ACCOUNT = new AccountId("a");
  private static final List<Spender> SPENDERS =
      List.of(
          new Spender(ACCOUNT, "free", null),
          new Spender(ACCOUNT, "capped", new Nanos(CAP)),
          new Spender(ACCOUNT, "other", new Nanos(2 * CAP)));

  /** Loops that share one account; each settles what it holds itself, as event loops do. */
  public abstract static class Loops {
    volatile int granted = GRANTED;
    final Ledger ledger =
        LocalLedger.inMemory(
            _ -> new Allowance.Grant(new Nanos(granted), "tier"),
            ManualTime.at("2026-11-21T12:00:00Z"));
    private final List<Queue<Hold>> holds =
        Stream.<Queue<Hold>>generate(ArrayDeque::new).limit(6).toList();

    String tryToHold(int loop, int spender, int full, int least) {
      Ask ask = new Ask(new Nanos(full), new Nanos(Math.min(full, least)));
      Reservation answer = ledger.hold(SPENDERS.get(spender), ask, "0".repeat(32), "m");
      if (answer instanceof Reservation.Held(Hold hold)) {
        holds.get(loop).add(hold);
        return "held " + hold.amount().value();
      }
      return answer.toString();
    }

    long settleOldest(int loop, long cost) {
      Hold hold = holds.get(loop).poll();
      return hold == null ? -1 : hold.settle(Samples.settlement(cost, Ended.COMPLETE)).value();
    }

    /** Never above what was granted, never above a cap. */
    void checkLimits(int highest) {
      long sum = 0;
      for (Spender spender : SPENDERS) {
        Standing now = ledger.standing(spender);
        long taken = now.used().value() + now.held().value();
        long ofKey = now.usedOfKey().value() + now.heldOfKey().value();
        Nanos cap = spender.dailyCap();
        if (taken > highest || (cap != null && ofKey > cap.value())) {
          throw new IllegalStateException("too much: " + now);
        }
        sum += ofKey;
        if (spender.id().equals("other") && sum != taken) {
          throw new IllegalStateException("keys have " + sum + " of " + now);
        }
      }
    }
  }

  /** With one grant, all that the ledger answers is as if one call came after the other. */
  @Param(name = "spender", gen = IntGen.class, conf = "0:2")
  @Param(name = "full", gen = IntGen.class, conf = "1:5")
  @Param(name = "least", gen = IntGen.class, conf = "1:3")
  @Param(name = "cost", gen = IntGen.class, conf = "-1:5")
  public static class OneGrant extends Loops {
    @Operation
    public String hold(
        @Param(gen = ThreadIdGen.class) int loop,
        @Param(name = "spender") int spender,
        @Param(name = "full") int full,
        @Param(name = "least") int least) {
      return tryToHold(loop, spender, full, least);
    }

    @Operation
    public long settle(@Param(gen = ThreadIdGen.class) int loop, @Param(name = "cost") int cost) {
      return settleOldest(loop, cost);
    }

    @Operation
    public long release(@Param(gen = ThreadIdGen.class) int loop) {
      return settleOldest(loop, 0);
    }

    @Operation
    public String standing(@Param(name = "spender") int spender) {
      return ledger.standing(SPENDERS.get(spender)).toString();
    }

    @Validate
    public void limits() {
      checkLimits(GRANTED);
    }
  }

  /**
   * A grant that falls while a call is being admitted may or may not count for it, so here only the
   * limits are looked at: nothing is above the highest grant.
   */
  @Param(name = "spender", gen = IntGen.class, conf = "0:2")
  @Param(name = "amount", gen = IntGen.class, conf = "0:8")
  public static class OtherGrants extends Loops {
    @Operation
    public void hold(
        @Param(gen = ThreadIdGen.class) int loop,
        @Param(name = "spender") int spender,
        @Param(name = "amount") int full) {
      var _ = tryToHold(loop, spender, full, 1);
    }

    @Operation
    public void settle(@Param(gen = ThreadIdGen.class) int loop, @Param(name = "amount") int cost) {
      var _ = settleOldest(loop, cost);
    }

    @Operation
    public void grant(@Param(name = "amount") int amount) {
      granted = amount;
    }

    @Validate
    public void limits() {
      checkLimits(GRANTED);
    }
  }

  /** A balance that is read and written in two steps, to see that such a thing is found. */
  public static class TwoSteps {
    private volatile int held;

    @Operation
    public int hold() {
      int now = held;
      held = now + 1;
      return now;
    }
  }

  @Test
  void callsOfSeveralKeysAreAsIfOneCameAfterTheOther() {
    Interleavings.check(OneGrant.class);
  }

  @Test
  void noGrantThatChangesLetsTooMuchThrough() {
    Interleavings.check(OtherGrants.class);
  }

  @Test
  void aBalanceInTwoStepsIsFound() {
    assertThatThrownBy(() -> Interleavings.check(TwoSteps.class))
        .isInstanceOf(LincheckAssertionError.class)
        .hasMessageContaining("Invalid execution results");
  }
}
