package com.runspace.workshop;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the figures of all rounds and makes of them one table for docs/benchmarks.md.
 *
 * <p>What is compared, a ratio or an added latency, is compared inside each round, minutes apart at
 * most, and the median is taken of the comparisons: the machine's mood changes between rounds.
 */
final class Report {
  private static final List<String> COLUMNS =
      List.of(
          "load",
          "through",
          "CPU µs per unit",
          "÷ nginx",
          "units/s",
          "p50 µs",
          "p99 µs",
          "added p50 µs",
          "added p99 µs",
          "first event p50 µs",
          "added",
          "RSS MiB",
          "failed");

  /** More than that from others, and the figures are not the gateway's own. */
  private static final double QUIET_CORES = 0.2;

  private static final double MIB_PER_GIB = 1024;

  private final List<String> facts = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private final List<Double> otherCores = new ArrayList<>();
  private final Map<Scenario, Map<String, Map<Integer, Figures>>> measured =
      new EnumMap<>(Scenario.class);

  /** Something about the machine or the programs, to stand above the table. */
  void fact(String text) {
    facts.add(text);
  }

  /** Something the reader of the table has to know, to stand under it. */
  void note(String text) {
    if (!notes.contains(text)) {
      notes.add(text);
    }
  }

  /** Something that went wrong and spoils the run. */
  void failure(String text) {
    failures.add(text);
  }

  /** How much else the machine did during one counted run, in cores. */
  void otherWork(double cores) {
    otherCores.add(cores);
  }

  boolean failed() {
    return !failures.isEmpty();
  }

  void add(Scenario scenario, String gateway, int round, Figures figures) {
    measured
        .computeIfAbsent(scenario, s -> new LinkedHashMap<>())
        .computeIfAbsent(gateway, g -> new TreeMap<>())
        .put(round, figures);
  }

  /** A window in which nothing was answered has failures and no figures. */
  private static boolean counts(Figures figures) {
    return figures.units() > 0;
  }

  /** The whole text, in Markdown. */
  String text() {
    List<String> lines = new ArrayList<>();
    facts.forEach(fact -> lines.add("- " + fact));
    if (!otherCores.isEmpty()) {
      Spread other = Spread.of(otherCores);
      lines.add(
          "- other work on the machine during the runs, in cores: "
              + other.text(2)
              + (other.median() > QUIET_CORES ? ": **too much, measure again**" : ""));
    }
    lines.add("");
    lines.add(row(COLUMNS));
    lines.add(row(COLUMNS.stream().map(column -> "---").toList()));
    measured.forEach(
        (scenario, gateways) -> gateways.keySet().forEach(name -> lines.add(row(scenario, name))));
    lines.add("");
    lines.add(
        "A unit is a request or, of streams, a content event. Medians of the rounds, with the"
            + " least and the greatest; ÷ nginx and added (over direct) round by round.");
    lines.addAll(budget());
    notes.forEach(note -> lines.add("- Note: " + note));
    failures.forEach(failure -> lines.add("- **FAILED**: " + failure));
    return String.join("\n", lines) + "\n";
  }

  private String row(Scenario scenario, String name) {
    boolean direct = name.equals(Gateway.DIRECT);
    boolean latency = scenario.hasLatency();
    boolean streams = scenario == Scenario.SSE;
    ToDoubleFunction<Figures> first = Figures::firstP50Micros;
    long failed = rounds(scenario, name).values().stream().mapToLong(Figures::failed).sum();
    return row(
        List.of(
            scenario.title(),
            name,
            direct ? "–" : cell(scenario, name, Figures::cpuMicrosPerUnit, 1),
            direct ? "–" : text(ratio(scenario, name), 2),
            cell(scenario, name, Figures::unitsPerSecond, 0),
            latency ? cell(scenario, name, Figures::p50Micros, 0) : "–",
            latency ? cell(scenario, name, Figures::p99Micros, 0) : "–",
            latency ? text(added(scenario, name, Figures::p50Micros), 0) : "–",
            latency ? text(added(scenario, name, Figures::p99Micros), 0) : "–",
            streams ? cell(scenario, name, first, 0) : "–",
            streams ? text(added(scenario, name, first), 0) : "–",
            direct ? "–" : cell(scenario, name, Figures::residentMib, 0),
            failed == 0 ? "0" : "**" + failed + "**"));
  }

