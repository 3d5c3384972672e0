package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.journal.Settlement;
import java.util.concurrent.CompletionStage;

/** What became of the wish to hold money for a call. */
public sealed interface Reservation {
  /** It is held; the call may run, and must be settled exactly once. */
  record Held(Hold hold) implements Reservation {}

  /** Not even a short answer is affordable today. */
  record Spent(Day day, Nanos granted, Nanos used, Nanos held, boolean capOfKey)
      implements Reservation {}

  /** It would fit if the calls in flight had settled: wait, then ask again. */
  record Busy(Day day, Nanos granted, Nanos used, Nanos held) implements Reservation {}

  /** A part of the account's day is on its way to this node: ask again when it has come. */
  record Coming(CompletionStage<?> arrival) implements Reservation {}

  /** The ledger cannot take the record of a new call now; the reason is a sentence for callers. */
  record Closed(String reason) implements Reservation {}

  /** Money held for one call in flight. Settled exactly once, on the event loop that holds it. */
  interface Hold {
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
}
