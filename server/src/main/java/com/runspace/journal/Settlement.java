package com.runspace.journal;

import com.runspace.base.Nanos;

/**
 * How a call ended and what it used: the facts of its usage row.
 *
 * @param provider the route that answered, empty when none did
 * @param promptTokens all input tokens, cached ones included
 * @param cost what the tokens cost at the quote's price, before the cap of the hold
 * @param clamped whether the answer was shortened to the allowance
 * @param flagged whether the provider's figures made no sense
 */
public record Settlement(
    String provider,
    long promptTokens,
    long cachedTokens,
    long outputTokens,
    Nanos cost,
    Basis basis,
    Ended ended,
    boolean clamped,
    boolean flagged) {

  /** Where the figures come from. */
  public enum Basis {
    /** The provider's own usage. */
    MEASURED,
    /** Counted by us from the bytes that passed. */
    ESTIMATED,
    /** Nothing was used. */
    NONE
  }

  /** Why the call is over. */
  public enum Ended {
    COMPLETE,
    CLIENT_LEFT,
    UPSTREAM_FAILED,
    REVOKED,
    DEADLINE,
    CRASHED
  }
}
