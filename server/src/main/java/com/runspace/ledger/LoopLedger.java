package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.journal.Entry;
import com.runspace.journal.Journal;
import com.runspace.journal.Settlement;
import com.runspace.ledger.AccountDay.Supply;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The ledger as one event loop has it: over the same balances as others, with a journal apart. */
final class LoopLedger implements Ledger {
  private static final String ALONE =
      "This node has not reached the store for minutes, so it takes no new calls. Try again later.";
  private static final String UNREACHABLE =
      "This node cannot reach the store to ask for more of your allowance. Try again later.";

  private final LocalLedger ledger;
  private final Time time;
  private final @Nullable Shares shares;
  private final Journal.@Nullable Writer writer;

  /**
   * One loop's view.
   *
   * @param shares where parts of days come from; null when all of each day is here
   * @param writer null where no journal is kept
   */
  LoopLedger(
      LocalLedger ledger, Time time, @Nullable Shares shares, Journal.@Nullable Writer writer) {
    this.ledger = ledger;
    this.time = time;
    this.shares = shares;
    this.writer = writer;
  }

  @Override
  public Reservation hold(Spender spender, Ask ask, String callId, String model) {
    long nowMillis = time.epochMillis();
    AccountDay day = ledger.open(spender.account(), Day.ofEpochMillis(nowMillis));
    if (day == null) {
      return new Reservation.Closed(LocalLedger.LONG_AGO);
    }
    if (shares != null && !shares.areGood()) {
      return new Reservation.Closed(ALONE);
    }
    AtomicReference<Balance> balance = day.balance;
    while (true) {
      Supply supply = day.supply(spender, ask);
      if (supply instanceof Supply.Coming(var arrival)) {
        return new Reservation.Coming(arrival);
      }
      Balance now = balance.get();
      Nanos amount = now.affordable(spender, ask, supply instanceof Supply.Plenty);
      if (amount.compareTo(ask.least()) < 0) {
        return supply instanceof Supply.Out
            ? new Reservation.Closed(UNREACHABLE)
            : now.refusal(spender, ask);
      }
      Entry.Admitted call =
          new Entry.Admitted(
              callId,
              spender.account(),
              spender.id(),
              now.day(),
              model,
              ask.inputPrice(),
              ask.cachedPrice(),
              ask.outputPrice(),
              now.granted(),
              amount,
              nowMillis);
      if (balance.compareAndSet(now, now.hold(spender, amount))) {
        return admitted(balance, call);
      }
    }
  }

  private Reservation admitted(AtomicReference<Balance> balance, Entry.Admitted call) {
    Journal.Place place = null;
    boolean recorded = writer == null;
    try {
      if (writer != null) {
        place = writer.admit(call);
        recorded = place != null;
      }
    } finally {
      if (!recorded) {
        balance.updateAndGet(now -> now.settle(call.spender(), call.held(), Nanos.ZERO));
      }
    }
    return recorded
        ? new Reservation.Held(new LocalHold(balance, call, place))
        : new Reservation.Closed(Journal.CLOSED);
  }

  @Override
  public Standing standing(Spender spender) {
    Day today = ledger.today();
    AccountDay day = ledger.open(spender.account(), today);
    Nanos cap = spender.dailyCap();
    if (day != null && shares != null && cap != null) {
      var _ = day.capOf(spender.id(), cap);
    }
    Balance now = day == null ? Balance.opening(today, Nanos.ZERO) : day.balance.get();
    Balance.Line line = now.line(spender.id());
    return new Standing(
        now.day(),
        now.granted(),
        now.used().plus(now.part().elsewhere()),
        now.held(),
        cap,
        line.used().plus(line.part().elsewhere()),
        line.held());
  }

  @Override
  public void flush() {
    if (writer != null) {
      writer.flush();
    }
  }

  private final class LocalHold implements Reservation.Hold {
    private final AtomicReference<Balance> balance;
    private final Entry.Admitted call;
    private final Journal.@Nullable Place place;
    private boolean settled;

    LocalHold(
        AtomicReference<Balance> balance, Entry.Admitted call, Journal.@Nullable Place place) {
      this.balance = balance;
      this.call = call;
      this.place = place;
    }

    @Override
    public Nanos amount() {
      return call.held();
    }

    @Override
    public Day day() {
      return call.day();
    }

    @Override
    public Nanos settle(Settlement settlement) {
      if (settled) {
        throw new IllegalStateException("settled twice");
      }
      settled = true;
      Nanos charge = settlement.cost().max(Nanos.ZERO).min(call.held());
      if (writer != null && place != null) {
        writer.settle(place, new Entry.Settled(call, settlement, charge, time.epochMillis()));
      }
      balance.updateAndGet(now -> now.settle(call.spender(), call.held(), charge));
      return charge;
    }
  }
}
