package com.runspace.config;

import com.runspace.base.Loopback;
import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.upstream.Provider;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * What an operator can set, in one YAML file, every key optional.
 *
 * @param eventLoops threads that carry requests
 * @param drain how long running answers may take to finish when the service stops
 * @param nioAllowed whether to run without the native transport on Linux
 * @param access who may use the service
 * @param store the address of a PostgreSQL that nodes share; null for a file in the data folder
 */
public record Settings(
    String host,
    int port,
    int eventLoops,
    Duration drain,
    boolean nioAllowed,
    Edge edge,
    Access access,
    @Nullable Secret store,
    Ledger ledger,
    Keys keys,
    Local local,
    OAuth oauth,
    List<Provider> providers,
    List<Model> models) {

  private static final String POSTGRES = "jdbc:postgresql://[^/\\s]+/[^/?\\s]+(\\?\\S*)?";

  /**
   * How apps are let in.
   *
   * @param issuer what the authorization server is called; null for below the public URL
   * @param redirects addresses of other schemes that an app may be answered at
   */
  public record OAuth(@Nullable URI issuer, List<String> redirects) {
    private static final String PATH = "/oauth";

    static OAuth of(ConfigNode node) {
      String text = node.text("issuer", "");
      URI issuer = text.isEmpty() ? null : node.checked("issuer", () -> URI.create(text));
      if (issuer != null) {
        boolean isEncrypted = "https".equals(issuer.getScheme());
        String host = issuer.getHost();
        boolean isHere = "http".equals(issuer.getScheme()) && host != null && Loopback.is(host);
        boolean isBare = text.matches("[a-z]+://[a-z0-9.:\\[\\]-]+" + PATH);
        if (host == null || !(isEncrypted || isHere) || !isBare) {
          node.problem("issuer", "must be like https://auth.example.com/oauth, not '" + text + "'");
        }
      }
      List<String> redirects = node.texts("redirects", List.of());
      for (String each : redirects) {
        if (!each.matches("[a-z][a-z0-9+.-]*://[!-~]+") || each.startsWith("http:")) {
          node.problem("redirects", "must be whole addresses of apps, not '" + each + "'");
        }
      }
      return new OAuth(issuer, redirects);
    }
  }

  /**
   * The local default: a small model of its own and an Ollama that happens to run.
   *
   * @param allowance what the built-in account may spend in a day
   */
  public record Local(boolean engine, int parallel, String ollama, Nanos allowance, Price price) {}

  /**
   * How the record of calls is kept.
   *
   * @param syncAlways whether each settled call waits for the disk
   * @param keepDays how many days the rows of single calls are kept; 0 for ever
   */
  public record Ledger(boolean syncAlways, int keepDays) {}

  /**
   * What a new key is limited to where nothing is said when it is made; 0 stands for no limit.
   *
   * @param dailyCap null for none
   */
  public record Keys(
      long requestsPerMinute, long tokensPerMinute, long concurrent, @Nullable Nanos dailyCap) {}

  /** The file cannot be used; all that is wrong with it, one line each. */
  public static final class Invalid extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    public Invalid(List<String> problems) {
      super(String.join("; ", problems));
      this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
      return problems;
    }
  }

  /** The highest that a key can be limited to. */
  private static final long KEY_LIMIT_MAX = 100_000_000;

  private static final String OLLAMA = "http://127.0.0.1:11434";
  private static final Nanos LOCAL_ALLOWANCE = new Nanos(Nanos.PER_USD / 20);
  private static final Price LOCAL_PRICE = new Price(100_000_000, 100_000_000, 400_000_000);

  /** The models that ship and that none of these providers sells; each with who does. */
  public Map<String, List<String>> unsold() {
    Set<String> sold = new HashSet<>();
    models.forEach(model -> sold.add(model.id()));
    return Shipped.sellers(sold);
  }

  /**
   * Where people reach the service, without a slash at its end.
   *
   * @param listening the port that it listens on
   */
  public String publicUrl(int listening) {
    URI named = edge.publicUrl();
    String scheme = edge.tls() == null ? "http://" : "https://";
    return named == null ? scheme + host + ":" + listening : named.toString();
  }

  /** Reads a file; without one everything has its default. */
  public static Settings read(@Nullable Path file, Function<String, @Nullable String> environment)
      throws Invalid {
    Object document = null;
    if (file != null) {
      try {
        LoadSettings yaml = LoadSettings.builder().setLabel(file.toString()).build();
        document = new Load(yaml).loadFromString(Files.readString(file));
      } catch (IOException unreadable) {
        throw new Invalid(List.of(file + ": cannot be read (" + unreadable.getMessage() + ")"));
      } catch (YamlEngineException notYaml) {
        String text = String.valueOf(notYaml.getMessage()).replaceAll("\\s*\\R\\s*", " ");
        throw new Invalid(List.of(file + ": is not YAML: " + text));
      }
    }
    List<String> problems = new ArrayList<>();
    Settings settings = of(ConfigNode.root(document, problems, environment));
    if (!problems.isEmpty()) {
      throw new Invalid(problems.stream().map(p -> file + ": " + p).toList());
    }
    return settings;
  }

  static Settings of(ConfigNode root) {
    ConfigNode server = root.object("server");
    int cores = Runtime.getRuntime().availableProcessors();
    ConfigNode local = root.object("local");
    Price localPrice = Supply.price(local.object("price"), LOCAL_PRICE);
    Supply supply = Supply.of(root, localPrice);
    Settings settings =
        new Settings(
            server.text("host", "127.0.0.1"),
            (int) server.integer("port", 0, 0, 65_535),
            (int) server.integer("eventLoops", cores, 1, 256),
            server.duration("drain", Duration.ofSeconds(30)),
            server.text("transport", "native").equals("nio"),
            Edge.of(root, server),
            Access.of(root),
            store(root.object("store")),
            ledger(root.object("ledger")),
            keys(root.object("keys")),
            local(local, localPrice, supply),
            OAuth.of(root.object("oauth")),
            supply.providers(),
            supply.models());
    root.refuseUnknown();
    return settings;
  }

  /** A whole address may be a secret; without a password in it, it need not be one. */
  private static @Nullable Secret store(ConfigNode node) {
    String said = node.text("url", "");
    if (said.isEmpty()) {
      return null;
    }
    Secret url = node.secretOr("url", said, text -> !text.contains("password="));
    if (url != null && !url.reveal().matches(POSTGRES)) {
      node.problem(
          "url",
          "must be jdbc:postgresql://host:port/database?user=NAME&password=…, best as a whole in a"
              + " variable; leave it out to keep all in the data folder");
    }
    return url;
  }

  private static Ledger ledger(ConfigNode node) {
    String sync = node.text("sync", "soon");
    if (!Set.of("soon", "always").contains(sync)) {
      node.problem("sync", "must be soon or always, not '" + sync + "'");
    }
    int days = (int) node.integer("keepDays", 0, 0, 36_500);
    if (days == 1) {
      node.problem("keepDays", "must be 0, for ever, or at least 2");
    }
    return new Ledger(sync.equals("always"), days);
  }

  private static Keys keys(ConfigNode node) {
    Nanos cap = node.usd("dailyCap", Nanos.ZERO);
    return new Keys(
        node.integer("requestsPerMinute", 0, 0, KEY_LIMIT_MAX),
        node.integer("tokensPerMinute", 0, 0, KEY_LIMIT_MAX),
        node.integer("concurrent", 0, 0, KEY_LIMIT_MAX),
        node.has("dailyCap") ? cap : null);
  }

  private static Local local(ConfigNode node, Price price, Supply supply) {
    String ollama = node.text("ollama", "auto");
    if (ollama.equals("auto")) {
      // Whoever has named it among the providers has said all there is to say of it.
      boolean named = supply.providers().stream().anyMatch(p -> p.name().equals(Supply.OLLAMA));
      ollama = named ? "off" : OLLAMA;
    }
    String engine = node.text("engine", "auto");
    if (!Set.of("auto", "off", "false").contains(engine)) {
      node.problem("engine", "must be auto or off, not '" + engine + "'");
    }
    return new Local(
        engine.equals("auto"),
        (int) node.integer("parallel", 4, 1, 64),
        ollama.equals("false") ? "off" : ollama,
        node.usd("allowance", LOCAL_ALLOWANCE),
        price);
  }
}
