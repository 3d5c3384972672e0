package com.runspace.dashboard;

import com.runspace.base.Nanos;
import com.runspace.keys.Door;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.web.Form;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The form that makes a key, as it was filled in. What does not fit is told beside its field, all
 * of it at once, and nothing that was written is lost.
 *
 * @param wrong by field, what is wrong there
 */
public record KeyForm(
    String name,
    String expires,
    List<String> models,
    String cap,
    String requests,
    String tokens,
    String concurrent,
    Map<String, String> wrong) {
  /** How long a key may live, in days; the first is for ever. */
  public static final Map<String, String> EXPIRIES = expiries();

  private static final int NAME_LENGTH = 100;

  /** As it is at first. */
  static final KeyForm EMPTY = new KeyForm("", "", List.of(), "", "", "", "", Map.of());

  public KeyForm {
    models = List.copyOf(models);
    wrong = Map.copyOf(wrong);
  }

  private static Map<String, String> expiries() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("", "Never");
    all.put("1", "In 1 day");
    all.put("7", "In 7 days");
    all.put("30", "In 30 days");
    all.put("90", "In 90 days");
    all.put("365", "In a year");
    return all;
  }

  /**
   * Reads a form.
   *
   * @param isModel whether there is a model of this id
   */
  static KeyForm of(Form form, Predicate<String> isModel) {
    KeyForm filled =
        new KeyForm(
            form.text("name"),
            form.text("expires"),
            form.all("model").stream().distinct().toList(),
            form.text("cap"),
            form.text("requests"),
            form.text("tokens"),
            form.text("concurrent"),
            Map.of());
    return filled.with(filled.mistakes(isModel));
  }

  KeyForm with(Map<String, String> mistakes) {
    return new KeyForm(name, expires, models, cap, requests, tokens, concurrent, mistakes);
  }

  private Map<String, String> mistakes(Predicate<String> isModel) {
    Map<String, String> found = new LinkedHashMap<>();
    if (name.isBlank()) {
      found.put("name", "Give the key a name, so that you know it again.");
    } else if (name.length() > NAME_LENGTH) {
      found.put("name", "A name may have up to " + NAME_LENGTH + " characters.");
    } else if (name.chars().anyMatch(Character::isISOControl)) {
      found.put("name", "A name cannot have line breaks or other control characters.");
    }
    if (!EXPIRIES.containsKey(expires)) {
      found.put("expires", "Choose one of the times in the list.");
    }
    List<String> unknown = models.stream().filter(isModel.negate()).toList();
    if (!unknown.isEmpty()) {
      found.put("models", "There is no model " + String.join(", ", unknown) + ".");
    }
    if (dollars() == null && !cap.isEmpty()) {
      found.put("cap", "Write an amount of dollars such as 0.50, with up to nine decimals.");
    }
    limit(found, "requests", requests);
    limit(found, "tokens", tokens);
    limit(found, "concurrent", concurrent);
    return found;
  }

  private static void limit(Map<String, String> found, String field, String text) {
    long limit = number(text);
    if (limit < 0) {
      found.put(field, "Write a whole number, or leave it empty for no limit.");
    } else if (limit > Limits.MOST) {
      found.put(field, "At most 100,000,000, or leave it empty for no limit.");
    }
  }

  /** A whole number with or without commas; 0 when empty, −1 when it is none. */
  private static long number(String text) {
    String digits = text.replace(",", "").replace(" ", "");
    if (text.isEmpty()) {
      return 0;
    }
    return digits.matches("[0-9]{1,18}") ? Long.parseLong(digits) : -1;
  }

  private @Nullable Nanos dollars() {
    String plain = cap.startsWith("$") ? cap.substring(1).strip() : cap;
    if (!plain.matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
      return null;
    }
    return Nanos.ofUsd(new BigDecimal(plain));
  }

  /** What is wrong in a field; null when nothing is. */
  public @Nullable String wrong(String field) {
    return wrong.get(field);
  }

  /** Whether any of the fields that are folded away at first has something in it. */
  public boolean hasMore() {
    return !(expires + cap + requests + tokens + concurrent).isEmpty() || !models.isEmpty();
  }

  boolean isFine() {
    return wrong.isEmpty();
  }

  /** What the key shall be. To be asked of a form without mistakes. */
  KeySettings settings(Instant now) {
    Limits limits = new Limits(number(requests), number(tokens), number(concurrent));
    Instant end = expires.isEmpty() ? null : now.plus(Duration.ofDays(Long.parseLong(expires)));
    return new KeySettings(name, Door.OF_KEYS, Set.copyOf(models), dollars(), limits, end);
  }
}
