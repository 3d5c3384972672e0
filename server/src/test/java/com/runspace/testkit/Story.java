package com.runspace.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened so far, told when a wait ends in vain. */
final class Story {
  private final long start = System.nanoTime();
  private final List<String> lines = new ArrayList<>();

  synchronized void add(String line) {
    double millis = (System.nanoTime() - start) / 1e6;
    lines.add(String.format(Locale.ROOT, "%9.1f ms  %s", millis, line));
  }

  /** Every line, or a word for none. Long bodies were shortened when they were added. */
  synchronized String told() {
    return lines.isEmpty() ? "  (nothing happened)" : "  " + String.join("\n  ", lines);
  }

  static String brief(String text) {
    String line = text.replace("\r", "\\r").replace("\n", "\\n");
    return line.length() <= 300
        ? line
        : line.substring(0, 300) + "… (" + line.length() + " in all)";
  }
}
