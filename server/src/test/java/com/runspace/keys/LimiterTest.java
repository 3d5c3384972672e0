package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.runspace.keys.Admission.Admitted;
import com.runspace.keys.Admission.Kind;
import com.runspace.keys.Admission.Limited;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LimiterTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MINUTE = 60 * SECOND;

  /** Near where the clock turns over, which it may. */
  private static final long START = Math.subtractExact(Long.MAX_VALUE, 5 * SECOND);

  private static Limiter limiter(long requests, long tokens, long concurrent) {
    return new Limiter(new Limits(requests, tokens, concurrent), START);
  }

  private static Admitted admitted(Limiter limiter, long now, long tokens) {
    return limiter.admit(now, tokens) instanceof Admitted call ? call : fail("was not let in");
  }

  private static Limited limited(Limiter limiter, long now, long tokens) {
    return limiter.admit(now, tokens) instanceof Limited no ? no : fail("was let in");
  }

  private static long tokensLeft(Limiter limiter, long now) {
    return limiter.state(now).tokens().remaining();
  }

  @Test
  void exactlyTheLimitIsLetInAtOnceWhateverItIs() {
    for (long limit : new long[] {1, 2, 3, 7, 59, 60, 61, 997, 6_001}) {
      Limiter requests = limiter(limit, 0, 0);
      Limiter tokens = limiter(0, limit, 0);
      for (long i = 0; i < limit; i++) {
        assertThat(requests.state(START).requests().remaining()).isEqualTo(limit - i);
        admitted(requests, START, 1_000_000);
        admitted(tokens, START, 1);
      }
      assertThat(limited(requests, START, 0).kind()).isEqualTo(Kind.REQUESTS);
      assertThat(limited(tokens, START, 1).kind()).isEqualTo(Kind.TOKENS);
      admitted(tokens, START, 0);
    }
  }

  @Test
  void whoWaitsAsLongAsWasSaidIsLetIn() {
    for (long limit : new long[] {1, 3, 7, 600, 70_000_000, Limits.MOST}) {
      Limiter limiter = limiter(0, limit, 0);
      admitted(limiter, START, limit);
      Limited no = limited(limiter, START, limit);
      assertThat(no.limit()).isEqualTo(limit);
      assertThat(no.remaining()).isZero();
      assertThat(no.retryAfterMillis()).isBetween(60_000L, 60_200L);
      long later = START + no.retryAfterMillis() * 1_000_000;
      limited(limiter, later - 1_000_000 - limit, limit);
      admitted(limiter, later, limit);
    }
  }

  @Test
  void theStateSaysWhatIsLeftAndWhenAllOfItIsBack() {
    Limiter limiter = limiter(60, 6_000, 3);
    Admitted call = admitted(limiter, START, 1_500);
    assertThat(limiter.state(START))
        .isEqualTo(
            new RateState(
                new RateState.Window(60, 59, 1_000),
                new RateState.Window(6_000, 4_500, 15_000),
                1));
    long later = START + 400_000_000;
    assertThat(limiter.state(later))
        .isEqualTo(
            new RateState(
                new RateState.Window(60, 59, 600), new RateState.Window(6_000, 4_540, 14_600), 1));
    call.end(later, 100);
    assertThat(limiter.state(later).tokens()).isEqualTo(new RateState.Window(6_000, 5_940, 600));
    assertThat(limiter.state(START + MINUTE))
        .isEqualTo(
            new RateState(
                new RateState.Window(60, 60, 0), new RateState.Window(6_000, 6_000, 0), 0));
    assertThat(limiter(0, 0, 0).state(START).requests()).isEqualTo(new RateState.Window(0, 0, 0));
  }

  @Test
  void aRefusedCallTakesNothingOfAnyLimit() {
    Limiter limiter = limiter(2, 1_000, 1);
    Admitted call = admitted(limiter, START, 800);
    RateState before = limiter.state(START);
    assertThat(limited(limiter, START, 100)).isEqualTo(new Limited(Kind.CONCURRENT, 1, 0, 1_000));
    assertThat(limited(limiter, START, 300)).isEqualTo(new Limited(Kind.TOKENS, 1_000, 200, 6_000));
    assertThat(limiter.state(START)).isEqualTo(before);
    call.end(START, 800);
    admitted(limiter, START, 100);
    assertThat(limited(limiter, START, 100))
        .as("the longest wait is the one to be told")
        .isEqualTo(new Limited(Kind.REQUESTS, 2, 0, 30_000));
  }

  @Test
  void aReservationOverTheLimitTakesTheLimit() {
    Limiter limiter = limiter(0, 1_000, 0);
    Admitted call = admitted(limiter, START, Long.MAX_VALUE);
    assertThat(tokensLeft(limiter, START)).isZero();
    call.end(START, 400);
    assertThat(tokensLeft(limiter, START)).isEqualTo(600);
    Admitted next = admitted(limiter, START, 600);
    next.end(START, 2_600);
    assertThat(limited(limiter, START, 1).retryAfterMillis()).as("2,001 over").isEqualTo(120_060);
  }

  @Test
  void aCallEndsOnce() {
    Limiter limiter = limiter(0, 1_000, 2);
    Admitted call = admitted(limiter, START, 500);
    admitted(limiter, START, 500);
    call.end(START, 100);
    call.end(START, 0);
    call.end(START, 900);
    assertThat(limiter.state(START).runningCalls()).isOne();
    assertThat(tokensLeft(limiter, START)).isEqualTo(400);
  }

  @Test
  void absurdUsageStopsAKeyForAnHourAtMost() {
    Limiter limiter = limiter(0, 1_000, 0);
    for (int i = 0; i < 3; i++) {
      admitted(limiter, START, 1).end(START, i == 0 ? -5 : 0);
    }
    assertThat(tokensLeft(limiter, START)).isEqualTo(1_000);
    Admitted one = admitted(limiter, START, 1);
    Admitted two = admitted(limiter, START, 1);
    one.end(START, Long.MAX_VALUE);
    two.end(START, Long.MAX_VALUE);
    assertThat(limiter.state(START).tokens().resetMillis()).isEqualTo(3_600_000);
    admitted(limiter, START + 60 * MINUTE, 1_000);
  }

  @Test
  void whatTimeHasGivenBackIsNotRefundedAgain() {
    Limiter limiter = limiter(0, 60, 0);
    Admitted one = admitted(limiter, START, 30);
    Admitted two = admitted(limiter, START, 30);
    one.end(START, 0);
    long later = START + 30 * SECOND;
    assertThat(tokensLeft(limiter, later)).isEqualTo(60);
    admitted(limiter, later, 60);
    two.end(later, 0);
    assertThat(tokensLeft(limiter, later)).isZero();
  }

  @Test
  void aReservationBehindOthersIsRefundedInFullAsLongAsItsTimeIsAhead() {
    Limiter limiter = limiter(0, 60, 0);
    admitted(limiter, START, 30);
    Admitted two = admitted(limiter, START, 20);
    long later = START + 25 * SECOND;
    two.end(later, 0);
    assertThat(tokensLeft(limiter, later)).isEqualTo(55);
  }

  @Test
  void clocksThatJumpCreateNothing() {
    Limiter limiter = limiter(5, 1_000, 0);
    Admitted call = admitted(limiter, START, 1_000);
    // Another event loop's clock may be a tick behind.
    assertThat(limited(limiter, START - SECOND / 10, 1).kind()).isEqualTo(Kind.TOKENS);
    long back = START - 1_000 * MINUTE;
    assertThat(limited(limiter, back, 1).retryAfterMillis()).isLessThanOrEqualTo(3_600_000);
    call.end(back, 1_000);
    assertThat(tokensLeft(limiter, back)).isZero();
    assertThat(tokensLeft(limiter, back + 59 * MINUTE)).isZero();
    long forth = START + 1_000_000 * MINUTE;
    assertThat(tokensLeft(limiter, forth)).isEqualTo(1_000);
    admitted(limiter, forth, 1_000);
    limited(limiter, forth, 1);
  }

  @Test
  void limitsOutOfRangeAreRefused() {
    for (long wrong : new long[] {-1, Limits.MOST + 1, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> new Limits(wrong, 0, 0)).hasMessageContaining("requests");
      assertThatThrownBy(() -> new Limits(0, wrong, 0)).hasMessageContaining("tokens");
      assertThatThrownBy(() -> new Limits(0, 0, wrong)).hasMessageContaining("concurrent");
    }
  }

  @Test
  void timesAreWrittenAsOpenAiWritesThem() {
    List<String> texts = new ArrayList<>();
    for (long millis :
        new long[] {-1, 0, 1, 120, 999, 1_000, 1_500, 8_640, 59_007, 60_000, 360_000, 3_600_000}) {
      texts.add(RateState.duration(millis));
    }
    assertThat(texts)
        .containsExactly(
            "0s", "0s", "1ms", "120ms", "999ms", "1s", "1.5s", "8.64s", "59.007s", "1m0s", "6m0s",
            "1h0m0s");
  }

  @Test
  void noSpanOfTimeHoldsMoreThanItsShare() {
    long limit = 600;
    for (int seed = 0; seed < 600; seed++) {
      Random random = new Random(seed);
      Limiter limiter = limiter(0, limit, 0);
      CallsLetIn calls = new CallsLetIn("seed " + seed, START);
      long now = 0;
      int longest = 1 + random.nextInt(90);
      int pause = 1 + random.nextInt(20_000);
      for (int step = 0; step < 150; step++) {
        now += random.nextBoolean() ? 0 : random.nextInt(pause) * 1_000_000L;
        calls.endOld(now);
        long need = random.nextInt((int) limit + 1);
        if (limiter.admit(START + now, need) instanceof Admitted permit) {
          calls.add(permit, now, need, longest * SECOND, random);
        }
        calls.check(now, 0, limit);
      }
      calls.endAll(0);
      assertThat(limiter.state(START).runningCalls()).isZero();
    }
  }
}
