package com.runspace;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.base.Time;
import com.runspace.config.Settings;
import com.runspace.keys.Door;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKey;
import com.runspace.keys.StoredKeyring;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code runspace key create|list|revoke|rotate}. */
record KeyCommand(StoredKeyring keys, Settings.Keys defaults, Time time) {
  private static final String USAGE =
      """
      key create --name NAME [--models A,B] [--daily-cap DOLLARS] [--expires 30d]
                 [--requests-per-minute N] [--tokens-per-minute N] [--concurrent N]
                 [--doors api,mcp] [--account ID]
      key list [--account ID] [--json]
      key revoke ID
      key revoke --account ID        all keys of an account
      key rotate ID [--overlap 1h]\
      """;

  private static final Set<String> OPTIONS =
      Set.of(
          "--name",
          "--models",
          "--daily-cap",
          "--expires",
          "--requests-per-minute",
          "--tokens-per-minute",
          "--concurrent",
          "--doors",
          "--account",
          "--overlap");

  int run(List<String> words, ControlSocket.Out out) {
    Map<String, String> options = new HashMap<>();
    List<String> plain = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      int equals = word.startsWith("--") ? word.indexOf('=') : -1;
      String name = equals < 0 ? word : word.substring(0, equals);
      if (name.equals("--json")) {
        options.put(name, "");
      } else if (OPTIONS.contains(name) && (equals >= 0 || i + 1 < words.size())) {
        options.put(name, equals >= 0 ? word.substring(equals + 1) : words.get(++i));
      } else if (word.startsWith("-")) {
        out.aside("key does not know " + word + ", or its value is missing:\n" + USAGE);
        return 2;
      } else {
        plain.add(word);
      }
    }
    String action = plain.isEmpty() ? "" : plain.getFirst();
    String id = plain.size() < 2 ? "" : plain.get(1);
    try {
      return switch (action) {
        case "create" -> create(options, out);
        case "list" -> list(options, out);
        case "revoke" ->
            id.isEmpty() && options.containsKey("--account")
                ? revokeAll(account(options), out)
                : revoke(id, options, out);
        case "rotate" -> rotate(id, options, out);
        default -> {
          out.aside("what to do with keys:\n" + USAGE);
          yield 2;
        }
      };
    } catch (IllegalArgumentException | ArithmeticException wrong) {
      out.aside(String.valueOf(wrong.getMessage()));
      return 2;
    } catch (SQLException failed) {
      out.aside(String.valueOf(failed.getMessage()));
      return 1;
    }
  }

  private int create(Map<String, String> options, ControlSocket.Out out) throws SQLException {
    String name = options.get("--name");
    if (name == null) {
      throw new IllegalArgumentException("a key needs a name: --name NAME");
    }
    String cap = options.get("--daily-cap");
    String expires = options.get("--expires");
    KeySettings settings =
        new KeySettings(
            name,
            doors(options.getOrDefault("--doors", "api,mcp")),
            names(options.getOrDefault("--models", "")),
            cap == null ? defaults.dailyCap() : cap(cap),
            new Limits(
                number(options, "--requests-per-minute", defaults.requestsPerMinute()),
                number(options, "--tokens-per-minute", defaults.tokensPerMinute()),
                number(options, "--concurrent", defaults.concurrent())),
            expires == null ? null : now().plus(span(expires)));
    say(keys.create(account(options), settings), out);
    return 0;
  }

  /** A key that may do everything, within the limits of those about which nothing is said. */
  static KeySettings usual(String name, Settings.Keys defaults) {
    Limits limits =
        new Limits(defaults.requestsPerMinute(), defaults.tokensPerMinute(), defaults.concurrent());
    return new KeySettings(
        name, Door.OF_KEYS, Set.of(), defaults.dailyCap(), limits, /* expires= */ null);
  }

  private static void say(StoredKeyring.Created created, ControlSocket.Out out) {
    out.line(created.secret().reveal());
    out.aside(created.key().id() + ", shown only now");
  }

  private int list(Map<String, String> options, ControlSocket.Out out) throws SQLException {
    List<StoredKey> all =
        options.containsKey("--account") ? keys.list(account(options)) : keys.listAll();
    if (options.containsKey("--json")) {
      JsonArray array = new JsonArray();
      all.forEach(key -> array.add(json(key)));
      out.line(array.encodePrettily());
      return 0;
    }
    for (StoredKey key : all) {
      out.line(
          "%s  …%s  %-9s %-20s last used %s, account %s"
              .formatted(
                  key.id(),
                  key.hint(),
                  state(key),
                  key.settings().name(),
                  key.lastUsed() == null ? "never" : key.lastUsed(),
                  key.account()));
    }
    return 0;
  }

  private String state(StoredKey key) {
    if (key.revoked() != null) {
      return "revoked";
    }
    return key.isLive(now()) ? "live" : "expired";
  }

  private JsonObject json(StoredKey key) {
    KeySettings settings = key.settings();
    Nanos cap = settings.dailyCap();
    return new JsonObject()
        .put("id", key.id())
        .put("name", settings.name())
        .put("account", key.account().value())
        .put("hint", key.hint())
        .put("state", state(key))
        .put("created", key.created().toString())
        .put("last_used", text(key.lastUsed()))
        .put("expires", text(settings.expires()))
        .put("doors", settings.doors().stream().map(KeyCommand::name).sorted().toList())
        .put("models", settings.models().stream().sorted().toList())
        .put("daily_cap_nano_usd", cap == null ? null : cap.value())
        .put("requests_per_minute", settings.limits().requestsPerMinute())
        .put("tokens_per_minute", settings.limits().tokensPerMinute())
        .put("concurrent_calls", settings.limits().concurrentCalls());
  }

  private static @Nullable String text(@Nullable Instant moment) {
    return moment == null ? null : moment.toString();
  }

  private int revoke(String id, Map<String, String> options, ControlSocket.Out out)
      throws SQLException {
    if (options.containsKey("--account")) {
      throw new IllegalArgumentException("name a key or an account, and not both");
    }
    if (!keys.revoke(id)) {
      out.aside("there is no key of the id '" + id + "'; see runspace key list");
      return 1;
    }
    out.line(id + " is revoked");
    return 0;
  }

  private int revokeAll(AccountId account, ControlSocket.Out out) throws SQLException {
    List<String> revoked = keys.revokeAll(account);
    if (revoked.isEmpty()) {
      out.aside("the account '" + account + "' has no keys to revoke; see runspace key list");
      return 1;
    }
    revoked.forEach(id -> out.line(id + " is revoked"));
    return 0;
  }

  private int rotate(String id, Map<String, String> options, ControlSocket.Out out)
      throws SQLException {
    Duration overlap = span(options.getOrDefault("--overlap", "0s"));
    Optional<StoredKeyring.Created> created = keys.rotate(id, overlap);
    if (created.isEmpty()) {
      out.aside("there is no live key of the id '" + id + "'; see runspace key list");
      return 1;
    }
    say(created.get(), out);
    return 0;
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }

  private static AccountId account(Map<String, String> options) {
    return new AccountId(options.getOrDefault("--account", Wiring.LOCAL.value()));
  }

  private static Set<String> names(String text) {
    return Arrays.stream(text.split(",", -1))
        .map(String::strip)
        .filter(name -> !name.isEmpty())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static String name(Door door) {
    return door.name().toLowerCase(Locale.ROOT);
  }

  private static Set<Door> doors(String text) {
    Set<Door> doors = EnumSet.noneOf(Door.class);
    for (String each : names(text)) {
      doors.add(
          Door.OF_KEYS.stream()
              .filter(door -> name(door).equals(each))
              .findFirst()
              .orElseThrow(() -> new IllegalArgumentException("--doors may have api and mcp")));
    }
    return doors;
  }

  private static @Nullable Nanos cap(String text) {
    if (text.equals("none")) {
      return null;
    }
    try {
      return Nanos.ofUsd(new BigDecimal(text));
    } catch (NumberFormatException | ArithmeticException notAnAmount) {
      throw new IllegalArgumentException(
          "--daily-cap must be dollars with at most nine decimals, or none, not '" + text + "'");
    }
  }

  private static long number(Map<String, String> options, String name, long otherwise) {
    String text = options.getOrDefault(name, Long.toString(otherwise));
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notANumber) {
      throw new IllegalArgumentException(name + " must be a number, not '" + text + "'");
    }
  }

  /** A span like 90s, 30m, 12h or 30d. */
  private static Duration span(String text) {
    if (!text.matches("\\d{1,6}[smhd]")) {
      throw new IllegalArgumentException("a span is written 90s, 30m, 12h or 30d, not " + text);
    }
    long count = Long.parseLong(text.substring(0, text.length() - 1));
    return switch (text.charAt(text.length() - 1)) {
      case 's' -> Duration.ofSeconds(count);
      case 'm' -> Duration.ofMinutes(count);
      case 'h' -> Duration.ofHours(count);
      default -> Duration.ofDays(count);
    };
  }
}