  private static String row(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }

  private String cell(
      Scenario scenario, String name, ToDoubleFunction<Figures> figure, int decimals) {
    List<Double> values =
        rounds(scenario, name).values().stream()
            .filter(Report::counts)
            .map(figure::applyAsDouble)
            .toList();
    return values.isEmpty() ? "–" : Spread.of(values).text(decimals);
  }

  private static String text(@Nullable Spread spread, int decimals) {
    return spread == null ? "–" : spread.text(decimals);
  }

  private Map<Integer, Figures> rounds(Scenario scenario, String name) {
    return measured.getOrDefault(scenario, Map.of()).getOrDefault(name, Map.of());
  }

  /** CPU per unit over nginx's, or null where either is missing. */
  private @Nullable Spread ratio(Scenario scenario, String name) {
    if (name.equals(Nginx.NAME)) {
      return null;
    }
    return compared(
        scenario, name, Nginx.NAME, (a, b) -> a.cpuMicrosPerUnit() / b.cpuMicrosPerUnit());
  }

  private @Nullable Spread added(Scenario scenario, String name, ToDoubleFunction<Figures> of) {
    if (name.equals(Gateway.DIRECT)) {
      return null;
    }
    return compared(
        scenario, name, Gateway.DIRECT, (a, b) -> of.applyAsDouble(a) - of.applyAsDouble(b));
  }

  private @Nullable Spread compared(
      Scenario scenario, String name, String with, BiFunction<Figures, Figures, Double> how) {
    Map<Integer, Figures> other = rounds(scenario, with);
    List<Double> values =
        rounds(scenario, name).entrySet().stream()
            .map(entry -> {
              Figures beside = other.get(entry.getKey());
              Figures own = entry.getValue();
              return beside == null || !counts(beside) || !counts(own)
                  ? null
                  : how.apply(own, beside);
            })
            .filter(Objects::nonNull)
            .toList();
    return values.isEmpty() ? null : Spread.of(values);
  }

  /** RunSpace's figures beside the ones it is meant to reach. */
  private List<String> budget() {
    List<String> lines = new ArrayList<>();
    goal(lines, "CPU per 1 KB request ÷ nginx", ratio(Scenario.JSON1K, RunSpace.NAME), 2.0, 1.5);
    goal(lines, "CPU per streamed event ÷ nginx", ratio(Scenario.SSE, RunSpace.NAME), 1.6, 1.4);
    Spread first = added(Scenario.SSE, RunSpace.NAME, Figures::firstP50Micros);
    goal(lines, "first event, µs over direct", first, 200, 200);
    Map<Integer, Figures> idle = rounds(Scenario.IDLE, RunSpace.NAME);
    if (!idle.isEmpty()) {
      Spread mib = Spread.of(idle.values().stream().map(Figures::residentMib).toList());
      goal(lines, "RSS of the slow streams, MiB", mib, MIB_PER_GIB, MIB_PER_GIB);
    }
    return lines;
  }

  private static void goal(
      List<String> lines, String what, @Nullable Spread value, double milestone, double goal) {
    if (value == null) {
      return;
    }
    String verdict =
        value.median() <= goal
            ? "goal reached"
            : value.median() <= milestone ? "milestone reached" : "not reached";
    String aim = "milestone " + milestone + ", goal " + goal;
    lines.add("- Budget: " + what + ": " + value.text(2) + " (" + aim + "): " + verdict);
  }
}
