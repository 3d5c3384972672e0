package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** What three gateways on one PostgreSQL cost beside one on one, in the same run. */
final class Scale {
  static final String HELP =
      """
      Measures one gateway on a PostgreSQL beside several on one, under the same load, in turn.

        ./runspace bench scale [options]

        --rounds N            how often each of the four phases comes (3)
        --seconds N           how long each lasts (15)
        --warm-up N           seconds of load for each gateway before all (20)
        --nodes N             gateways of the cluster (3)
        --accounts N          with a key each, which call in turn (1,000); the other load is one
                              account with one key
        --connections N       that ask again at once, spread over the gateways (66)
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVMs

      Each gateway has one event loop. All share the machine with PostgreSQL, which writes to the
      disk as in earnest, with the provider and with the load. Counted from the load's first call
      until all is posted: rows in the store; user and system time of the gateways, and of
      PostgreSQL; statements as pg_stat_statements counts them, BEGIN and COMMIT among them; and how
      many calls a statement adds that adds calls. Each account calls on all gateways.

      The tables go to standard output. Exit code 0: measured, and no account was charged more than
      its allowance; 1: an answer or a sum was not as it should be; 2: not run.
      """;

  private static final Program PROGRAM =
      new Program(
          "scale",
          HELP,
          Set.of(
              "--rounds",
              "--seconds",
              "--warm-up",
              "--nodes",
              "--accounts",
              "--connections",
              "--gateway-jar",
              "--jvm-flags"));
  private static final String ALLOWANCE = "1000";
  private static final String CALLS =
      "SELECT CAST(COALESCE(SUM(calls), 0) AS BIGINT) FROM usage_day";
  private static final String STATEMENTS =
      "SELECT CAST(COALESCE(SUM(s.calls) FILTER (WHERE %s), 0) AS BIGINT) FROM pg_stat_statements s"
          + " JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()";

  /** Adds rows of calls, and nothing else does. */
  private static final String ADDS = "query LIKE 'INSERT INTO call %' OR query LIKE 'COPY call%'";

  private static final String COSTLIEST =
      "SELECT s.calls, CAST(s.total_exec_time AS BIGINT), s.query FROM pg_stat_statements s"
          + " JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = current_database()"
          + " ORDER BY s.total_exec_time DESC LIMIT 8";

  /** Gateways with a PostgreSQL of their own. */
  private record Side(String name, Postgres store, List<Node> nodes, List<Path> keys) {
    List<Long> pids() throws IOException {
      List<Long> pids = new ArrayList<>();
      for (Node node : nodes) {
        pids.addAll(node.pids());
      }
      return pids;
    }
  }

  /** What one phase gave. */
  private record Phase(
      double callsPerCpuSecond, double share, double statements, double each, double together) {
    static final String HEAD =
        "| load | gateways | calls per gateway CPU-s | PostgreSQL's CPU, %% of the gateways'"
            + " | statements/s | calls a statement | calls a statement that adds calls |%n"
            + "| --- | --- | --- | --- | --- | --- | --- |%n";
  }

  private final Arguments given;
  private final Path temp;
  private final int upstream;
  private boolean failed;

