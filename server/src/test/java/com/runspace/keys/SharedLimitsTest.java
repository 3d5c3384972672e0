package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.keys.Admission.Admitted;
import com.runspace.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * One key on several nodes between which parts of its limits move at random, beside the bound of
 * one machine: whatever is let in within a span of t minutes has used, or still holds, at most 1 +
 * t limits, and no more calls run at once than may.
 */
class SharedLimitsTest {
  private static final Limits LIMITS = new Limits(60, 6_000, 5);
  private static final int STEPS = 400;

  /** What no node has, by limit; nodes give back into it and are given out of it. */
  private static final class Pool {
    final Map<String, Long> free = new HashMap<>();

    long free(Share share) {
      return free.computeIfAbsent(share.subject(), _ -> share.limit());
    }

    void give(Share share, long units) {
      free.put(share.subject(), free(share) - units);
      share.grow(units);
    }

    void takeBack(Share share, long keep) {
      long before = share.amount();
      long after = share.shrink(keep);
      assertThat(after).isBetween(0L, before);
      free.put(share.subject(), free(share) + before - after);
    }
  }

  /** One node; it is given what is free, or nothing, by chance. */
  private static final class Node implements Shares {
    final Pool pool;
    final Random random;
    final Limiter limiter;
    final Map<String, Share> shares = new HashMap<>();

    Node(Pool pool, Random random, ManualTime time) {
      this.pool = pool;
      this.random = random;
      this.limiter = new Limiter(LIMITS, time.nanos(), "key_1", this, time);
    }

    @Override
    public Answer want(Share share, long least, long more) {
      shares.put(share.subject(), share);
      assertThat(least).isBetween(1L, share.limit() - share.amount());
      assertThat(more).isBetween(least, share.limit() - share.amount());
      long free = pool.free(share);
      if (free < least) {
        return new Answer.Dry();
      }
      pool.give(share, random.nextBoolean() ? least : Math.min(free, more));
      return new Answer.Coming(CompletableFuture.completedFuture(null));
    }
  }

  private static final class Story {
    final int seed;
    final Random random;
    final ManualTime time = ManualTime.at("2026-11-23T12:00:00Z");
    final Pool pool = new Pool();
    final List<Node> nodes = new ArrayList<>();
    final CallsLetIn calls;
    final int tokensMax;

    Story(int seed) {
      this.seed = seed;
      this.random = new Random(seed);
      this.calls = new CallsLetIn("seed " + seed, 0);
      this.tokensMax = seed % 2 == 0 ? 600 : 6_000;
      for (int i = 0; i < 2 + seed % 3; i++) {
        nodes.add(new Node(pool, random, time));
      }
    }

    void play() {
      int pause = 1 + random.nextInt(8_000);
      for (int step = 0; step < STEPS; step++) {
        if (random.nextInt(3) == 0) {
          time.advance(Duration.ofMillis(random.nextInt(pause)));
        }
        calls.endOld(time.nanos());
        Node node = nodes.get(random.nextInt(nodes.size()));
        switch (random.nextInt(4)) {
          case 0 ->
              node.shares
                  .values()
                  .forEach(share -> pool.takeBack(share, random.nextInt((int) share.limit())));
          case 1 -> node.shares.values().forEach(share -> pool.takeBack(share, 0));
          default -> call(node);
        }
        assertThat(calls.running()).isLessThanOrEqualTo((int) LIMITS.concurrentCalls());
        calls.check(time.nanos(), LIMITS.requestsPerMinute(), LIMITS.tokensPerMinute());
      }
      assertThat(calls.ever()).as("seed %d", seed).isPositive();
    }

    private void call(Node node) {
      long need = 1L + random.nextInt(tokensMax);
      Admission answer = node.limiter.admit(time.nanos(), need);
      if (answer instanceof Admission.Coming) {
        answer = node.limiter.admit(time.nanos(), need);
      }
      if (answer instanceof Admitted permit) {
        calls.add(permit, time.nanos(), need, 40_000_000_000L, random);
      }
    }
  }

  @Test
  void noSpanOfTimeHoldsMoreThanOneMachineWouldAllow() {
    for (int seed = 0; seed < 120; seed++) {
      new Story(seed).play();
    }
  }

  @Test
  void whatIsTakenAndWhatIsFreeAreTheLimitAtEveryMoment() {
    for (int seed = 0; seed < 40; seed++) {
      Story story = new Story(seed);
      story.play();
      story.calls.endAll(story.time.nanos());
      story.time.advance(Duration.ofMinutes(60));
      for (Node node : story.nodes) {
        node.shares.values().forEach(share -> story.pool.takeBack(share, 0));
        assertThat(node.limiter.state(story.time.nanos()).runningCalls()).isZero();
      }
      assertThat(story.pool.free)
          .as("seed %d", seed)
          .isEqualTo(Map.of("requests key_1", 60L, "tokens key_1", 6_000L, "calls key_1", 5L));
    }
  }
}
