package com.runspace.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.ManualTime;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** When a route that fails is left alone, and when it is tried again. */
class BreakerTest {
  private static final long START = ManualTime.at("2026-01-31T00:00:00Z").nanos();
  private static final long REST = Breaker.REST_NANOS;

  private static final int FAILURES = 3;

  private final Breaker breaker = new Breaker(FAILURES);

  private void fail(int times, long now) {
    for (int i = 0; i < times; i++) {
      breaker.failed(now);
    }
  }

  @Test
  void aFewFailuresInARowAndItRests() {
    assertThat(breaker.failed(START)).isFalse();
    assertThat(breaker.failed(START)).isFalse();
    assertThat(breaker.admits(START)).isTrue();
    assertThat(breaker.failed(START)).isTrue();
    assertThat(breaker.isResting(START)).isTrue();
    assertThat(breaker.admits(START + REST - 1)).isFalse();
    assertThat(breaker.restLeft(START + REST - 1)).isEqualTo(1);
  }

  @Test
  void onlyWhenItMay() {
    Breaker patient = new Breaker(0);
    for (int i = 0; i < 100; i++) {
      assertThat(patient.failed(START)).isFalse();
    }
    assertThat(patient.admits(START)).isTrue();
  }

  @Test
  void aSuccessBetweenThemForgetsThem() {
    fail(FAILURES - 1, START);
    breaker.succeeded();
    fail(FAILURES - 1, START);
    assertThat(breaker.admits(START)).isTrue();
  }

  @Test
  void afterTheRestOneCallTries() {
    fail(FAILURES, START);
    long later = START + REST;
    assertThat(breaker.isResting(later)).isFalse();
    assertThat(breaker.admits(later)).isTrue();
    assertThat(breaker.admits(later)).isFalse();
    breaker.succeeded();
    assertThat(breaker.admits(later)).isTrue();
    assertThat(breaker.isResting(later)).isFalse();
  }

  @Test
  void eachFailureMoreDoublesTheRestUpToAMinute() {
    fail(FAILURES, START);
    long now = START;
    for (long rest = REST; rest <= 4 * REST; rest *= 2) {
      assertThat(breaker.restLeft(now)).isEqualTo(rest);
      now += rest;
      assertThat(breaker.admits(now)).isTrue();
      assertThat(breaker.failed(now)).isFalse();
    }
    fail(20, now);
    assertThat(breaker.restLeft(now)).isEqualTo(TimeUnit.MINUTES.toNanos(1));
    breaker.succeeded();
    fail(FAILURES, now);
    assertThat(breaker.restLeft(now)).isEqualTo(REST);
  }

  @Test
  void aTrialThatNeverEndsDoesNotKeepTheRouteShut() {
    fail(FAILURES, START);
    assertThat(breaker.admits(START + REST)).isTrue();
    assertThat(breaker.admits(START + 2 * REST)).isTrue();
  }

  @Test
  void aPauseThatTheProviderAsksForIsKept() {
    breaker.rest(START, 7);
    assertThat(breaker.admits(START + 6)).isFalse();
    assertThat(breaker.admits(START + 7)).isTrue();
    breaker.succeeded();
    assertThat(breaker.restLeft(START)).isZero();
  }
}
