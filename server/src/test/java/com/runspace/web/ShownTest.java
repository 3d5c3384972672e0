package com.runspace.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Nanos;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ShownTest {
  private static String money(long nanos) {
    return Shown.money(new Nanos(nanos));
  }

  @Test
  void smallAmountsKeepThreeDigits() {
    assertThat(money(0)).isEqualTo("$0.00");
    assertThat(money(1_204_500_000_000L)).isEqualTo("$1,204.50");
    assertThat(money(999_999_999)).isEqualTo("$1.00");
    assertThat(money(390_000_000)).isEqualTo("$0.39");
    assertThat(money(31_234_567)).isEqualTo("$0.0312");
    assertThat(money(9_999_999)).isEqualTo("$0.01");
    assertThat(money(42_749)).isEqualTo("$0.0000427");
    assertThat(money(1)).isEqualTo("$0.000000001");
  }

  @Test
  void tokensAreRoundedDown() {
    assertThat(Shown.tokens(new BigInteger("52400000000000000000000"), 18)).isEqualTo("52,400");
    assertThat(Shown.tokens(new BigInteger("999999999999999999"), 18)).isEqualTo("0.9999");
    assertThat(Shown.tokens(BigInteger.ZERO, 18)).isEqualTo("0");
    assertThat(Shown.tokens(new BigInteger("1234567"), 0)).isEqualTo("1,234,567");
  }

  @Test
  void sharesAreBounded() {
    assertThat(Shown.percent(new Nanos(1), new Nanos(3))).isEqualTo("33.3");
    assertThat(Shown.percent(new Nanos(9), new Nanos(3))).isEqualTo("100.0");
    assertThat(Shown.percent(new Nanos(9), Nanos.ZERO)).isEqualTo("0.0");
    assertThat(Shown.percent(new Nanos(Long.MAX_VALUE), new Nanos(Long.MAX_VALUE)))
        .isEqualTo("100.0");
  }

  @Test
  void timesReadLikeSpeech() {
    Instant now = Instant.parse("2026-11-22T12:00:00Z");
    assertThat(Shown.span(Duration.ofMinutes(554))).isEqualTo("9 h 14 min");
    assertThat(Shown.span(Duration.ofDays(2))).isEqualTo("2 d");
    assertThat(Shown.span(Duration.ofSeconds(75))).isEqualTo("1 min");
    assertThat(Shown.span(Duration.ofSeconds(-5))).isEqualTo("1 s");
    assertThat(Shown.ago(now.minusSeconds(20), now)).isEqualTo("just now");
    assertThat(Shown.ago(now.minusSeconds(7300), now)).isEqualTo("2 h ago");
    assertThat(Shown.ago(now.minus(Duration.ofDays(9)), now)).isEqualTo("13 Nov 2026");
    assertThat(Shown.moment(now)).isEqualTo("22 Nov 2026, 12:00 UTC");
  }
}
