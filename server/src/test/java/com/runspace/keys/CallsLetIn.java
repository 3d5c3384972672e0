package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.keys.Admission.Admitted;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Calls of one key in a seeded run, and what limits promise of them. */
final class CallsLetIn {
  private static final long MINUTE = 60_000_000_000L;

  private static final class Run {
    final Admitted permit;
    final long at;
    final long ends;
    final long uses;

    /** What it has reserved, and when it has ended what it has used. */
    long counted;

    Run(Admitted permit, long at, long reserved, long ends, long uses) {
      this.permit = permit;
      this.at = at;
      this.ends = ends;
      this.uses = uses;
      this.counted = reserved;
    }
  }

  private final String story;
  private final long start;
  private final List<Run> runs = new ArrayList<>();
  private final List<Run> open = new ArrayList<>();

  /**
   * None yet.
   *
   * @param story what is told with a failure
   * @param start what the limiter's clock showed at the time 0 of the run
   */
  CallsLetIn(String story, long start) {
    this.story = story;
    this.start = start;
  }

  /** One more, that uses up to what it has reserved; often nothing. */
  void add(Admitted permit, long now, long reserved, long longestNanos, Random random) {
    long uses = random.nextInt(3) == 0 ? 0 : random.nextLong(reserved + 1);
    Run run = new Run(permit, now, reserved, now + random.nextLong(longestNanos), uses);
    runs.add(run);
    open.add(run);
  }

  /** Ends those whose time has come. */
  void endOld(long now) {
    for (Run run : List.copyOf(open)) {
      if (run.ends <= now) {
        end(run, now);
      }
    }
  }

  void endAll(long now) {
    List.copyOf(open).forEach(run -> end(run, now));
  }

  private void end(Run run, long now) {
    open.remove(run);
    run.counted = run.uses;
    run.permit.end(start + now, run.uses);
  }

  int ever() {
    return runs.size();
  }

  int running() {
    return open.size();
  }

  /**
   * The promise of the theory: whatever was let in within a span of t minutes has used, or still
   * holds, at most 1 + t limits, however calls overlap and whatever they give back.
   *
   * @param requests in a minute; 0 for any number
   */
  void check(long now, long requests, long tokens) {
    long sum = 0;
    for (int i = runs.size() - 1; i >= 0; i--) {
      sum += runs.get(i).counted;
      long span = MINUTE + now - runs.get(i).at;
      assertThat(sum * (MINUTE / tokens))
          .as("%s: tokens at %d since call %d", story, now, i)
          .isLessThanOrEqualTo(span);
      if (requests > 0) {
        assertThat((runs.size() - i) * (MINUTE / requests))
            .as("%s: requests at %d since call %d", story, now, i)
            .isLessThanOrEqualTo(span);
      }
    }
  }
}
