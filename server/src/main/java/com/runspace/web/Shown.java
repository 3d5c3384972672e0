package com.runspace.web;

import com.runspace.base.Nanos;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Figures as people read them. What is rounded here stands exact beside it, or in the CSV. */
public final class Shown {
  private static final long CENT = Nanos.PER_USD / 100;
  private static final int TOKEN_DECIMALS = 4;
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMM uuuu", Locale.ENGLISH).withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter MOMENT =
      DateTimeFormatter.ofPattern("d MMM uuuu, HH:mm 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private Shown() {}

  /** {@code $1,204.50}, {@code $0.0312}, {@code $0.0000427}: small amounts keep three digits. */
  public static String money(Nanos amount) {
    return money(amount, RoundingMode.HALF_UP);
  }

  /** The same for what is left: never more than there is. */
  public static String atMost(Nanos amount) {
    return money(amount, RoundingMode.DOWN);
  }

  private static String money(Nanos amount, RoundingMode way) {
    BigDecimal usd = BigDecimal.valueOf(amount.value(), 9);
    long size = Math.abs(amount.value());
    if (size == 0 || size >= Nanos.PER_USD) {
      return "$" + grouped(usd.setScale(2, way));
    }
    BigDecimal rounded =
        size >= CENT
            ? usd.setScale(4, way)
            : usd.round(new MathContext(3, way)).stripTrailingZeros();
    boolean isCents = rounded.stripTrailingZeros().scale() <= 2;
    return "$" + (isCents ? rounded.setScale(2, way) : rounded).toPlainString();
  }

  /** {@code 1,234,567}. */
  public static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /**
   * An amount of a token with at most four decimals, rounded down, so that nobody reads more than
   * there is.
   *
   * @param raw in the token's smallest unit
   */
  public static String tokens(BigInteger raw, int decimals) {
    BigDecimal exact = new BigDecimal(raw, decimals);
    BigDecimal down = exact.setScale(TOKEN_DECIMALS, RoundingMode.DOWN).stripTrailingZeros();
    return grouped(down.scale() < 0 ? down.setScale(0, RoundingMode.UNNECESSARY) : down);
  }

  private static String grouped(BigDecimal number) {
    String plain = number.toPlainString();
    int point = plain.indexOf('.');
    BigInteger whole = new BigInteger(point < 0 ? plain : plain.substring(0, point));
    String sign = number.signum() < 0 && whole.signum() == 0 ? "-" : "";
    String fraction = point < 0 ? "" : plain.substring(point);
    return sign + String.format(Locale.ROOT, "%,d", whole) + fraction;
  }

  /**
   * How much a part is of a whole, in percent with one decimal, from {@code 0.0} to {@code 100.0}.
   */
  public static String percent(Nanos part, Nanos whole) {
    if (whole.value() <= 0 || part.value() <= 0) {
      return "0.0";
    }
    BigDecimal percent =
        BigDecimal.valueOf(part.value())
            .multiply(BigDecimal.valueOf(100))
            .divide(BigDecimal.valueOf(whole.value()), 1, RoundingMode.HALF_UP);
    return percent.min(new BigDecimal("100.0")).toPlainString();
  }

  /** {@code 22 Nov 2026}, in UTC. */
  public static String date(Instant moment) {
    return DATE.format(moment);
  }

  /** {@code 22 Nov 2026, 14:05 UTC}. */
  public static String moment(Instant moment) {
    return MOMENT.format(moment);
  }

  /** {@code 3 min ago}; a date when it is long ago. */
  public static String ago(Instant moment, Instant now) {
    Duration past = Duration.between(moment, now);
    if (past.compareTo(Duration.ofMinutes(1)) < 0) {
      return "just now";
    }
    return past.toDays() >= 7 ? date(moment) : span(past, 1) + " ago";
  }

  /** {@code 9 h 14 min}; never less than a second. */
  public static String span(Duration time) {
    return span(time, 2);
  }

  private static String span(Duration time, int parts) {
    long seconds = Math.max(1, time.toSeconds());
    long[] counts = {seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60};
    String[] units = {" d", " h", " min", " s"};
    int first = 0;
    while (counts[first] == 0) {
      first++;
    }
    StringBuilder text = new StringBuilder().append(counts[first]).append(units[first]);
    int second = first + 1;
    if (parts > 1 && second < 3 && counts[second] > 0) {
      text.append(' ').append(counts[second]).append(units[second]);
    }
    return text.toString();
  }
}
