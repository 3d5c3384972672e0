package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.keys.Admission.Admitted;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One key, called from 64 threads. The clock stands still, so sums are exact. */
@Timeout(60)
class LimiterRaceTest {
  private static final int THREADS = 64;
  private static final int CALLS = 300;
  private static final long MINUTE = 60_000_000_000L;

  /** What one thread does; it gets its own number. */
  private interface Caller64 {
    void call(int thread) throws Exception;
  }

  private static void race(Caller64 work) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<?>> threads = new ArrayList<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        int thread = i;
        threads.add(
            pool.submit(() -> {
              start.await();
              work.call(thread);
              return null;
            }));
      }
      start.countDown();
      for (Future<?> thread : threads) {
        thread.get(50, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void exactlyTheRequestsOfAMinuteAreLetIn() throws Exception {
    Limiter limiter = new Limiter(new Limits(1_000, 0, 0), 0);
    for (int half = 0; half < 5; half++) {
      long now = half * MINUTE / 2;
      AtomicLong let = new AtomicLong();
      race(_ -> {
        for (int i = 0; i < CALLS; i++) {
          if (limiter.admit(now, 1) instanceof Admitted call) {
            let.incrementAndGet();
            call.end(now, 1);
          }
        }
      });
      assertThat(let).hasValue(half == 0 ? 1_000 : 500);
    }
  }

  @Test
  void reservationsAndRefundsAddUpAtEveryMoment() throws Exception {
    long limit = 100_000;
    Limiter limiter = new Limiter(new Limits(0, limit, 0), 0);
    AtomicLong used = new AtomicLong();
    // What is counted here is counted after it was taken and before it is given back.
    AtomicLong taken = new AtomicLong();
    AtomicLong mostTaken = new AtomicLong();
    race(thread -> {
      Random random = new Random(thread);
      for (int i = 0; i < CALLS; i++) {
        long need = random.nextInt(2_000);
        long uses = random.nextInt(4) == 0 ? random.nextLong(need / 20 + 1) : 0;
        if (limiter.admit(0, need) instanceof Admitted call) {
          mostTaken.accumulateAndGet(taken.addAndGet(need), Math::max);
          taken.addAndGet(uses - need);
          used.addAndGet(uses);
          call.end(0, uses);
        }
      }
    });
    assertThat(mostTaken.get()).isBetween(1L, limit);
    assertThat(used.get()).isPositive();
    assertThat(limiter.state(0).tokens().remaining()).isEqualTo(limit - used.get());
    assertThat(limiter.state(0).runningCalls()).isZero();
  }

  @Test
  void neverMoreCallsRunThanMay() throws Exception {
    Limiter limiter = new Limiter(new Limits(0, 0, 7), 0);
    AtomicLong running = new AtomicLong();
    AtomicLong most = new AtomicLong();
    race(_ -> {
      for (int i = 0; i < CALLS; i++) {
        if (limiter.admit(0, 1) instanceof Admitted call) {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          running.decrementAndGet();
          call.end(0, 1);
        }
      }
    });
    assertThat(most.get()).isBetween(1L, 7L);
    assertThat(limiter.state(0).runningCalls()).isZero();
  }
}
