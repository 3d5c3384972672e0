package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;

/** Money held for one call in flight. Settled exactly once, on the event loop that holds it. */
public interface Hold {
  /** The worst case that is held, and the most that will be charged. */
  Nanos amount();

  /** The day that admitted the call and is charged for it. */
  Day day();

  /**
   * Ends the hold: charges the cost, at most the amount held, and frees the rest.
   *
   * @return what was charged
   * @throws IllegalStateException when it was settled before
   */
  Nanos settle(Settlement settlement);
}
