package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;

/**
 * The state of one account's day, as a pure value.
 *
 * <p>Invariants: nothing is negative; {@code used + held <= granted} at every hold, so that no
 * later settle can break it, because a charge never exceeds its hold. A grant that falls during the
 * day stops new holds only: what is held or used stays.
 */
record Balance(Day day, Nanos granted, Nanos used, Nanos held) {
  Balance {
    if (granted.isNegative() || used.isNegative() || held.isNegative()) {
      throw new IllegalArgumentException("negative balance");
    }
  }

  static Balance opening(Day day, Nanos granted) {
    return new Balance(day, granted, Nanos.ZERO, Nanos.ZERO);
  }

  Nanos free() {
    return granted.minus(used).minus(held).max(Nanos.ZERO);
  }

  /**
   * The amount a call would be given: its full worst case where that fits into half of what is
   * free, else the half, but never less than a short answer; zero when not even that is free.
   */
  Nanos affordable(Ask ask) {
    Nanos free = free();
    if (ask.least().compareTo(free) > 0) {
      return Nanos.ZERO;
    }
    Nanos half = new Nanos(free.value() / 2);
    return ask.full().min(half.max(ask.least()));
  }

  /** Whether a short answer would fit if nothing were held. */
  boolean wouldFitAlone(Ask ask) {
    return ask.least().compareTo(granted.minus(used)) <= 0;
  }

  Balance hold(Nanos amount) {
    if (amount.compareTo(free()) > 0) {
      throw new IllegalArgumentException("hold of " + amount + " with " + free() + " free");
    }
    return new Balance(day, granted, used, held.plus(amount));
  }

  Balance settle(Nanos amount, Nanos charge) {
    if (charge.compareTo(amount) > 0) {
      throw new IllegalArgumentException("charge of " + charge + " for a hold of " + amount);
    }
    return new Balance(day, granted, used.plus(charge), held.minus(amount));
  }

  Balance grant(Nanos amount) {
    return new Balance(day, amount, used, held);
  }
}
