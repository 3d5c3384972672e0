package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The state of one account's day, as a pure value; each method is a transition to the next one.
 *
 * <p>Invariants: nothing is negative; {@code used + held <= granted} at every hold, for the account
 * and, against its own cap, for the spender, so that no later settle can break it, because a charge
 * never exceeds its hold. A grant or cap that falls during the day stops new holds only: what is
 * held or used stays. Account and spender change together, because they are one value.
 *
 * @param lines the spenders that were active on this day, each once; an account has few
 */
record Balance(Day day, Nanos granted, Nanos used, Nanos held, List<Line> lines) {
  /** The part of one spender in the account's day. */
  record Line(String spender, Nanos used, Nanos held) {
    Line {
      if (used.isNegative() || held.isNegative()) {
        throw new IllegalArgumentException("negative line");
      }
    }

    static Line opening(String spender) {
      return new Line(spender, Nanos.ZERO, Nanos.ZERO);
    }
  }

  Balance {
    lines = List.copyOf(lines);
    if (granted.isNegative() || used.isNegative() || held.isNegative()) {
      throw new IllegalArgumentException("negative balance");
    }
  }

  static Balance opening(Day day, Nanos granted) {
    return new Balance(day, granted, Nanos.ZERO, Nanos.ZERO, List.of());
  }

  Nanos free() {
    return free(granted, used, held);
  }

  private static Nanos free(Nanos limit, Nanos used, Nanos held) {
    return limit.minus(used).minus(held).max(Nanos.ZERO);
  }

  Line line(String spender) {
    int at = indexOf(spender);
    return at < 0 ? Line.opening(spender) : lines.get(at);
  }

  /**
   * The amount a call would be given: its full worst case where that fits into half of what is
   * free, else the half, but never less than a short answer; zero when not even that is free. The
   * same rule holds for the spender's cap, and the smaller amount is given.
   */
  Nanos affordable(Spender spender, Ask ask) {
    Nanos amount = shortened(ask, free());
    Nanos cap = spender.dailyCap();
    if (cap == null) {
      return amount;
    }
    Line line = line(spender.id());
    return amount.min(shortened(ask, free(cap, line.used, line.held)));
  }

  private static Nanos shortened(Ask ask, Nanos free) {
    if (ask.least().compareTo(free) > 0) {
      return Nanos.ZERO;
    }
    Nanos half = new Nanos(free.value() / 2);
    return ask.full().min(half.max(ask.least()));
  }

  /**
   * Why not even a short answer can be had: spent, or held by calls in flight. The figures are of
   * the limit that is in the way, the account's grant or the spender's cap.
   */
  Reservation refusal(Spender spender, Ask ask) {
    if (ask.least().compareTo(granted.minus(used)) > 0) {
      return new Reservation.Spent(day, granted, used, held, false);
    }
    Line line = line(spender.id());
    Nanos cap = spender.dailyCap();
    if (cap != null && ask.least().compareTo(cap.minus(line.used)) > 0) {
      return new Reservation.Spent(day, cap, line.used, line.held, true);
    }
    return cap == null || ask.least().compareTo(free()) > 0
        ? new Reservation.Busy(day, granted, used, held)
        : new Reservation.Busy(day, cap, line.used, line.held);
  }

  /** Holds an amount that is affordable. */
  Balance hold(Spender spender, Nanos amount) {
    Line line = line(spender.id());
    Nanos cap = spender.dailyCap();
    if (amount.compareTo(free()) > 0
        || (cap != null && amount.compareTo(free(cap, line.used, line.held)) > 0)) {
      throw new IllegalArgumentException("hold of " + amount + " with " + free() + " free");
    }
    Line next = new Line(line.spender, line.used, line.held.plus(amount));
    return new Balance(day, granted, used, held.plus(amount), with(next));
  }

  /** Ends a hold of {@code amount}: a charge is used, the rest is free again. */
  Balance settle(String spender, Nanos amount, Nanos charge) {
    if (charge.isNegative() || charge.compareTo(amount) > 0) {
      throw new IllegalArgumentException("charge of " + charge + " for a hold of " + amount);
    }
    Line line = line(spender);
    Line next = new Line(line.spender, line.used.plus(charge), line.held.minus(amount));
    return new Balance(day, granted, used.plus(charge), held.minus(amount), with(next));
  }

  /** The grant is now {@code amount}. */
  Balance grant(Nanos amount) {
    return new Balance(day, amount, used, held, lines);
  }

  private int indexOf(String spender) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).spender.equals(spender)) {
        return i;
      }
    }
    return -1;
  }

  private List<Line> with(Line line) {
    int at = indexOf(line.spender);
    @Nullable Line[] next = lines.toArray(new Line[lines.size() + (at < 0 ? 1 : 0)]);
    next[at < 0 ? lines.size() : at] = line;
    return asList(next);
  }

  @SuppressWarnings("NullAway") // the one place that was empty has just been filled
  private static List<Line> asList(@Nullable Line[] lines) {
    return List.of(lines);
  }
}
