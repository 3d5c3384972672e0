package com.runspace.account;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.ledger.LedgerTable;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.LedgerTable.Usage;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The usage of an account over some days, summed up by day, model or key. The charges are whole
 * nano-dollars, so the rows sum exactly to the total, and to what the days were charged.
 */
public record UsageReport(Day from, Day to, Set<By> by, List<Usage> rows) {
  private static final int DAYS = 30;
  private static final String CSV_HEAD =
      "day,model,key,calls,prompt_tokens,cached_tokens,output_tokens,charge_nano_usd,charge_usd\n";

  /** What is asked for. */
  public record Query(Day from, Day to, Set<By> by) {
    /**
     * Reads a question.
     *
     * @param from the first day as 2026-11-22; null for thirty days up to {@code to}
     * @param to the last day; null for today
     * @param by day, model, key, with commas between; null for day
     * @throws IllegalArgumentException when it makes no sense; the message is for people
     */
    public static Query of(
        @Nullable String from, @Nullable String to, @Nullable String by, Day today) {
      Day last = to == null ? today : day("to", to);
      Day first = from == null ? new Day(last.epochDay() - DAYS + 1) : day("from", from);
      if (first.compareTo(last) > 0) {
        throw new IllegalArgumentException("'from' must not be after 'to'.");
      }
      Set<By> groups = EnumSet.noneOf(By.class);
      for (String name : (by == null ? "day" : by).split(",", -1)) {
        if (!name.isEmpty()) {
          groups.add(group(name));
        }
      }
      return new Query(first, last, groups);
    }

    private static By group(String name) {
      for (By each : By.values()) {
        if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
          return each;
        }
      }
      throw new IllegalArgumentException(
          "'by' may have day, model and key, with commas between; not '" + name + "'.");
    }

    private static Day day(String name, String text) {
      try {
        return new Day(LocalDate.parse(text).toEpochDay());
      } catch (DateTimeParseException notADay) {
        throw new IllegalArgumentException(
            "'" + name + "' must be a day like 2026-11-22, not '" + text + "'.");
      }
    }
  }

  /** Asks the store. Blocks. */
  public static UsageReport of(LedgerTable history, AccountId account, Query query)
      throws SQLException {
    List<Usage> rows =
        new ArrayList<>(history.usage(account, query.from(), query.to(), query.by()));
    return new UsageReport(query.from(), query.to(), query.by(), rows);
  }

  /** Every row in one sum. */
  public Usage total() {
    Usage sum = new Usage(null, null, null, 0, 0, 0, 0, Nanos.ZERO);
    for (Usage row : rows) {
      sum =
          new Usage(
              null,
              null,
              null,
              Math.addExact(sum.calls(), row.calls()),
              Math.addExact(sum.promptTokens(), row.promptTokens()),
              Math.addExact(sum.cachedTokens(), row.cachedTokens()),
              Math.addExact(sum.outputTokens(), row.outputTokens()),
              sum.charge().plus(row.charge()));
    }
    return sum;
  }

  public JsonObject json() {
    JsonArray data = new JsonArray();
    rows.forEach(row -> data.add(json(row)));
    return new JsonObject()
        .put("object", "list")
        .put("unit", "nano_usd")
        .put("from", from.toString())
        .put("to", to.toString())
        .put("data", data)
        .put("total", json(total()));
  }

  private static JsonObject json(Usage row) {
    JsonObject json = new JsonObject();
    if (row.day() != null) {
      json.put("day", row.day().toString());
    }
    if (row.model() != null) {
      json.put("model", row.model());
    }
    if (row.key() != null) {
      json.put("key", row.key());
    }
    return json.put("calls", row.calls())
        .put("prompt_tokens", row.promptTokens())
        .put("cached_tokens", row.cachedTokens())
        .put("output_tokens", row.outputTokens())
        .put("charge", row.charge().value());
  }

  /** The rows as comma-separated values, with a head and without a total. */
  public String csv() {
    StringBuilder out = new StringBuilder(CSV_HEAD);
    for (Usage row : rows) {
      out.append(row.day() == null ? "" : row.day()).append(',');
      quote(out, row.model()).append(',');
      quote(out, row.key()).append(',').append(row.calls()).append(',');
      out.append(row.promptTokens()).append(',').append(row.cachedTokens()).append(',');
      out.append(row.outputTokens()).append(',').append(row.charge().value()).append(',');
      out.append(row.charge().usd()).append('\n');
    }
    return out.toString();
  }

  /** RFC 4180: a field with commas or quotes stands in quotes, and a quote is doubled. */
  private static StringBuilder quote(StringBuilder out, @Nullable String text) {
    if (text == null) {
      return out;
    }
    return text.matches("[\\w./:-]*")
        ? out.append(text)
        : out.append('"').append(text.replace("\"", "\"\"")).append('"');
  }

  /** The rows and their total for people. */
  public String table() {
    StringBuilder out = new StringBuilder();
    out.append("%-44s %8s %12s %12s %14s%n".formatted("", "calls", "prompt", "output", "dollars"));
    rows.forEach(row -> line(out, name(row), row));
    line(out, "total, %s to %s".formatted(from, to), total());
    return out.toString().stripTrailing();
  }

  private static String name(Usage row) {
    List<String> parts = new ArrayList<>();
    if (row.day() != null) {
      parts.add(row.day().toString());
    }
    if (row.model() != null) {
      parts.add(row.model());
    }
    if (row.key() != null) {
      parts.add(row.key());
    }
    return String.join(" ", parts);
  }

  private static void line(StringBuilder out, String name, Usage row) {
    out.append(
        "%-44s %,8d %,12d %,12d %14s%n"
            .formatted(
                name, row.calls(), row.promptTokens(), row.outputTokens(), row.charge().usd()));
  }
}
