package com.runspace.workshop;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What one counted window gave. A unit is an answered request, or, of streams, a content event.
 *
 * @param unsent requests that were due and had not left when the window closed
 * @param cpuMicros of the gateway's processes, user and system
 * @param p50Micros of the answer's latency from when it was due, or of the event's from when the
 *     upstream wrote it
 * @param firstP50Micros from the request to the first event
 */
record Figures(
    long units,
    long failed,
    long unsent,
    double seconds,
    long cpuMicros,
    long residentKib,
    double p50Micros,
    double p99Micros,
    double firstP50Micros) {

  private static final String START = "figures ";

  double cpuMicrosPerUnit() {
    return units == 0 ? Double.NaN : (double) cpuMicros / units;
  }

  double unitsPerSecond() {
    return units / seconds;
  }

  double cores() {
    return cpuMicros / 1e6 / seconds;
  }

  double residentMib() {
    return residentKib / 1024.0;
  }

  /** The line that {@link Load} prints. */
  String line() {
    return Stream.of(
            units,
            failed,
            unsent,
            seconds,
            cpuMicros,
            residentKib,
            p50Micros,
            p99Micros,
            firstP50Micros)
        .map(String::valueOf)
        .collect(Collectors.joining(" ", START, ""));
  }

  static boolean isLine(String line) {
    return line.startsWith(START);
  }

  static Figures parse(String line) {
    String[] words = line.split(" ", -1);
    return new Figures(
        Long.parseLong(words[1]),
        Long.parseLong(words[2]),
        Long.parseLong(words[3]),
        Double.parseDouble(words[4]),
        Long.parseLong(words[5]),
        Long.parseLong(words[6]),
        Double.parseDouble(words[7]),
        Double.parseDouble(words[8]),
        Double.parseDouble(words[9]));
  }
}