  private Scale(Arguments given, Path temp, int upstream) {
    this.given = given;
    this.temp = temp;
    this.upstream = upstream;
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException, InterruptedException {
    return PROGRAM.run(
        words,
        given -> {
          Path temp = Bench.workFolder();
          try (Child upstream = Child.startJava("Upstream", temp, List.of())) {
            return new Scale(given, temp, Bench.portOf(upstream)).run();
          }
        });
  }

  private int run() throws IOException {
    int count = given.number("--nodes", 3);
    List<Side> sides = new ArrayList<>();
    try {
      sides.add(side("one", 1));
      sides.add(side("cluster", count));
      for (Side side : sides) {
        for (Path keys : side.keys) {
          warmUp(side, keys);
        }
      }
      List<String> names = List.of(given.number("--accounts", 1_000) + " accounts", "one account");
      List<List<List<Phase>>> phases = List.of(rounds(sides, 0), rounds(sides, 1));
      System.out.printf(Phase.HEAD);
      for (int load = 0; load < names.size(); load++) {
        print(names.get(load), count, phases.get(load));
      }
      for (Side side : sides) {
        check(side);
      }
    } finally {
      for (Side side : sides) {
        side.nodes.forEach(Node::close);
        side.store.close();
      }
    }
    return failed ? 1 : 0;
  }

  private Side side(String name, int count) throws IOException {
    System.err.println("scale: starting " + name);
    Path folder = Files.createDirectory(temp.resolve(name));
    Postgres store = Postgres.start(folder);
    Options options = Options.ofGateway(given, Bench.module());
    Node.Plan plan = new Node.Plan(options, folder, upstream, store.url(), ALLOWANCE, 1);
    List<Node> nodes = plan.started(count);
    Operator operator = nodes.getFirst().operator();
    List<String> many = new ArrayList<>();
    for (int i = 0; i < given.number("--accounts", 1_000); i++) {
      many.add(operator.key("account" + i).secret());
    }
    Path all = Files.write(folder.resolve("many"), many);
    Path hot = Files.write(folder.resolve("hot"), List.of(operator.key("hot").secret()));
    return new Side(name, store, nodes, List.of(all, hot));
  }

  /** Both sides in turn, each round beginning with the other one; by side. */
  private List<List<Phase>> rounds(List<Side> sides, int load) throws IOException {
    List<List<Phase>> phases = List.of(new ArrayList<>(), new ArrayList<>());
    for (int round = 0; round < given.number("--rounds", 3); round++) {
      for (int i = 0; i < sides.size(); i++) {
        int side = (i + round) % sides.size();
        phases.get(side).add(phase(sides.get(side), load));
      }
    }
    return phases;
  }

  private Phase phase(Side side, int load) throws IOException {
    long began = System.nanoTime();
    long calls = side.store.number(CALLS);
    side.store.run("SELECT pg_stat_statements_reset()");
    long gateways = ProcessFigures.cpuMicros(side.pids());
    long postgres = side.store.cpuMicros();
    count(side, load(side, side.keys.get(load), given.number("--seconds", 15)));
    long last = posted(side);
    double gatewaySeconds = (ProcessFigures.cpuMicros(side.pids()) - gateways) / 1e6;
    double postgresSeconds = (side.store.cpuMicros() - postgres) / 1e6;
    double seconds = (System.nanoTime() - began) / 1e9;
    double made = last - calls;
    long adding = side.store.number(STATEMENTS.formatted(ADDS));
    long statements = side.store.number(STATEMENTS.formatted("true"));
    Phase phase =
        new Phase(
            made / gatewaySeconds,
            100 * postgresSeconds / gatewaySeconds,
            statements / seconds,
            made / Math.max(1, statements),
            made / Math.max(1, adding));
    System.err.printf(
        "scale: %s, load %d: %,.0f calls, %.1f s of the gateways, %.1f s of PostgreSQL, %s%n",
        side.name, load, made, gatewaySeconds, postgresSeconds, phase);
    side.store
        .list(
            COSTLIEST,
            row ->
                "  %,d times, %,d ms: %.90s"
                    .formatted(
                        row.getLong(1), row.getLong(2), row.getString(3).replaceAll("\\s+", " ")))
        .forEach(System.err::println);
    return phase;
  }

  /** Waits until nothing more is posted; returns how many calls there are. */
  private static long posted(Side side) throws IOException {
    long last = -1;
    for (long now = side.store.number(CALLS); now != last; now = side.store.number(CALLS)) {
      last = now;
      LockSupport.parkNanos(2_500_000_000L);
    }
    return last;
  }

  /**
   * Lets code be compiled, and each account be known to each node: at first all ask the store at
   * once, and some may be told to come again.
   */
  private void warmUp(Side side, Path keys) throws IOException {
    load(side, keys, 3).forEach(line -> System.err.println("scale: at first, " + line));
    int seconds = given.number("--warm-up", 20) * (side.nodes.size() + 1) / 2;
    count(side, load(side, keys, seconds));
  }

  private void count(Side side, List<String> failures) {
    failures.forEach(line -> System.out.println("FAILED: " + side.name + ": " + line));
    failed |= !failures.isEmpty();
  }

  /** Calls for so long; returns what went wrong first. */
  private List<String> load(Side side, Path keys, int seconds) throws IOException {
    LoadPlan plan =
        new LoadPlan(
            LoadPlan.Mode.SATURATE,
            side.nodes.stream().map(Node::port).toList(),
            List.of(KeyRing.header(Files.readAllLines(keys).getFirst())),
            given.number("--connections", 66),
            /* ratePerSecond= */ 0,
            /* bodyBytes= */ 1_024,
            /* events= */ 0,
            Duration.ZERO,
            Duration.ZERO,
            Duration.ofSeconds(seconds),
            List.of(),
            keys);
    try (Child load = Child.startJava("Load", temp, plan.toArguments())) {
      boolean fine = load.await(Duration.ofSeconds(seconds + 60L)) == 0;
      return fine ? List.of() : List.of(load.outputLines().getFirst());
    }
  }

  private static void print(String load, int nodes, List<List<Phase>> sides) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < sides.getFirst().size(); i++) {
      ratios.add(
          sides.getLast().get(i).callsPerCpuSecond / sides.getFirst().get(i).callsPerCpuSecond);
    }
    for (int i = 0; i < sides.size(); i++) {
      List<Phase> phases = sides.get(i);
      System.out.printf(
          "| %s | %d | %s | %s | %s | %s | %s |%n",
          load,
          i == 0 ? 1 : nodes,
          Spread.of(phases.stream().map(Phase::callsPerCpuSecond).toList()).text(0),
          Spread.of(phases.stream().map(Phase::share).toList()).text(1),
          Spread.of(phases.stream().map(Phase::statements).toList()).text(1),
          Spread.of(phases.stream().map(Phase::each).toList()).text(0),
          Spread.of(phases.stream().map(Phase::together).toList()).text(0));
    }
    System.out.printf("| %s | ratio | %s | | | | |%n", load, Spread.of(ratios).text(2));
  }

  private void check(Side side) throws IOException {
    for (Node node : side.nodes) {
      node.drain();
    }
    Violations found = new Violations(side.name);
    new Audit(side.store, Cluster.nanos(ALLOWANCE), List.of(), found).check();
    failed |= found.count() > 0;
    System.out.printf(
        "%n%s: overspend and sums checked, %d violations%n", side.name, found.count());
  }
}
