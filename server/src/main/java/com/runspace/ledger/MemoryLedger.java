package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.base.Time;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/**
 * A ledger that lives as long as its process. Exact while it runs: each account and day is one
 * value, replaced by compare-and-set. Safe to share between event loops.
 */
public final class MemoryLedger implements Ledger {
  private record Key(AccountId account, Day day) {}

  private final ConcurrentMap<Key, AtomicReference<Balance>> balances = new ConcurrentHashMap<>();
  private final Allowance allowance;
  private final Time time;

  public MemoryLedger(Allowance allowance, Time time) {
    this.allowance = allowance;
    this.time = time;
  }

  @Override
  public Reservation hold(Spender spender, Ask ask, String callId, String model) {
    AtomicReference<Balance> balance = balanceToday(spender);
    while (true) {
      Balance now = balance.get();
      Nanos amount = now.affordable(ask);
      if (amount.compareTo(ask.least()) < 0) {
        return now.wouldFitAlone(ask)
            ? new Reservation.Busy(now.day(), now.granted(), now.used(), now.held())
            : new Reservation.Spent(now.day(), now.granted(), now.used(), now.held(), false);
      }
      if (balance.compareAndSet(now, now.hold(amount))) {
        return new Reservation.Held(new MemoryHold(balance, now.day(), amount));
      }
    }
  }

  @Override
  public Standing standing(Spender spender) {
    Balance now = balanceToday(spender).get();
    return new Standing(now.day(), now.granted(), now.used(), now.held());
  }

  @Override
  public void flush() {
    // Nothing outlives this process, so there is nothing to write.
  }

  private AtomicReference<Balance> balanceToday(Spender spender) {
    Day today = Day.ofEpochMillis(time.epochMillis());
    Nanos granted = allowance.today(spender.account()).amount();
    AtomicReference<Balance> balance =
        balances.computeIfAbsent(
            new Key(spender.account(), today),
            key -> new AtomicReference<>(Balance.opening(today, granted)));
    if (!balance.get().granted().equals(granted)) {
      change(balance, now -> now.grant(granted));
    }
    return balance;
  }

  private static void change(AtomicReference<Balance> balance, UnaryOperator<Balance> step) {
    balance.updateAndGet(step);
  }

  private record MemoryHold(
      AtomicReference<Balance> balance, Day day, Nanos amount, AtomicBoolean settled)
      implements Hold {
    MemoryHold(AtomicReference<Balance> balance, Day day, Nanos amount) {
      this(balance, day, amount, new AtomicBoolean());
    }

    @Override
    public Nanos settle(Settlement settlement) {
      if (!settled.compareAndSet(false, true)) {
        throw new IllegalStateException("settled twice");
      }
      Nanos charge = settlement.cost().max(Nanos.ZERO).min(amount);
      change(balance, now -> now.settle(amount, charge));
      return charge;
    }
  }
}
