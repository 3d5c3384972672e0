package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Nanos;
import com.runspace.hostile.Attack;
import com.runspace.hostile.CheckingUpstream;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Forty thousand hostile requests on real sockets: broken JSON, heads that two servers could read
 * differently, bodies in pieces, callers who leave. To see one case again, start an attack with the
 * seed and the number from the failure and a count of one.
 */
@Tag("slow")
class HostileTest {
  private static final long SEED = 20_261_122;
  private static final long CASES = 40_000;
  private static final long WARM_CASES = CASES / 4;
  private static final int CLIENTS = 24;
  private static final long CEILING = 4096;

  /** What the heap may grow by, after a collection, in three quarters of the cases. */
  private static final long GROWTH_MAX_BYTES = 24 << 20;

  @Test
  @Timeout(300)
  void nothingBreaksHangsLeaksOrSlipsThrough() throws InterruptedException {
    try (CheckingUpstream upstream =
            CheckingUpstream.start(RunningGateway.PROVIDERS_MODEL, CEILING);
        RunningGateway gateway =
            RunningGateway.before(upstream.port())
                .allowance("1000000")
                .model("window: 131072, maxOutput: " + CEILING + ",")
                .eventLoops(2)
                .start()) {
      attack(gateway, upstream, 0, WARM_CASES);
      long before = heapAfterCollection();
      attack(gateway, upstream, WARM_CASES, CASES - WARM_CASES);
      assertThat(heapAfterCollection() - before)
          .as("growth of the heap")
          .isLessThan(GROWTH_MAX_BYTES);
    }
  }

  private static void attack(
      RunningGateway gateway, CheckingUpstream upstream, long first, long cases)
      throws InterruptedException {
    Attack attack =
        new Attack(new Attack.Plan(gateway.port(), gateway.key(), SEED, first, cases, CLIENTS));
    attack.run();
    assertThat(String.join("\n", attack.failures())).isEmpty();
    assertThat(upstream.complaints()).as("what reached the provider").isEmpty();
    assertThat(attack.done()).isEqualTo(cases);
    assertThat(upstream.requests()).as("calls that passed").isGreaterThan(cases / 10);
    await("bytes of bodies are given back", () -> gateway.budget().taken() == 0);
    await("calls to the provider have ended", () -> upstream.running() == 0);
    await("nothing is held", () -> gateway.held().equals(Nanos.ZERO));
  }

  private static void await(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + Duration.ofSeconds(15).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what + " in time").isLessThan(end);
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static long heapAfterCollection() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
