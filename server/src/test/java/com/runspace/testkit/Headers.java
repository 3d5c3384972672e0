package com.runspace.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Header lines in the order and the spelling in which they came. Names match in any case. */
public record Headers(List<Line> lines) {
  /** One header line. */
  public record Line(String name, String value) {
    @Override
    public String toString() {
      return name + ": " + value;
    }
  }

  public Headers {
    lines = List.copyOf(lines);
  }

  /** Reads all lines but the first of a head. A line without a colon is kept as a bare name. */
  static Headers parse(String head) {
    List<Line> lines = new ArrayList<>();
    head.lines()
        .skip(1)
        .takeWhile(line -> !line.isEmpty())
        .forEach(line -> {
          int colon = line.indexOf(':');
          lines.add(
              colon < 0
                  ? new Line(line, "")
                  : new Line(line.substring(0, colon), line.substring(colon + 1).strip()));
        });
    return new Headers(lines);
  }

  public Optional<String> first(String name) {
    return all(name).stream().findFirst();
  }

  public List<String> all(String name) {
    return lines.stream()
        .filter(line -> line.name().equalsIgnoreCase(name))
        .map(Line::value)
        .toList();
  }

  public boolean has(String name) {
    return !all(name).isEmpty();
  }

  /** The names as sent, in order. */
  public List<String> names() {
    return lines.stream().map(Line::name).toList();
  }

  /** Whether one line of this name has the word among its comma-separated values. */
  boolean says(String name, String word) {
    return all(name).stream()
        .flatMap(value -> List.of(value.toLowerCase(Locale.ROOT).split(",")).stream())
        .anyMatch(part -> part.strip().equals(word));
  }
}
