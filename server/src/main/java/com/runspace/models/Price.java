package com.runspace.models;

import com.runspace.base.Nanos;

/**
 * What a model's tokens cost, in nano-dollars per million tokens. {@code cached} is the price of
 * input read from a provider's cache and is never above {@code input}.
 */
public record Price(long input, long cached, long output) {
  private static final long MILLION = 1_000_000L;

  public Price {
    if (input < 0 || cached < 0 || output < 0) {
      throw new IllegalArgumentException("a price cannot be negative");
    }
    if (cached > input) {
      throw new IllegalArgumentException("cached input cannot cost more than input");
    }
  }

  /**
   * The cost of so many tokens, rounded up once, over the whole sum.
   *
   * @param uncachedTokens input tokens not read from a cache
   * @throws ArithmeticException when the cost does not fit; callers refuse such a call
   */
  public Nanos of(long uncachedTokens, long cachedTokens, long outputTokens) {
    long sum =
        Math.addExact(
            Math.addExact(
                Math.multiplyExact(uncachedTokens, input),
                Math.multiplyExact(cachedTokens, cached)),
            Math.multiplyExact(outputTokens, output));
    return new Nanos(Math.ceilDiv(sum, MILLION));
  }

  /**
   * This price with a margin on top, each part rounded up to a whole nano-dollar.
   *
   * @param marginPpm the margin in millionths of the price: 150,000 is 15 %
   * @throws ArithmeticException when it does not fit
   */
  public Price plus(long marginPpm) {
    long factor = Math.addExact(MILLION, marginPpm);
    return new Price(times(input, factor), times(cached, factor), times(output, factor));
  }

  private static long times(long price, long factor) {
    return Math.ceilDiv(Math.multiplyExact(price, factor), MILLION);
  }

  /** The dearer of the two in each part: whoever pays this can pay either. */
  public Price max(Price other) {
    return new Price(
        Math.max(input, other.input),
        Math.max(cached, other.cached),
        Math.max(output, other.output));
  }

  /** The most output tokens that {@code amount} pays for beside the input; 0 when none. */
  public long outputFor(Nanos amount, long uncachedTokens) {
    // No cost that fits is above the most that fits, so more than that need not be told apart.
    boolean isMost = amount.value() > Long.MAX_VALUE / MILLION;
    long paid = isMost ? Long.MAX_VALUE : Math.multiplyExact(amount.value(), MILLION);
    long left = Math.subtractExact(paid, Math.multiplyExact(uncachedTokens, input));
    if (output == 0) {
      return left < 0 ? 0 : Long.MAX_VALUE;
    }
    return Math.max(0, Math.floorDiv(left, output));
  }
}
