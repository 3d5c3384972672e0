package com.runspace.config;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One object of the configuration file. Every mistake is noted with its place and reading goes on,
 * so that an operator sees all of them at once; what has been asked for is known, so that a key
 * nobody asked for is a mistake too.
 */
public final class ConfigNode {
  private static final BigDecimal PERCENT_MAX = BigDecimal.valueOf(1000);
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h)");
  private static final Pattern ENV = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");

  private final String path;
  private final Map<String, Object> values;
  private final List<String> problems;
  private final Function<String, @Nullable String> environment;
  private final Set<String> known = new HashSet<>();
  private final List<ConfigNode> children = new ArrayList<>();

  private ConfigNode(
      String path,
      Map<String, Object> values,
      List<String> problems,
      Function<String, @Nullable String> environment) {
    this.path = path;
    this.values = values;
    this.problems = problems;
    this.environment = environment;
  }

  static ConfigNode root(
      @Nullable Object document,
      List<String> problems,
      Function<String, @Nullable String> environment) {
    ConfigNode empty = new ConfigNode("", new LinkedHashMap<>(), problems, environment);
    return document == null ? empty : empty.object("", document);
  }

  public void problem(String key, String text) {
    problems.add((key.isEmpty() ? path : place(key)) + ": " + text);
  }

  private String place(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** Notes every key that nobody has asked for, here and below. */
  void refuseUnknown() {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        problem(
            key,
            "unknown setting; known here: " + String.join(", ", known.stream().sorted().toList()));
      }
    }
    children.forEach(ConfigNode::refuseUnknown);
  }

  /** Every setting that was asked for and is not in the file, here and below. */
  List<String> unset() {
    List<String> names = new ArrayList<>();
    known.stream().filter(key -> !values.containsKey(key)).map(this::place).forEach(names::add);
    children.stream()
        .filter(child -> !child.values.isEmpty())
        .forEach(child -> names.addAll(child.unset()));
    return names;
  }

  /** The object of that name; an empty one when it is absent. */
  public ConfigNode object(String key) {
    Object value = value(key);
    return object(key, value == null ? Map.of() : value);
  }

  private ConfigNode object(String key, Object value) {
    Map<String, Object> members = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> map) {
      map.forEach((name, member) -> members.put(String.valueOf(name), member));
    } else {
      problem(key, "must be a block of settings");
    }
    ConfigNode child =
        new ConfigNode(key.isEmpty() ? path : place(key), members, problems, environment);
    children.add(child);
    return child;
  }

  /** The names of an object whose names are free to choose. */
  List<String> names() {
    return List.copyOf(values.keySet());
  }

  /** Takes what stands in {@code defaults} for what is not said here. */
  void fillIn(Map<String, Object> defaults) {
    defaults.forEach(values::putIfAbsent);
  }

  /** An object that stands in no file of the operator's; nobody asks it for unknown keys. */
  ConfigNode apart(String name, Map<String, Object> members) {
    return new ConfigNode(name, new LinkedHashMap<>(members), problems, environment);
  }

  /** The objects of a list; none when it is absent. */
  public List<ConfigNode> objects(String key) {
    Object value = value(key);
    List<ConfigNode> nodes = new ArrayList<>();
    if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        nodes.add(object(key + "[" + i + "]", list.get(i) == null ? "" : list.get(i)));
      }
    } else if (value != null) {
      problem(key, "must be a list");
    }
    return nodes;
  }

  private @Nullable Object value(String key) {
    known.add(key);
    return values.get(key);
  }

  /** Whether a block of settings stands there, and not a word. */
  boolean isBlock(String key) {
    return values.get(key) instanceof Map;
  }

  public boolean has(String key) {
    return values.get(key) != null;
  }

  public String text(String key, String otherwise) {
    Object value = value(key);
    if (value instanceof Map || value instanceof List) {
      problem(key, "must be a text");
      return otherwise;
    }
    return value == null ? otherwise : String.valueOf(value);
  }

  /** A text that must be there. */
  public String text(String key) {
    if (!has(key)) {
      problem(key, "is missing");
    }
    return text(key, "");
  }

  public List<String> texts(String key, List<String> otherwise) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(String::valueOf).toList();
    }
    problem(key, "must be a list of texts");
    return otherwise;
  }

  public long integer(String key, long otherwise, long min, long max) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number
        && (number instanceof Integer || number instanceof Long)
        && number.longValue() >= min
        && number.longValue() <= max) {
      return number.longValue();
    }
    problem(key, "must be a whole number from " + min + " to " + max + ", not '" + value + "'");
    return otherwise;
  }

  double decimal(String key, double otherwise) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    if (value instanceof Number number && number.doubleValue() > 0) {
      return number.doubleValue();
    }
    problem(key, "must be a number above 0, not '" + value + "'");
    return otherwise;
  }

  /** A percentage with at most four decimals, in millionths. */
  long percentPpm(String key, long otherwise) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    try {
      BigDecimal percent = new BigDecimal(String.valueOf(value).replace("%", "").strip());
      if (percent.signum() >= 0 && percent.compareTo(PERCENT_MAX) <= 0) {
        return percent.movePointRight(4).longValueExact();
      }
    } catch (NumberFormatException | ArithmeticException notAPercentage) {
      // Said below, together with those out of range.
    }
    problem(key, "must be a percentage from 0 to 1000, not '" + value + "'");
    return otherwise;
  }

  /** A day like 2026-11-22 as seconds since the epoch; 0 when absent. */
  long daySeconds(String key) {
    String day = text(key, "");
    try {
      return day.isEmpty() ? 0 : LocalDate.parse(day).atStartOfDay(ZoneOffset.UTC).toEpochSecond();
    } catch (DateTimeParseException notADay) {
      problem(key, "must be a day like 2026-11-22, not '" + day + "'");
      return 0;
    }
  }

  public boolean flag(String key, boolean otherwise) {
    Object value = value(key);
    if (value == null || value instanceof Boolean) {
      return value == null ? otherwise : (Boolean) value;
    }
    problem(key, "must be true or false, not '" + value + "'");
    return otherwise;
  }

  public Duration duration(String key, Duration otherwise) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    Matcher parts = DURATION.matcher(String.valueOf(value).strip());
    if (!parts.matches()) {
      problem(key, "must be a time like 500ms, 30s, 5m or 1h, not '" + value + "'");
      return otherwise;
    }
    long count = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      default -> Duration.ofHours(count);
    };
  }

  /** An amount of dollars, exact to the nano-dollar. */
  public Nanos usd(String key, Nanos otherwise) {
    Object value = value(key);
    if (value == null) {
      return otherwise;
    }
    try {
      Nanos amount = Nanos.ofUsd(new BigDecimal(String.valueOf(value)));
      if (!amount.isNegative()) {
        return amount;
      }
    } catch (NumberFormatException | ArithmeticException notAnAmount) {
      // Said below, together with the negative ones.
    }
    problem(key, "must be dollars with at most nine decimals, not '" + value + "'");
    return otherwise;
  }

  /** A secret, which may stand in the file only as the name of an environment variable. */
  public @Nullable Secret secret(String key) {
    return secret(key, null);
  }

  /** The same; where nothing is said the variable {@code usual} is looked into. */
  @Nullable Secret secret(String key, @Nullable String usual) {
    Object said = value(key);
    Object value = said == null && usual != null ? "${" + usual + "}" : said;
    if (value == null) {
      return null;
    }
    return secretOr(key, String.valueOf(value), _ -> false);
  }

  /** A secret as the name of a variable, or as it is where it turns out to be none. */
  @Nullable Secret secretOr(String key, String said, Predicate<String> isPublic) {
    Matcher name = ENV.matcher(said);
    if (!name.matches()) {
      if (isPublic.test(said)) {
        return new Secret(said);
      }
      problem(key, "secrets do not belong into this file: write ${NAME_OF_A_VARIABLE}");
      return null;
    }
    String text = environment.apply(name.group(1));
    if (text == null || text.isBlank()) {
      problem(key, "the environment variable " + name.group(1) + " is not set");
      return null;
    }
    return new Secret(text.strip());
  }

  <T> @Nullable T checked(String key, Supplier<T> maker) {
    try {
      return maker.get();
    } catch (IllegalArgumentException notGood) {
      problem(key, String.valueOf(notGood.getMessage()));
      return null;
    }
  }
}
