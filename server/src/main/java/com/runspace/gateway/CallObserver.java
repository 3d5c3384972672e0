package com.runspace.gateway;

import com.runspace.base.Nanos;
import com.runspace.journal.Settlement;

/**
 * Hears what becomes of calls, for figures. Called on event loops, so it never blocks; several
 * loops may call it at once.
 */
public interface CallObserver {
  /** Hears nothing. */
  CallObserver NONE =
      new CallObserver() {
        @Override
        public void admitted() {}

        @Override
        public void settled(Call call) {}

        @Override
        public void turnedAway(String provider, String outcome) {}
      };

  /**
   * What one call came to.
   *
   * @param model the catalogue's id
   * @param charged what the account paid for it
   * @param firstTextNanos nanoseconds from admission to the first text, 0 when there was none
   * @param elapsedNanos nanoseconds from admission to the settling
   */
  record Call(
      String model, Settlement settlement, Nanos charged, long firstTextNanos, long elapsedNanos) {}

  /** A call is in flight from now on, until it is settled. */
  void admitted();

  /** A call is over; heard once for each that was admitted. */
  void settled(Call call);

  /**
   * A provider did not take a call, or broke it off.
   *
   * @param outcome one of a few words, such as {@code http_429} or {@code no_connection}
   */
  void turnedAway(String provider, String outcome);
}
