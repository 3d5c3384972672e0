package com.runspace.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class MoneyAndDaysTest {
  private static Nanos usd(String amount) {
    return Nanos.ofUsd(new BigDecimal(amount));
  }

  @Test
  void dollarsAreReadAndWrittenExactly() {
    assertThat(usd("0.000000001")).isEqualTo(new Nanos(1));
    assertThat(usd("1")).isEqualTo(new Nanos(Nanos.PER_USD));
    assertThat(usd("1e1").usd()).isEqualTo("10");
    assertThat(usd("-0.50").usd()).isEqualTo("-0.5");
    assertThat(usd("0.000")).isEqualTo(Nanos.ZERO);
    assertThat(usd("0e400000000")).isEqualTo(Nanos.ZERO);
    assertThat(Nanos.ZERO.usd()).isEqualTo("0");
    assertThat(usd("100").usd()).isEqualTo("100");
    assertThat(usd("0.00012")).hasToString("$0.00012");
    for (long value : new long[] {Long.MIN_VALUE, -1, 1, 999_999_999, Long.MAX_VALUE}) {
      assertThat(usd(new Nanos(value).usd())).isEqualTo(new Nanos(value));
    }
    for (String wrong :
        List.of(
            "0.0000000001",
            "9223372036.854775808",
            "1e10",
            "1e400000000",
            "1e-400000000",
            "-1e10",
            "1e-99")) {
      assertThatThrownBy(() -> usd(wrong)).as(wrong).isInstanceOf(ArithmeticException.class);
    }
  }

  @Test
  void sumsThatDoNotFitThrow() {
    Nanos most = new Nanos(Long.MAX_VALUE);
    Nanos least = new Nanos(Long.MIN_VALUE);
    assertThatThrownBy(() -> most.plus(new Nanos(1))).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> least.minus(new Nanos(1))).isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Nanos.ZERO.minus(least)).isInstanceOf(ArithmeticException.class);
    assertThat(most.plus(least)).isEqualTo(new Nanos(-1));
    assertThat(most.min(least)).isEqualTo(least);
    assertThat(most.max(least)).isEqualTo(most);
    assertThat(most).isGreaterThan(least);
    assertThat(List.of(most.isNegative(), least.isNegative(), Nanos.ZERO.isNegative()))
        .containsExactly(false, true, false);
  }

  @Test
  void daysBeginAtMidnightUtcOnBothSidesOf1970() {
    for (String[] row :
        new String[][] {
          {"2026-11-22T00:00:00Z", "2026-11-22"},
          {"2026-11-22T23:59:59.999Z", "2026-11-22"},
          {"2024-02-29T12:00:00Z", "2024-02-29"},
          {"1970-01-01T00:00:00Z", "1970-01-01"},
          {"1969-12-31T23:59:59.999Z", "1969-12-31"},
          {"1969-12-31T00:00:00Z", "1969-12-31"},
          {"1969-12-30T23:59:59.999Z", "1969-12-30"}
        }) {
      long millis = Instant.parse(row[0]).toEpochMilli();
      Day day = Day.ofEpochMillis(millis);
      assertThat(day).hasToString(row[1]);
      assertThat(day.startEpochMillis()).isLessThanOrEqualTo(millis);
      assertThat(day.end().toEpochMilli()).isGreaterThan(millis);
      assertThat(day.end()).isEqualTo(Instant.parse(day.next() + "T00:00:00Z"));
      assertThat(Day.ofEpochMillis(day.startEpochMillis())).isEqualTo(day);
      assertThat(Day.ofEpochMillis(day.startEpochMillis() - 1).next()).isEqualTo(day);
      assertThat(day.next()).isGreaterThan(day);
    }
  }

  @Test
  void secondsLeftAreRoundedUpAndNeverNone() {
    Day day = Day.ofEpochMillis(Instant.parse("2026-11-22T00:00:00Z").toEpochMilli());
    long start = day.startEpochMillis();
    long end = day.end().toEpochMilli();
    assertThat(day.secondsLeft(start)).isEqualTo(86_400);
    assertThat(day.secondsLeft(start + 1)).isEqualTo(86_400);
    assertThat(day.secondsLeft(end - 1_001)).isEqualTo(2);
    assertThat(day.secondsLeft(end - 1_000)).isEqualTo(1);
    assertThat(day.secondsLeft(end - 1)).isEqualTo(1);
    assertThat(day.secondsLeft(end)).isEqualTo(1);
    assertThat(day.secondsLeft(end + 99_999)).isEqualTo(1);
  }

  @Test
  void secretsShowTheirLastFourOnly() {
    assertThat(new Secret("rsk_live_0123456789")).hasToString("…6789");
    assertThat("" + new Secret("0123456789ab")).isEqualTo("…89ab");
    // Of a short one four characters are too much.
    assertThat(new Secret("0123456789a")).hasToString("…");
    assertThat(new Secret("")).hasToString("…");
    assertThat(new Secret("0123456789ab").reveal()).isEqualTo("0123456789ab");
  }

  @Test
  void randomBitsFillAWholeLong() {
    Randomness counting =
        bytes -> {
          for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (0xf0 + i);
          }
        };
    assertThat(counting.nextLong()).isEqualTo(0xf0f1f2f3f4f5f6f7L);
    assertThatThrownBy(() -> new AccountId("")).isInstanceOf(IllegalArgumentException.class);
  }
}
