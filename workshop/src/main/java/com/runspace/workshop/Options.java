package com.runspace.workshop;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the bench was asked to do.
 *
 * @param quick short windows, to see that everything works; such figures mean nothing
 * @param only the gateways to measure, by name
 * @param profile the folder for flight recordings of RunSpace, or null
 */
record Options(
    int rounds,
    boolean quick,
    Set<String> only,
    Set<Scenario> scenarios,
    int idleStreams,
    Path gatewayJar,
    Path otherJar,
    List<String> jvmFlags,
    String nginx,
    Path portkey,
    @Nullable Path profile) {

  static final String HELP =
      """
      Measures RunSpace beside nginx (a bare proxy) and another gateway, in one run.

        java -cp workshop/target/workshop.jar com.runspace.workshop.Bench [options]

      Other programs are called by a first word: `fuzz` sends hostile requests, `slow` lets
      thousands of callers be slow, `wrongkeys` floods with wrong keys, `mcp` measures the
      MCP server beside the API, `steps` crashes the ledger at every step; `cluster` kills
      gateways that share a PostgreSQL, `scale` measures them, `revoke` and `outage` try what
      they hear of each other and do without their store; each has a --help.

        --rounds N            counted rounds, alternating between the gateways (3)
        --quick               short windows: shows that all works, its figures mean nothing
        --only A,B            of nginx, portkey, runspace; direct calls are always measured.
                              memory is RunSpace without journal and store, to see their cost;
                              other is another build of RunSpace, see --other-jar
        --scenario A,B        of json1k, json32k, rate, sse, idle (all but idle)
        --idle                adds the idle scenario, 10,000 slow streams
        --idle-streams N      another number of them
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --other-jar PATH      the jar of `other`, such as that of an earlier commit
        --jvm-flags 'FLAGS'   for RunSpace's JVM, in place of
                              %s
        --nginx PATH          the nginx program (found on the PATH or in /usr/sbin)
        --portkey DIR         the installed package
                              (workshop/node_modules/@portkey-ai/gateway)
        --profile DIR         records RunSpace with JFR into DIR, which costs some speed
        --help                this text

      Progress goes to standard error and the table to standard output.
      Exit code 0: measured, no request failed; 1: requests failed; 2: not run.
      """
          .formatted(RunSpace.DEFAULT_FLAGS);

  private static final List<String> GATEWAYS =
      List.of(Nginx.NAME, Portkey.NAME, RunSpace.NAME, RunSpace.IN_MEMORY, RunSpace.OTHER);

  private static final Set<String> NAMES =
      Set.of(
          "--rounds",
          "--only",
          "--scenario",
          "--idle-streams",
          "--gateway-jar",
          "--other-jar",
          "--jvm-flags",
          "--nginx",
          "--portkey",
          "--profile");

  /**
   * Reads the options.
   *
   * @param module the folder of this module, which the default paths start from
   */
  static Options parse(String[] words, Path module) {
    Arguments given = Arguments.parse(words, NAMES, Set.of("--quick", "--idle", "--help"));
    Set<Scenario> scenarios = EnumSet.noneOf(Scenario.class);
    for (String name : list(given.text("--scenario", "json1k,json32k,rate,sse"))) {
      scenarios.add(Scenario.named(name));
    }
    if (given.has("--idle")) {
      scenarios.add(Scenario.IDLE);
    }
    Set<String> only = Set.copyOf(list(given.text("--only", "nginx,portkey,runspace")));
    for (String name : only) {
      if (!GATEWAYS.contains(name)) {
        throw new IllegalArgumentException("--only knows " + GATEWAYS + ", not " + name);
      }
    }
    Path jar = module.resolveSibling("server").resolve("target").resolve("runspace.jar");
    String profile = given.text("--profile", "");
    return new Options(
        Math.max(1, given.number("--rounds", 3)),
        given.has("--quick"),
        only,
        scenarios,
        given.number("--idle-streams", 10_000),
        Path.of(given.text("--gateway-jar", jar.toString())),
        Path.of(given.text("--other-jar", "")),
        Arrays.stream(given.text("--jvm-flags", RunSpace.DEFAULT_FLAGS).split(" ", -1))
            .filter(flag -> !flag.isEmpty())
            .toList(),
        given.text("--nginx", ""),
        Path.of(given.text("--portkey", module.resolve(Portkey.FOLDER).toString())),
        profile.isEmpty() ? null : Path.of(profile).toAbsolutePath());
  }

  /** What the programs beside the bench need: a gateway to start. */
  static Options ofGateway(Arguments given, Path module) {
    List<String> words = new ArrayList<>();
    for (String name : List.of("--gateway-jar", "--jvm-flags")) {
      given.all(name).forEach(value -> words.addAll(List.of(name, value)));
    }
    return parse(words.toArray(String[]::new), module);
  }

  Options withIdleStreams(int streams) {
    return new Options(
        rounds,
        quick,
        only,
        scenarios,
        streams,
        gatewayJar,
        otherJar,
        jvmFlags,
        nginx,
        portkey,
        profile);
  }

  /** The jar of a gateway that is a RunSpace. */
  Path jar(String name) {
    return name.equals(RunSpace.OTHER) ? otherJar : gatewayJar;
  }

  private static List<String> list(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split(",", -1)).map(String::strip).toList();
  }
}
