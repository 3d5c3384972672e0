package com.runspace.ledger;

/**
 * What accounts may still spend today. One object per event loop, all over the same balances; calls
 * to one object come from its loop only and never block.
 */
public interface Ledger {
  /**
   * Holds the worst case of a call, shortened to what is left where that is enough for a short
   * answer.
   *
   * @param callId 128 bits as 32 hex digits, unique for ever
   * @param model the catalogue's id, for the usage row
   */
  Reservation hold(Spender spender, Ask ask, String callId, String model);

  /** How the day of this spender's account stands. */
  Standing standing(Spender spender);

  /**
   * Makes the records of this turn of the event loop outlive the process. Called before bytes that
   * depend on them go to clients.
   */
  void flush();
}
