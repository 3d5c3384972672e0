package com.runspace.dashboard;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.web.Shown;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Columns of what each day was charged, in layers by model, as a page draws them. All figures are
 * units of a box that is {@link #HEIGHT} high and {@link #SLOT} wide for each day, and is stretched
 * to its place; so there is no text in it.
 *
 * @param top what the upper end of the scale stands for
 * @param middle what its middle stands for
 * @param labels of the days, spread over the width
 * @param summary all of it in a sentence, for who does not see it
 */
public record Chart(
    int width,
    List<Column> columns,
    List<Layer> legend,
    String top,
    String middle,
    List<String> labels,
    String summary) {
  /** Units for one day, with the gap beside it. */
  public static final int SLOT = 20;

  /** Units from the bottom to the top. */
  public static final int HEIGHT = 1000;

  private static final int GAP = 3;
  private static final int VISIBLE = 6;
  private static final int LAYERS = 4;
  private static final String OTHERS = "Others";

  /** One day. */
  public record Column(String title, int x, List<Piece> pieces) {
    public Column {
      pieces = List.copyOf(pieces);
    }
  }

  /** A layer of a day. */
  public record Piece(String css, int y, int height) {}

  /** A model and the class of its colour. */
  public record Layer(String name, String css) {}

  public Chart {
    columns = List.copyOf(columns);
    legend = List.copyOf(legend);
    labels = List.copyOf(labels);
  }

  /** Draws usage by day and model. */
  static Chart of(Day from, Day to, List<Usage> rows) {
    Map<String, Nanos> byModel = new HashMap<>();
    Map<Long, Map<String, Nanos>> byDay = new TreeMap<>();
    for (Usage row : rows) {
      Day day = row.day();
      if (day != null) {
        String model = String.valueOf(row.model());
        byModel.merge(model, row.charge(), Nanos::plus);
        byDay
            .computeIfAbsent(day.epochDay(), _ -> new HashMap<>())
            .merge(model, row.charge(), Nanos::plus);
      }
    }
    List<String> dearest =
        byModel.entrySet().stream()
            .sorted(Map.Entry.<String, Nanos>comparingByValue(Comparator.reverseOrder()))
            .map(Map.Entry::getKey)
            .toList();
    List<Layer> legend = layers(dearest);
    Nanos most = byDay.values().stream().map(Chart::sum).reduce(Nanos.ZERO, Nanos::max);
    Nanos top = roundAbove(most);
    List<Column> columns = new ArrayList<>();
    for (long day = from.epochDay(); day <= to.epochDay(); day++) {
      Map<String, Nanos> models = byDay.getOrDefault(day, Map.of());
      int x = (int) (day - from.epochDay()) * SLOT + GAP;
      String title = label(new Day(day)) + ": " + Shown.money(sum(models));
      columns.add(new Column(title, x, pieces(models, legend, dearest, top)));
    }
    return new Chart(
        columns.size() * SLOT,
        columns,
        legend,
        Shown.money(top),
        Shown.money(new Nanos(top.value() / 2)),
        labels(from, to),
        summary(from, to, sum(byModel), most));
  }

  private static List<Layer> layers(List<String> dearest) {
    List<Layer> layers = new ArrayList<>();
    boolean fits = dearest.size() <= LAYERS + 1;
    for (String model : dearest.subList(0, fits ? dearest.size() : LAYERS)) {
      layers.add(new Layer(model, "f" + (layers.size() + 1)));
    }
    if (!fits) {
      layers.add(new Layer(OTHERS, "f" + (LAYERS + 1)));
    }
    return layers;
  }

  private static List<Piece> pieces(
      Map<String, Nanos> models, List<Layer> legend, List<String> dearest, Nanos top) {
    List<Piece> pieces = new ArrayList<>();
    int y = HEIGHT;
    for (int i = 0; i < legend.size(); i++) {
      boolean isRest = i == legend.size() - 1 && dearest.size() > legend.size();
      List<String> names = isRest ? dearest.subList(i, dearest.size()) : dearest.subList(i, i + 1);
      Nanos charge =
          names.stream()
              .map(name -> models.getOrDefault(name, Nanos.ZERO))
              .reduce(Nanos.ZERO, Nanos::plus);
      if (charge.value() > 0) {
        int height = Math.max(VISIBLE, scaled(charge, top));
        y = Math.max(0, y - height);
        pieces.add(new Piece(legend.get(i).css(), y, height));
      }
    }
    return pieces;
  }

  private static int scaled(Nanos charge, Nanos top) {
    return BigInteger.valueOf(charge.value())
        .multiply(BigInteger.valueOf(HEIGHT))
        .divide(BigInteger.valueOf(top.value()))
        .intValue();
  }

  private static Nanos sum(Map<String, Nanos> charges) {
    return charges.values().stream().reduce(Nanos.ZERO, Nanos::plus);
  }

  /** The next amount of the kind 1, 2, 5, 10, 20, … at or above; never zero. */
  static Nanos roundAbove(Nanos amount) {
    long power = 1;
    while (power <= Long.MAX_VALUE / 100 && power * 10 < amount.value()) {
      power *= 10;
    }
    for (long step : new long[] {1, 2, 5, 10}) {
      if (power * step >= amount.value()) {
        return new Nanos(power * step);
      }
    }
    return amount;
  }

  private static List<String> labels(Day from, Day to) {
    long days = to.epochDay() - from.epochDay();
    List<String> labels = new ArrayList<>(List.of(label(from)));
    if (days > 1) {
      labels.add(label(new Day(from.epochDay() + days / 2)));
    }
    if (days > 0) {
      labels.add(label(to));
    }
    return labels;
  }

  private static String date(Day day) {
    return Shown.date(Instant.ofEpochMilli(day.startEpochMillis()));
  }

  /** {@code 22 Nov}. */
  private static String label(Day day) {
    String date = date(day);
    return date.substring(0, date.lastIndexOf(' '));
  }

  private static String summary(Day from, Day to, Nanos sum, Nanos most) {
    return "Charges from %s to %s: %s in all, at most %s in a day."
        .formatted(date(from), date(to), Shown.money(sum), Shown.money(most));
  }
}
