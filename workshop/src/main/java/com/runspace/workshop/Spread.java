package com.runspace.workshop;

import java.util.List;
import java.util.Locale;

/** The median of the rounds, with the least and the greatest. */
record Spread(double median, double least, double greatest) {

  /** Of at least one value. */
  static Spread of(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    double median =
        sorted.size() % 2 == 1
            ? sorted.get(middle)
            : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    return new Spread(median, sorted.getFirst(), sorted.getLast());
  }

  /** As {@code median (least–greatest)}, or the value alone where there was one. */
  String text(int decimals) {
    String median = number(median(), decimals);
    return least == greatest
        ? median
        : median + " (" + number(least, decimals) + "–" + number(greatest, decimals) + ")";
  }

  static String number(double value, int decimals) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
