package com.runspace.base;

import java.math.BigDecimal;

/**
 * Money: a whole number of nano-dollars (1e-9 USD). Arithmetic is exact; a result that does not fit
 * a {@code long} (about 9.2 billion dollars) throws {@link ArithmeticException}, which callers on
 * the request path turn into a refusal.
 */
public record Nanos(long value) implements Comparable<Nanos> {
  public static final Nanos ZERO = new Nanos(0);

  /** Nano-dollars in a dollar. */
  public static final long PER_USD = 1_000_000_000L;

  /**
   * Reads an exact decimal amount of dollars.
   *
   * @throws ArithmeticException when the amount has more than nine decimals or is too large
   */
  public static Nanos ofUsd(BigDecimal usd) {
    // Before any digit is written out: 1e400000000 would be written for minutes.
    if (usd.signum() != 0 && (long) usd.precision() - usd.scale() > 10) {
      throw new ArithmeticException("more dollars than fit");
    }
    return usd.signum() == 0 ? ZERO : new Nanos(usd.movePointRight(9).longValueExact());
  }

  public Nanos plus(Nanos other) {
    return new Nanos(Math.addExact(value, other.value));
  }

  public Nanos minus(Nanos other) {
    return new Nanos(Math.subtractExact(value, other.value));
  }

  public Nanos min(Nanos other) {
    return value <= other.value ? this : other;
  }

  public Nanos max(Nanos other) {
    return value >= other.value ? this : other;
  }

  public boolean isNegative() {
    return value < 0;
  }

  @Override
  public int compareTo(Nanos other) {
    return Long.compare(value, other.value);
  }

  /** The amount as a plain decimal of dollars, without trailing zeros: {@code 0.00012}. */
  public String usd() {
    BigDecimal usd = BigDecimal.valueOf(value, 9);
    return usd.signum() == 0 ? "0" : usd.stripTrailingZeros().toPlainString();
  }

  @Override
  public String toString() {
    return "$" + usd();
  }
}
