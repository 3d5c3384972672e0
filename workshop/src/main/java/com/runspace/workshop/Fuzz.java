package com.runspace.workshop;

import com.runspace.hostile.Attack;
import com.runspace.hostile.CheckingUpstream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends a great many hostile requests to RunSpace in a process of its own, through one connection
 * to the next, and looks at every answer and at all that reaches the provider.
 */
final class Fuzz {
  static final String HELP =
      """
      Sends hostile requests to RunSpace.

        ./runspace bench fuzz [options]

        --cases N             how many (1,000,000)
        --seed N              another seed, other cases (1)
        --first N             the number of the first; with --cases 1 one case alone (0)
        --clients N           how many at a time (24)
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVM

      Exit code 0: every answer was as it must be; 1: not, and what was sent is printed; 2: not run.
      """;

  private static final Program PROGRAM =
      new Program(
          "fuzz",
          HELP,
          Set.of("--cases", "--seed", "--first", "--clients", "--gateway-jar", "--jvm-flags"));
  private static final long PROGRESS_NANOS = 5_000_000_000L;
  private static final int SETTLE_SECONDS = 20;

  /** What the live heap may grow by after the first tenth of the cases. */
  private static final long GROWTH_MAX_BYTES = 24 << 20;

  private final Attack.Plan plan;
  private final Gateway gateway;
  private final CheckingUpstream upstream;
  private final List<String> failures = new ArrayList<>();

  private Fuzz(Attack.Plan plan, Gateway gateway, CheckingUpstream upstream) {
    this.plan = plan;
    this.gateway = gateway;
    this.upstream = upstream;
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException, InterruptedException {
    return PROGRAM.run(
        words,
        given -> {
          Options options = Options.ofGateway(given, Bench.module());
          Path temp = Bench.workFolder();
          try (CheckingUpstream upstream =
                  CheckingUpstream.start(RunSpace.UPSTREAM_MODEL, RunSpace.MAX_OUTPUT);
              Gateway gateway = RunSpace.start(options, temp, upstream.port(), "fuzz")) {
            Attack.Plan plan =
                new Attack.Plan(
                    gateway.port(),
                    gateway.bearer(),
                    given.number("--seed", 1),
                    given.number("--first", 0),
                    given.number("--cases", 1_000_000),
                    given.number("--clients", 24));
            return new Fuzz(plan, gateway, upstream).run();
          }
        });
  }

  private int run() throws IOException, InterruptedException {
    long began = System.nanoTime();
    long first = plan.cases() / 10;
    attack(plan.first(), first);
    long before = LiveHeap.bytes(gateway);
    attack(plan.first() + first, plan.cases() - first);
    settle();
    long after = LiveHeap.bytes(gateway);
    if (after - before > GROWTH_MAX_BYTES) {
      failures.add("the live heap grew from " + before + " to " + after + " bytes");
    }
    failures.addAll(upstream.complaints());
    gateway.errorLines().stream()
        .filter(line -> line.contains("ERROR") || line.contains("Exception"))
        .limit(20)
        .forEach(line -> failures.add("in the log: " + line));
    failures.forEach(System.out::println);
    System.out.printf(
        "%,d cases in %,d s, %,d calls reached the provider; live heap %d MiB after a tenth, %d MiB"
            + " at the end; RSS %d MiB; %d failures%n",
        plan.cases(),
        (System.nanoTime() - began) / 1_000_000_000L,
        upstream.requests(),
        before >> 20,
        after >> 20,
        ProcessFigures.residentKib(gateway.pids()) >> 10,
        failures.size());
    return failures.isEmpty() ? 0 : 1;
  }

  private void attack(long first, long cases) throws IOException, InterruptedException {
    Attack attack =
        new Attack(
            new Attack.Plan(plan.port(), plan.key(), plan.seed(), first, cases, plan.clients()));
    Thread watch = Thread.ofPlatform().daemon().start(() -> report(attack, first - plan.first()));
    attack.run();
    watch.interrupt();
    watch.join();
    failures.addAll(attack.failures());
    System.err.println("fuzz: " + attack.counts());
  }

  private void report(Attack attack, long earlier) {
    while (!Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(PROGRESS_NANOS);
      System.err.printf(
          "fuzz: %,d of %,d cases, %d failures%n",
          attack.done() + earlier, plan.cases(), attack.failures().size());
    }
  }

  /** Waits until the callers who left have had their calls cancelled. */
  private void settle() {
    long end = System.nanoTime() + SETTLE_SECONDS * 1_000_000_000L;
    while (upstream.running() > 0 && System.nanoTime() < end) {
      LockSupport.parkNanos(10_000_000);
    }
    if (upstream.running() > 0) {
      failures.add(upstream.running() + " calls to the provider have not ended");
    }
  }
}
