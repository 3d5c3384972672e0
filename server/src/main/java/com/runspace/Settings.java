package com.runspace;

import com.runspace.base.Nanos;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Route;
import com.runspace.upstream.Provider;
import com.runspace.upstream.Timeouts;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
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
 */
record Settings(
    String host,
    int port,
    int eventLoops,
    Duration drain,
    boolean nioAllowed,
    Edge edge,
    Local local,
    List<Provider> providers,
    List<Model> models) {

  /**
   * The local default: a small model of its own and an Ollama that happens to run.
   *
   * @param allowance what the built-in account may spend in a day
   */
  record Local(boolean engine, int parallel, String ollama, Nanos allowance, Price price) {}

  /** The file cannot be used; all that is wrong with it, one line each. */
  static final class Invalid extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    Invalid(List<String> problems) {
      super(String.join("; ", problems));
      this.problems = List.copyOf(problems);
    }

    List<String> problems() {
      return problems;
    }
  }

  private static final String OLLAMA = "http://127.0.0.1:11434";
  private static final Nanos LOCAL_ALLOWANCE = new Nanos(Nanos.PER_USD / 20);
  private static final Price LOCAL_PRICE = new Price(100_000_000, 100_000_000, 400_000_000);

  /** Reads a file; without one everything has its default. */
  static Settings read(@Nullable Path file, Function<String, @Nullable String> environment)
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
    List<Provider> providers = providers(root.object("providers"));
    Settings settings =
        new Settings(
            server.text("host", "127.0.0.1"),
            (int) server.integer("port", 0, 0, 65_535),
            (int) server.integer("eventLoops", cores, 1, 256),
            server.duration("drain", Duration.ofSeconds(30)),
            server.text("transport", "native").equals("nio"),
            Edge.of(root, server),
            local(root.object("local")),
            providers,
            models(root, providers));
    root.refuseUnknown();
    return settings;
  }

  private static Local local(ConfigNode node) {
    String ollama = node.text("ollama", "auto");
    if (ollama.equals("auto")) {
      ollama = OLLAMA;
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
        price(node.object("price"), LOCAL_PRICE));
  }

  private static Price price(ConfigNode node, Price otherwise) {
    // Dollars per million tokens are nano-dollars per million tokens, times 1e9.
    long input = node.usd("input", new Nanos(otherwise.input())).value();
    long cached = node.usd("cached", new Nanos(Math.min(input, otherwise.cached()))).value();
    long output = node.usd("output", new Nanos(otherwise.output())).value();
    Price price = node.checked("", () -> new Price(input, cached, output));
    return price == null ? otherwise : price;
  }

  private static List<Provider> providers(ConfigNode node) {
    List<Provider> providers = new ArrayList<>();
    for (String name : node.names()) {
      ConfigNode each = node.object(name);
      ConfigNode times = each.object("timeouts");
      String limitName = each.text("limitField", "max_tokens");
      if (!Set.of("max_tokens", "max_completion_tokens").contains(limitName)) {
        each.problem("limitField", "must be max_tokens or max_completion_tokens");
      }
      String url = each.text("url");
      Set<String> removed = new HashSet<>(Provider.REMOVED);
      removed.addAll(each.texts("remove", List.of()));
      Provider provider =
          each.checked(
              "url",
              () ->
                  new Provider(
                      name,
                      URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url),
                      each.secret("key"),
                      limitName,
                      removed.stream().sorted().toList(),
                      timeouts(times)));
      if (provider != null) {
        providers.add(provider);
      }
    }
    return providers;
  }

  private static Timeouts timeouts(ConfigNode node) {
    Timeouts usual = Timeouts.DEFAULT;
    return new Timeouts(
        node.duration("connect", usual.connect()),
        node.duration("firstByte", usual.firstByte()),
        node.duration("betweenBytes", usual.betweenBytes()),
        node.duration("call", usual.call()));
  }

  private static List<Model> models(ConfigNode root, List<Provider> providers) {
    Set<String> names = new HashSet<>();
    providers.forEach(provider -> names.add(provider.name()));
    List<Model> models = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    for (ConfigNode node : root.objects("models")) {
      Model model = node.checked("", () -> model(node, names));
      if (model != null && !ids.add(model.id())) {
        node.problem("id", "'" + model.id() + "' is there twice");
      }
      models.add(model);
    }
    return models.stream().filter(Objects::nonNull).toList();
  }

  private static Model model(ConfigNode node, Set<String> providers) {
    List<Route> routes = new ArrayList<>();
    for (ConfigNode route : node.objects("routes")) {
      String provider = route.text("provider");
      if (!provider.isEmpty() && !providers.contains(provider)) {
        route.problem("provider", "'" + provider + "' is not among the providers");
      }
      routes.add(new Route(provider, route.text("model")));
    }
    if (routes.isEmpty()) {
      node.problem("routes", "at least one is needed");
    }
    String id = node.text("id");
    ConfigNode price = node.object("price");
    if (!price.has("input") || !price.has("output")) {
      node.problem("price", "input and output are needed, in dollars per million tokens");
    }
    return new Model(
        id,
        node.text("name", id),
        node.text("weights"),
        node.text("licence"),
        node.integer("window", 8_192, 1, 100_000_000),
        node.integer("maxOutput", 4_096, 1, 100_000_000),
        node.flag("reasoning", false),
        (int) node.integer("templateTokens", 64, 0, 100_000),
        node.decimal("bytesPerToken", 4),
        price(price, new Price(0, 0, 0)),
        routes);
  }
}
