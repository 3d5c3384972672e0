package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import org.jspecify.annotations.Nullable;

/**
 * How one account's day stands, and the part of one spender in it.
 *
 * @param cap the spender's own daily cap; null for none
 * @param usedOfKey what this spender has spent
 * @param heldOfKey what this spender's calls in flight hold
 */
public record Standing(
    Day day,
    Nanos granted,
    Nanos used,
    Nanos held,
    @Nullable Nanos cap,
    Nanos usedOfKey,
    Nanos heldOfKey) {

  /** What a new call could hold; never negative, also when a grant or cap was lowered. */
  public Nanos free() {
    Nanos free = granted.minus(used).minus(held);
    Nanos freeOfKey = cap == null ? free : cap.minus(usedOfKey).minus(heldOfKey);
    return free.min(freeOfKey).max(Nanos.ZERO);
  }
}
