package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lets the store of several gateways be out for a while under load, and checks what becomes. */
final class Outage {
  static final String HELP =
      """
      Takes the PostgreSQL of three gateways away under load, and gives it back.

        ./runspace bench outage [options]

        --how stop|pause      PostgreSQL is stopped (stop), or its processes are held still, which
                              looks as if the network had gone (pause)
        --seconds N           how long it is out (60)
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVMs

      Before, during and after: how many calls of accounts that called before were answered, how
      many refused and how; how many streams that ran when it went came to their end; what accounts
      heard that had not called before; and how much waited in the journals at the most. In the end
      all is compared as `bench cluster` does.

      The table goes to standard output. Exit code 0: all was as it must be; 1: not; 2: not run.
      """;

  private static final Program PROGRAM =
      new Program("outage", HELP, Set.of("--how", "--seconds", "--gateway-jar", "--jvm-flags"));
  private static final String ALLOWANCE = "10";
  private static final Pattern WAITING =
      Pattern.compile("(?m)^runspace_journal_waiting_bytes(?:\\{[^}]*})? ([0-9.E+]+)$");

  private final List<Node> nodes;
  private final Crowd crowd;
  private final Violations violations = new Violations("outage");
  private final List<Part> parts = new ArrayList<>();

  /** A part of the run. */
  private record Part(String name, long fromNanos, long toNanos, long waitingBytes) {
    boolean began(Crowd.Made call) {
      return call.beganNanos() >= fromNanos && call.beganNanos() < toNanos;
    }
  }

  private Outage(List<Node> nodes) {
    this.nodes = nodes;
    this.crowd = new Crowd(nodes, 1);
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException, InterruptedException {
    return PROGRAM.run(
        words,
        given -> {
          Path temp = Bench.workFolder();
          try (Postgres store = Postgres.start(temp);
              ScriptedUpstream upstream = new ScriptedUpstream()) {
            Options options = Options.ofGateway(given, Bench.module());
            Node.Plan plan =
                new Node.Plan(options, temp, upstream.port(), store.url(), ALLOWANCE, 1);
            List<Node> nodes = plan.started(3);
            try {
              return new Outage(nodes).run(given, store);
            } finally {
              nodes.forEach(Node::close);
            }
          }
        });
  }

  private int run(Arguments given, Postgres store) throws IOException, InterruptedException {
    boolean pause = given.text("--how", "stop").equals("pause");
    Operator operator = nodes.getFirst().operator();
    List<Crowd.Member> known = new ArrayList<>();
    List<Crowd.Member> fresh = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      known.add(member(operator, "known" + i, 3, 20));
      fresh.add(member(operator, "fresh" + i, 1, 200));
    }
    List<Crowd.Member> all = new ArrayList<>(known);
    all.addAll(fresh);
    Audit audit = new Audit(store, Cluster.nanos(ALLOWANCE), all, violations);
    audit.watch();
    known.forEach(crowd::join);
    part("before", 20);
    // Ten streams that go on for ten seconds after the store has gone.
    known.forEach(member -> crowd.once(member, 2, "paced 1200 times 10 ms"));
    part("before, long streams begin", 2);
    if (pause) {
      store.pause();
    } else {
      store.stop();
    }
    int seconds = given.number("--seconds", 60);
    part("out, at once", 5);
    fresh.forEach(crowd::join);
    part("out, new accounts come", Math.max(1, seconds - 5));
    if (pause) {
      store.resume();
    } else {
      store.begin();
    }
    part("back, at once", 15);
    part("back", 15);
    crowd.leave();
    for (Node node : nodes) {
      node.drain();
    }
    audit.rest();
    List<Crowd.Made> calls = crowd.made();
    Audit.Sums sums = audit.close(calls);
    print(calls);
    judge(calls);
    System.out.printf(
        "%n%,d calls sent, %,d answered, %,d rows, %,d crashed, %,d µ$ charged, %d violations%n",
        sums.sent(),
        sums.heard(),
        sums.rows(),
        sums.crashed(),
        sums.charged() / 1_000,
        violations.count());
    return violations.count() > 0 ? 1 : 0;
  }

  private static Crowd.Member member(Operator operator, String account, int callers, long pause)
      throws IOException {
    return new Crowd.Member(account, operator.key(account), 0, 0, 0, callers, pause);
  }

  /** Lets time pass, and looks each second how much waits in the journals. */
  private void part(String name, int seconds) throws IOException {
    System.err.println("outage: " + name);
    long from = System.nanoTime();
    long most = 0;
    for (int i = 0; i < seconds; i++) {
      LockSupport.parkNanos(from + TimeUnit.SECONDS.toNanos(i + 1) - System.nanoTime());
      long now = 0;
      for (Node node : nodes) {
        now += waiting(node);
      }
      most = Math.max(most, now);
    }
    parts.add(new Part(name, from, System.nanoTime(), most));
  }

  private static long waiting(Node node) throws IOException {
    try (Dialogue dialogue = new Dialogue(node.adminPort())) {
      Matcher told = WAITING.matcher(dialogue.text("/metrics"));
      return told.find() ? (long) Double.parseDouble(told.group(1)) : 0;
    }
  }

  private void print(List<Crowd.Made> calls) {
    System.out.println(
        "| part | s | answered | new accounts answered | 503 with retry-after"
            + " | of accounts that called before | other refusals | cut off | longest gap, ms"
            + " | journals at most, bytes |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (Part part : parts) {
      List<Crowd.Made> of = calls.stream().filter(part::began).toList();
      long refused = count(of, Outage::comesAgain);
      System.out.printf(
          "| %s | %d | %,d | %,d | %,d | %,d | %,d | %,d | %,d | %,d |%n",
          part.name,
          (part.toNanos - part.fromNanos) / 1_000_000_000,
          count(of, call -> call.heard().isWhole() && !isFresh(call)),
          count(of, call -> call.heard().isWhole() && isFresh(call)),
          refused,
          count(of, call -> comesAgain(call) && !isFresh(call)),
          count(of, call -> call.heard().status() > 200) - refused,
          count(of, call -> call.heard().status() <= 200 && !call.heard().isWhole()),
          Crowd.longestGap(calls, part.fromNanos, part.toNanos) / 1_000_000,
          part.waitingBytes);
    }
  }

  private void judge(List<Crowd.Made> calls) {
    for (Crowd.Made call : calls) {
      if (call.heard().status() <= 200 && !call.heard().isWhole()) {
        violations.add("an answer did not come to its end: " + call.heard().text());
      } else if (call.heard().status() > 200 && !comesAgain(call)) {
        violations.add("refused with " + call.heard().kind());
      } else if (call.heard().status() > 200 && !isFresh(call)) {
        violations.add("an account that had called before was refused: " + call.heard().kind());
      }
    }
    Part out = parts.get(3);
    if (calls.stream().noneMatch(call -> out.began(call) && !isFresh(call) && isWhole(call))) {
      violations.add("no call was answered from what nodes had");
    }
    if (calls.stream().noneMatch(call -> parts.getLast().began(call) && isFresh(call))) {
      violations.add("new accounts are not answered when the store is back");
    }
  }

  private static boolean isWhole(Crowd.Made call) {
    return call.heard().isWhole();
  }

  private static boolean isFresh(Crowd.Made call) {
    return call.member().account().startsWith("fresh");
  }

  private static boolean comesAgain(Crowd.Made call) {
    return call.heard().status() == 503 && call.heard().retryAfter();
  }

  private static long count(List<Crowd.Made> calls, Predicate<Crowd.Made> which) {
    return calls.stream().filter(which).count();
  }
}
