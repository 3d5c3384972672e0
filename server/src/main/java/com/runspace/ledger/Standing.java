package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;

/** How one account's day stands. */
public record Standing(Day day, Nanos granted, Nanos used, Nanos held) {
  /** What a new call could hold; never negative, also when a grant was lowered in the day. */
  public Nanos free() {
    return granted.minus(used).minus(held).max(Nanos.ZERO);
  }
}
