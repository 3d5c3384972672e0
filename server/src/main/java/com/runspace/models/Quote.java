package com.runspace.models;

import com.runspace.base.Nanos;

/**
 * The worst case of one call: what is held before the provider is called, and the price at which it
 * is settled after. Fixed at admission.
 *
 * @param promptTokens an upper bound of the prompt's tokens
 * @param outputLimit output tokens per choice
 */
public record Quote(Price price, long promptTokens, long outputLimit, int choices) {
  /**
   * The amount to hold when each choice may use {@code limit} tokens.
   *
   * @throws ArithmeticException when it does not fit
   */
  public Nanos worstCase(long limit) {
    return price.of(promptTokens, 0, Math.multiplyExact(limit, (long) choices));
  }

  /** Output tokens per choice that {@code held} pays for, at most the limit asked for. */
  public long outputLimitFor(Nanos held) {
    return Math.min(outputLimit, price.outputFor(held, promptTokens) / choices);
  }
}
