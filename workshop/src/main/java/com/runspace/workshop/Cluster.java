package com.runspace.workshop;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * The kill test: several gateways on one PostgreSQL, callers of several accounts at all of them,
 * and nodes that are killed and started again at random; then every call, row and sum is compared.
 */
final class Cluster {
  static final String HELP =
      """
      Kills gateways that share a PostgreSQL, again and again, under load, and checks the books.

        ./runspace bench cluster [options]

        --seconds N           how long nodes are killed and started again (120)
        --seed N              of who is killed when, and who calls whom (1)
        --seeds N             so many runs, one after another, each with the next seed (1)
        --nodes N             gateways (3)
        --kills N             0: none is killed; else the mean seconds between two kills (5)
        --allowance DOLLARS   of each account (0.05): some use it up, others do not
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVMs

      Checked, five times a second: no account was charged more than its allowance, no key more
      than its cap, no more is leased than granted. In the end, when all nodes have been started
      again and have drained: a call of which anything was heard has exactly one row; one heard to
      its end has the usage that its answer told and what that costs; no row is of a call that
      nobody sent; sums are those of the rows; nothing is held or leased any more; no key passed
      its other limits.

      One row of the table is one seed. Exit code 0: all was as it must be; 1: not, and each
      violation is named with its seed; 2: not run.
      """;

  private static final Program PROGRAM =
      new Program(
          "cluster",
          HELP,
          Set.of(
              "--seconds",
              "--seed",
              "--seeds",
              "--nodes",
              "--kills",
              "--allowance",
              "--gateway-jar",
              "--jvm-flags"));

  private final Arguments given;
  private final int seed;
  private final Random random;
  private final List<Node> nodes;
  private final Crowd crowd;
  private int kills;

