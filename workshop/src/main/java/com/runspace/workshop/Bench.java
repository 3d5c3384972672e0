package com.runspace.workshop;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Conducts the bench: starts the upstream and the gateways, lets the load run against each in turn,
 * round after round, and prints one table.
 *
 * <p>All gateways live through the whole run and idle while another is measured; each round starts
 * with another of them. The slow streams come last, one gateway at a time, freshly started, because
 * their figure is memory.
 */
final class Bench {
  private final Options options;
  private final Path temp;
  private final PrintStream progress;
  private final Report report = new Report();
  private final @Nullable Path nginx;

  private Bench(Options options, Path temp, PrintStream progress) {
    this.options = options;
    this.temp = temp;
    this.progress = progress;
    this.nginx = Nginx.find(options.nginx());
  }

  /** Runs the bench as the options say; see {@link Options#HELP}. */
  public static void main(String[] args) throws IOException, InterruptedException {
    String program = args.length == 0 ? "" : args[0];
    if (List.of("cluster", "fuzz", "mcp", "outage", "revoke", "scale", "slow", "steps", "wrongkeys")
        .contains(program)) {
      String[] rest = Arrays.copyOfRange(args, 1, args.length);
      System.exit(
          switch (program) {
            case "cluster" -> Cluster.run(rest);
            case "fuzz" -> Fuzz.run(rest);
            case "mcp" -> McpCost.run(rest);
            case "outage" -> Outage.run(rest);
            case "revoke" -> Revoke.run(rest);
            case "scale" -> Scale.run(rest);
            case "slow" -> Slow.run(rest);
            case "steps" -> Steps.run(rest);
            default -> WrongKeys.run(rest);
          });
    }
    if (List.of(args).contains("--help")) {
      System.out.print(Options.HELP);
      return;
    }
    Options options;
    try {
      options = Options.parse(args, module());
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage() + "; --help tells what there is");
      System.exit(2);
      return;
    }
    if (!Files.isReadable(Path.of("/proc/self/stat"))) {
      System.err.println("bench: CPU times are read from /proc, so it runs on Linux only");
      System.exit(2);
    }
    Bench bench = new Bench(options, workFolder(), System.err);
    int code = 2;
    try {
      bench.run();
      PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
      out.print(bench.report.text());
      code = bench.report.failed() ? 1 : 0;
    } catch (IOException e) {
      System.err.println("bench: " + e.getMessage());
    }
    System.exit(code);
  }

  /** A folder that goes when this process ends, and with it all programs that it started. */
  static Path workFolder() throws IOException {
    Path temp = Files.createTempDirectory("runspace-bench");
    Runtime.getRuntime().addShutdownHook(new Thread(() -> cleanUp(temp)));
    return temp;
  }

  /** This module's folder: the jar, or the folder of classes, lies in its target folder. */
  static Path module() {
    try {
      Path code = Path.of(Bench.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path target = code.getParent();
      Path module = target == null ? null : target.getParent();
      return module == null ? Path.of("").toAbsolutePath() : module;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void cleanUp(Path folder) {
    Child.closeAll();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Collections.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      System.err.println("bench: left " + folder + " behind: " + e.getMessage());
    }
  }

  private void run() throws IOException {
    Machine.describe(options, nginx).forEach(report::fact);
    List<String> names = present();
    Set<Scenario> paced = EnumSet.noneOf(Scenario.class);
    paced.addAll(options.scenarios());
    paced.remove(Scenario.IDLE);
    if (!paced.isEmpty()) {
      rounds(names, paced);
    }
    if (options.scenarios().contains(Scenario.IDLE)) {
      idle(names);
    }
  }

  /** The gateways asked for that are here; the others are named. */
  private List<String> present() {
    List<String> names = new ArrayList<>();
    if (asked(Nginx.NAME, nginx != null, "install Debian's nginx-light, or give --nginx PATH")) {
      names.add(Nginx.NAME);
    }
    boolean installed = Portkey.installed(options.portkey());
    if (asked(
        Portkey.NAME, installed, "npm install --no-package-lock --prefix workshop, then again")) {
      names.add(Portkey.NAME);
    }
    for (String name : List.of(RunSpace.NAME, RunSpace.IN_MEMORY, RunSpace.OTHER)) {
      boolean built = Files.isRegularFile(options.jar(name));
      if (asked(name, built, "build it first, or give --gateway-jar or --other-jar PATH")) {
        names.add(name);
      }
    }
    return names;
  }

  private boolean asked(String name, boolean there, String remedy) {
    if (!options.only().contains(name)) {
      return false;
    }
    if (!there) {
      String text = name + " is missing and was not measured: " + remedy;
      progress.println("bench: " + text);
      report.note(text);
    }
    return there;
  }

  private void rounds(List<String> names, Set<Scenario> scenarios) throws IOException {
    List<Gateway> gateways = new ArrayList<>();
    try (Child upstream = startUpstream(Scenario.SSE)) {
      int port = portOf(upstream);
      gateways.add(Gateway.direct(port));
      for (String name : names) {
        start(name, port, "load", gateways);
      }
      for (Gateway gateway : gateways) {
        if (gateway.compiles()) {
          for (Scenario scenario : scenarios) {
            run(scenario, gateway, 0, scenario.warmUp(gateway, options));
          }
        }
      }
      for (int round = 1; round <= options.rounds(); round++) {
        for (Scenario scenario : scenarios) {
          for (int i = 0; i < gateways.size(); i++) {
            Gateway gateway = gateways.get((i + round - 1) % gateways.size());
            run(scenario, gateway, round, scenario.plan(gateway, options));
          }
        }
      }
    } finally {
      gateways.forEach(Gateway::close);
    }
  }

  private void idle(List<String> names) throws IOException {
    // A gateway has two sockets for each stream, and some files of its own.
    int most = (OpenFiles.limit() - 300) / 2;
    Options held = options;
    if (options.idleStreams() > most) {
      held = options.withIdleStreams(most);
      String text =
          "idle ran with "
              + most
              + " streams, not "
              + options.idleStreams()
              + ": a process may have "
              + OpenFiles.limit()
              + " open files here";
      progress.println("bench: " + text);
      report.note(text);
    }
    report.fact("slow streams: " + held.idleStreams());
    for (String name : names) {
      List<Gateway> gateways = new ArrayList<>();
      try (Child upstream = startUpstream(Scenario.IDLE)) {
        start(name, portOf(upstream), "idle", gateways);
        for (Gateway gateway : gateways) {
          run(Scenario.IDLE, gateway, 1, Scenario.IDLE.plan(gateway, held));
        }
      } finally {
        gateways.forEach(Gateway::close);
      }
    }
  }

  private Child startUpstream(Scenario scenario) throws IOException {
    List<String> arguments =
        List.of(
            "--interval-ms",
            Long.toString(scenario.interval().toMillis()),
            "--events",
            Integer.toString(Scenario.EVENTS));
    return Child.startJava("Upstream", temp, arguments);
  }

  /** Where an upstream that was started listens. */
  static int portOf(Child upstream) throws IOException {
    String line = upstream.awaitLine(l -> l.startsWith("port="), Duration.ofSeconds(20));
    return Integer.parseInt(line.substring("port=".length()));
  }

  /** A gateway that is here but does not start spoils the run, which goes on without it. */
  private void start(String name, int upstream, String label, List<Gateway> into) {
    progress.println("bench: starting " + name);
    try {
      into.add(
          switch (name) {
            case Portkey.NAME -> Portkey.start(options.portkey(), temp, upstream);
            case RunSpace.NAME, RunSpace.IN_MEMORY, RunSpace.OTHER ->
                RunSpace.start(name, options, temp, upstream, label);
            default -> {
              if (nginx == null) {
                throw new IOException("nginx is missing");
              }
              yield Nginx.start(nginx, temp, upstream);
            }
          });
    } catch (IOException e) {
      fail(name + " was not measured: " + e.getMessage());
    }
  }

  /** One run of the load; round 0 is the warm-up, of which only the failures count. */
  private void run(Scenario scenario, Gateway gateway, int round, LoadPlan plan)
      throws IOException {
    String title =
        (round == 0 ? "warm-up" : "round " + round + "/" + options.rounds())
            + ", "
            + scenario.label()
            + ", "
            + gateway.name();
    Duration patience = plan.ramp().plus(plan.window()).plusSeconds(60);
    OtherWork watch = new OtherWork(Child.livePids());
    try (Child load = Child.startJava("Load", temp, plan.toArguments())) {
      int code = load.await(patience);
      Figures figures = null;
      String why = "";
      for (String line : load.outputLines()) {
        if (Figures.isLine(line)) {
          figures = Figures.parse(line);
        } else {
          why = line.substring(Load.FAILURE.length());
        }
      }
      if (figures == null) {
        fail(title + ": " + load.complaint("gave no figures"));
        return;
      }
      if (code != 0) {
        fail(title + ": " + figures.failed() + " failed, first: " + why);
      }
      double other = watch.cores();
      progress.println(
          "bench: "
              + title
              + ": "
              + summary(scenario, gateway, round, figures)
              + ", others "
              + Spread.number(other, 2)
              + " cores");
      if (round == 0) {
        return;
      }
      report.add(scenario, gateway.name(), round, figures);
      report.otherWork(other);
      if (figures.unsent() > 0) {
        report.note(
            gateway.name()
                + " did not keep up with "
                + scenario.label()
                + ": its latencies there are those of an ever longer queue");
      }
    }
  }

  private void fail(String text) {
    progress.println("bench: FAILED: " + text);
    report.failure(text.replaceAll("\\s+", " "));
  }

  private static String summary(Scenario scenario, Gateway gateway, int round, Figures figures) {
    String speed = Spread.number(figures.unitsPerSecond(), 0) + " " + scenario.unit() + "s/s";
    return gateway.child() == null || round == 0
        ? speed
        : Spread.number(figures.cpuMicrosPerUnit(), 1)
            + " us/"
            + scenario.unit()
            + ", "
            + speed
            + ", p50 "
            + Spread.number(figures.p50Micros(), 0)
            + " us, "
            + Spread.number(figures.cores(), 2)
            + " cores, "
            + Spread.number(figures.residentMib(), 0)
            + " MiB";
  }
}
