package com.runspace.hostile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * Many clients that send hostile requests to a gateway, and look at each answer. The gateway's one
 * provider has to be a {@link CheckingUpstream}, which looks at what comes through.
 */
public final class Attack {
  private static final int FAILURES_MAX = 20;

  /**
   * What to send.
   *
   * @param first the number of the first case; with a count of one, that case alone
   * @param clients how many at a time
   */
  public record Plan(int port, String key, long seed, long first, long cases, int clients) {}

  private final Plan plan;
  private final AtomicLong next;
  private final AtomicLong done = new AtomicLong();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();

  /** Prepares an attack. */
  public Attack(Plan plan) {
    this.plan = plan;
    this.next = new AtomicLong(plan.first());
  }

  /** Sends all cases; ends early when too much has gone wrong. */
  public void run() throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < plan.clients(); i++) {
      threads.add(Thread.ofVirtual().name("hostile-" + i).start(() -> new Client(this).run()));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  Plan plan() {
    return plan;
  }

  /** The number of the next case, or -1 when there is none. */
  long take() {
    long number = next.getAndIncrement();
    return number < plan.first() + plan.cases() && failures.size() < FAILURES_MAX ? number : -1;
  }

  void count(String what) {
    counts.computeIfAbsent(what, _ -> new LongAdder()).increment();
  }

  void finished() {
    done.incrementAndGet();
  }

  void fail(long number, String what, Case sent) {
    failures.add("seed " + plan.seed() + ", case " + number + ": " + what + "\n  sent: " + sent);
  }

  /** Cases that were sent so far. */
  public long done() {
    return done.get();
  }

  /** What went wrong, with seed, number and bytes of the case. */
  public Queue<String> failures() {
    return failures;
  }

  /** How often each kind was sent, each status came, and canaries were asked for. */
  public Map<String, LongAdder> counts() {
    return counts;
  }
}