  private Cluster(Arguments given, int seed, List<Node> nodes) {
    this.given = given;
    this.seed = seed;
    this.random = new Random(seed);
    this.nodes = nodes;
    this.crowd = new Crowd(nodes, seed);
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException, InterruptedException {
    return PROGRAM.run(words, Cluster::runs);
  }

  private static int runs(Arguments given) throws IOException, InterruptedException {
    Options options = Options.ofGateway(given, Bench.module());
    Path temp = Bench.workFolder();
    int first = given.number("--seed", 1);
    int violations = 0;
    List<String> table = new ArrayList<>();
    for (int seed = first; seed < first + given.number("--seeds", 1); seed++) {
      Path folder = Files.createDirectory(temp.resolve("seed" + seed));
      Violations found = new Violations("seed " + seed);
      System.err.println("cluster: seed " + seed + ", starting");
      try (Postgres store = Postgres.start(folder);
          ScriptedUpstream upstream = new ScriptedUpstream()) {
        String allowance = given.text("--allowance", "0.05");
        Node.Plan plan = new Node.Plan(options, folder, upstream.port(), store.url(), allowance, 1);
        List<Node> nodes = plan.started(given.number("--nodes", 3));
        try {
          table.add(new Cluster(given, seed, nodes).run(store, nanos(allowance), found));
        } finally {
          nodes.forEach(Node::close);
        }
      }
      violations += found.count();
    }
    System.out.println(
        "| seed | calls | admitted | rows | crashed | Σ charges, µ$ | allowance, µ$ | spent up"
            + " | kills | longest gap, ms | violations |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    table.forEach(System.out::println);
    return violations > 0 ? 1 : 0;
  }

  /** Dollars with at most nine decimals, as nano-dollars. */
  static long nanos(String dollars) {
    return new BigDecimal(dollars).movePointRight(9).longValueExact();
  }

  private String run(Postgres store, long allowance, Violations found)
      throws IOException, InterruptedException {
    List<Crowd.Member> members = members(allowance);
    Audit audit = new Audit(store, allowance, members, found);
    audit.watch();
    long began = System.nanoTime();
    long end = began + TimeUnit.SECONDS.toNanos(given.number("--seconds", 120));
    members.forEach(crowd::join);
    killUntil(end);
    for (Node node : nodes) {
      if (!node.isRunning()) {
        node.begin();
      }
      node.awaitReady();
    }
    long stopped = System.nanoTime();
    crowd.leave();
    for (Node node : nodes) {
      node.drain();
    }
    audit.rest();
    List<Crowd.Made> calls = crowd.made();
    Audit.Sums sums = audit.close(calls);
    heard(calls);
    long accounts = members.stream().map(Crowd.Member::account).distinct().count();
    long spentUp =
        calls.stream()
            .filter(call -> call.heard().status() == 402)
            .map(call -> call.member().key().id())
            .distinct()
            .count();
    return "| %d | %,d | %,d | %,d | %,d | %,d | %,d | %d of %d keys | %d | %,d | %d |"
        .formatted(
            seed,
            sums.sent(),
            sums.heard(),
            sums.rows(),
            sums.crashed(),
            sums.charged() / 1_000,
            accounts * allowance / 1_000,
            spentUp,
            members.size(),
            kills,
            Crowd.longestGap(calls, began, stopped) / 1_000_000,
            found.count());
  }

  /** How many answers of each kind each account's callers heard. */
  private static void heard(List<Crowd.Made> calls) {
    Map<String, Map<String, Long>> kinds =
        calls.stream()
            .collect(
                Collectors.groupingBy(
                    call -> call.member().account(),
                    TreeMap::new,
                    Collectors.groupingBy(
                        call -> call.heard().kind(), TreeMap::new, Collectors.counting())));
    kinds.forEach((account, counts) -> System.err.println("cluster: " + account + ": " + counts));
  }

  /** Accounts that use up what they have, at different speeds, and others that do not. */
  private List<Crowd.Member> members(long allowance) throws IOException {
    Operator operator = nodes.getFirst().operator();
    List<Crowd.Member> members = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      String account = "greedy" + i;
      members.add(new Crowd.Member(account, operator.key(account), 0, 0, 0, 2 * i, i * 5L));
    }
    for (int i = 1; i <= 3; i++) {
      String account = "modest" + i;
      members.add(new Crowd.Member(account, operator.key(account), 0, 0, 0, 1, 400));
    }
    long cap = allowance / 5;
    String dollars = BigDecimal.valueOf(cap, 9).toPlainString();
    members.add(
        new Crowd.Member(
            "capped", operator.key("capped", "--daily-cap", dollars), cap, 0, 0, 3, 20));
    members.add(
        new Crowd.Member(
            "capped", operator.key("capped", "--daily-cap", dollars), cap, 0, 0, 1, 150));
    members.add(
        new Crowd.Member(
            "limited", operator.key("limited", "--requests-per-minute", "60"), 0, 60, 0, 2, 100));
    members.add(
        new Crowd.Member("limited", operator.key("limited", "--concurrent", "2"), 0, 0, 2, 4, 200));
    return members;
  }

  /** At least one node lives at every moment. */
  private void killUntil(long end) throws IOException {
    long mean = given.number("--kills", 5) * 1_000L;
    record Start(Node node, long atNanos) {}
    List<Start> starts = new ArrayList<>();
    long nextKill = mean == 0 ? end : System.nanoTime() + millis(mean);
    while (System.nanoTime() < end) {
      long now = System.nanoTime();
      for (Start start : List.copyOf(starts)) {
        if (start.atNanos <= now) {
          starts.remove(start);
          start.node.begin();
        }
      }
      List<Node> alive = nodes.stream().filter(Node::isRunning).filter(Node::answers).toList();
      if (now >= nextKill && alive.size() > 1) {
        Node node = alive.get(random.nextInt(alive.size()));
        node.kill();
        kills++;
        starts.add(new Start(node, now + millis(2_000)));
        nextKill = now + millis(mean);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** A random time with this mean, in nanoseconds. */
  private long millis(long mean) {
    return (mean / 2 + random.nextLong(mean)) * 1_000_000;
  }
}
