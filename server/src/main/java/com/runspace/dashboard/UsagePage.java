package com.runspace.dashboard;

import com.runspace.account.UsageReport;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.http.Handler;
import com.runspace.keys.StoredKey;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.ledger.LocalLedger;
import com.runspace.web.Form;
import com.runspace.web.Frame;
import com.runspace.web.Shown;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code GET /usage} and {@code /usage.csv}: what was used, by day, model and key. */
public final class UsagePage {
  private static final long DAYS_MAX = 366;
  private static final int BARS = 8;

  /**
   * What the page shows.
   *
   * @param by how the table is grouped: day, model or key
   * @param wrong what is wrong with the days that were asked for; empty when nothing is
   * @param query from and to, to be put behind another address
   */
  public record View(
      Frame frame,
      String from,
      String to,
      String by,
      String wrong,
      String query,
      List<Preset> presets,
      Row total,
      Chart chart,
      List<Bar> models,
      List<Bar> keys,
      List<Row> rows) {}

  /** A range of days to choose. */
  public record Preset(String label, String query, boolean isChosen) {}

  /** A part of the whole; its width is percents of the largest. */
  public record Bar(String name, String charge, String share, String width) {}

  /** A line of the table. */
  public record Row(
      String name, String calls, String prompt, String cached, String output, String charge) {}

  private final Desk desk;
  private final LocalLedger ledger;
  private final StoredKeyring keyring;

  public UsagePage(Desk desk, LocalLedger ledger, StoredKeyring keyring) {
    this.desk = desk;
    this.ledger = ledger;
    this.keyring = keyring;
  }

  /** {@code GET /usage}. */
  public Handler show() {
    return desk.page(this::page);
  }

  /** {@code GET /usage.csv}: each day, model and key in a line. */
  public Handler csv() {
    return desk.page(visit -> {
      Form asked = visit.query();
      try {
        UsageReport.Query query =
            query(asked.text("from"), asked.text("to"), "day,model,key", visit);
        UsageReport report = UsageReport.of(ledger.history(), visit.account(), query);
        String name = "runspace-usage-" + query.from() + "-to-" + query.to() + ".csv";
        return new Desk.Reply.Download(name, report.csv());
      } catch (IllegalArgumentException wrong) {
        return page(visit);
      }
    });
  }

  private static UsageReport.Query query(String from, String to, String by, Desk.Visit visit) {
    Day today = OverviewPage.day(visit.now());
    UsageReport.Query query =
        UsageReport.Query.of(from.isEmpty() ? null : from, to.isEmpty() ? null : to, by, today);
    if (query.to().epochDay() - query.from().epochDay() >= DAYS_MAX) {
      throw new IllegalArgumentException("Choose at most " + DAYS_MAX + " days.");
    }
    return query;
  }

  private Desk.Reply page(Desk.Visit visit) throws SQLException {
    Form asked = visit.query();
    String by = asked.text("by").isEmpty() ? "day" : asked.text("by");
    String wrong = "";
    UsageReport.Query query;
    try {
      if (!Set.of("day", "model", "key").contains(by)) {
        by = "day";
      }
      query = query(asked.text("from"), asked.text("to"), by, visit);
    } catch (IllegalArgumentException mistake) {
      wrong = String.valueOf(mistake.getMessage());
      query = query("", "", by, visit);
    }
    View view = view(visit, query, by, wrong);
    return desk.html(wrong.isEmpty() ? 200 : 422, "usage.jte", view);
  }

  private View view(Desk.Visit visit, UsageReport.Query query, String by, String wrong)
      throws SQLException {
    Map<String, String> names = new HashMap<>();
    for (StoredKey key : keyring.list(visit.account())) {
      names.put(key.id(), key.settings().name());
    }
    List<Usage> models = sums(visit, query, Set.of(By.MODEL));
    List<Usage> keys = sums(visit, query, Set.of(By.KEY));
    List<Usage> days = sums(visit, query, Set.of(By.DAY));
    UsageReport report = new UsageReport(query.from(), query.to(), query.by(), days);
    List<Row> rows = new ArrayList<>();
    List<Usage> chosen = by.equals("model") ? models : by.equals("key") ? keys : days;
    List<Usage> ordered = new ArrayList<>(chosen);
    if (by.equals("day")) {
      Collections.reverse(ordered);
    } else {
      ordered.sort(Comparator.comparing(Usage::charge).reversed());
    }
    ordered.forEach(row -> rows.add(row(name(row, names), row)));
    String asked = visit.query().text("from");
    boolean keeps = !wrong.isEmpty() && !asked.isEmpty();
    return new View(
        desk.frame(visit, "Usage", "/usage"),
        keeps ? asked : query.from().toString(),
        keeps ? visit.query().text("to") : query.to().toString(),
        by,
        wrong,
        "from=" + query.from() + "&to=" + query.to(),
        presets(query, visit.now()),
        row("Total", report.total()),
        Chart.of(query.from(), query.to(), sums(visit, query, Set.of(By.DAY, By.MODEL))),
        bars(models, report.total().charge(), names),
        bars(keys, report.total().charge(), names),
        rows);
  }

  private List<Usage> sums(Desk.Visit visit, UsageReport.Query query, Set<By> by)
      throws SQLException {
    return ledger.history().usage(visit.account(), query.from(), query.to(), by);
  }

  private static List<Preset> presets(UsageReport.Query query, Instant now) {
    long today = OverviewPage.day(now).epochDay();
    List<Preset> presets = new ArrayList<>();
    for (int days : new int[] {7, 30, 90}) {
      Day from = new Day(today - days + 1);
      boolean isChosen =
          query.to().epochDay() == today && query.from().epochDay() == from.epochDay();
      String range = "from=" + from + "&to=" + new Day(today);
      presets.add(new Preset(days + " days", range, isChosen));
    }
    return presets;
  }

  private static List<Bar> bars(List<Usage> rows, Nanos total, Map<String, String> names) {
    Nanos most = rows.stream().map(Usage::charge).reduce(Nanos.ZERO, Nanos::max);
    return rows.stream()
        .sorted(Comparator.comparing(Usage::charge).reversed())
        .limit(BARS)
        .map(row ->
            new Bar(
                name(row, names),
                Shown.money(row.charge()),
                Shown.percent(row.charge(), total) + " %",
                Shown.percent(row.charge(), most)))
        .toList();
  }

  private static String name(Usage row, Map<String, String> names) {
    Day day = row.day();
    if (day != null) {
      return Shown.date(Instant.ofEpochMilli(day.startEpochMillis()));
    }
    String model = row.model();
    return model == null ? key(row.key(), names) : model;
  }

  private static String key(@Nullable String id, Map<String, String> names) {
    return id == null ? "" : names.getOrDefault(id, id);
  }

  private static Row row(String name, Usage row) {
    return new Row(
        name,
        Shown.count(row.calls()),
        Shown.count(row.promptTokens()),
        Shown.count(row.cachedTokens()),
        Shown.count(row.outputTokens()),
        Shown.money(row.charge()));
  }
}
