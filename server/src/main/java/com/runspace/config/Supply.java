package com.runspace.config;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.models.Card;
import com.runspace.models.Modality;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Route;
import com.runspace.upstream.Provider;
import com.runspace.upstream.Timeouts;
import com.runspace.wire.Repairs;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The supply side of the settings: who sells tokens, what is made of them, and at what price.
 *
 * <p>An entry that bears the name of something that ships (a preset, a model of the catalogue)
 * begins with what ships and changes what it names. A model of the catalogue is sold as soon as one
 * of its providers is configured.
 */
record Supply(List<Provider> providers, List<Model> models) {
  /** Providers that are there without being named: this machine's own. */
  static final String OLLAMA = "ollama";

  private static final Set<String> BUILT_IN = Set.of("local-engine", OLLAMA);
  private static final long MARGIN_PPM = 150_000;
  private static final Duration PROBE = Duration.ofSeconds(30);

  static Supply of(ConfigNode root, Price localPrice) {
    Map<String, Named> named = new LinkedHashMap<>();
    ConfigNode node = root.object("providers");
    for (String name : node.names()) {
      Named provider = provider(name, node.object(name));
      if (provider != null) {
        named.put(name, provider);
      }
    }
    long margin = root.percentPpm("marginPercent", MARGIN_PPM);
    boolean catalogue = root.flag("catalogue", true);
    List<Model> models = new Models(named, margin, localPrice).read(root, catalogue);
    return new Supply(named.values().stream().map(Named::provider).toList(), models);
  }

  /** A provider and what its answers need where a route says nothing of it. */
  private record Named(Provider provider, List<String> repairs) {}

  private static @Nullable Named provider(String name, ConfigNode node) {
    String presetName = node.text("preset", name);
    Map<String, Object> preset = Shipped.presets().get(presetName);
    if (preset != null) {
      node.fillIn(preset);
    } else if (node.has("preset")) {
      node.problem(
          "preset",
          "there is none of that name; there are " + String.join(", ", Shipped.presets().keySet()));
    }
    Secret key = node.secret("key", preset == null ? null : Shipped.keyVariable(presetName));
    ConfigNode times = node.object("timeouts");
    String limitName = node.text("limitField", "max_tokens");
    if (!Set.of("max_tokens", "max_completion_tokens").contains(limitName)) {
      node.problem("limitField", "must be max_tokens or max_completion_tokens");
    }
    String url = node.text("url");
    Set<String> removed = new HashSet<>(Provider.REMOVED);
    removed.addAll(node.texts("remove", List.of()));
    Duration probe =
        node.text("probe", "").equals("off") ? Duration.ZERO : node.duration("probe", PROBE);
    List<String> repairs = node.texts("repairs", List.of());
    node.checked("repairs", () -> Repairs.of(repairs));
    int restAfter = (int) node.integer("restAfter", Provider.REST_AFTER, 0, 1_000_000);
    Path authorities = authorities(node);
    Provider provider =
        node.checked(
            "url",
            () ->
                new Provider(
                    name,
                    URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url),
                    key,
                    limitName,
                    removed.stream().sorted().toList(),
                    timeouts(times),
                    probe,
                    restAfter,
                    authorities));
    return provider == null ? null : new Named(provider, repairs);
  }

  private static @Nullable Path authorities(ConfigNode node) {
    String file = node.text("authorities", "");
    if (file.isEmpty()) {
      return null;
    }
    Path path = Path.of(file);
    if (!Files.isReadable(path)) {
      node.problem("authorities", "'" + file + "' cannot be read");
    }
    return path;
  }

  private static Timeouts timeouts(ConfigNode node) {
    Timeouts usual = Timeouts.DEFAULT;
    return new Timeouts(
        node.duration("connect", usual.connect()),
        node.duration("firstByte", usual.firstByte()),
        node.duration("betweenBytes", usual.betweenBytes()),
        node.duration("call", usual.call()));
  }

  /** Dollars per million tokens are nano-dollars per million tokens, times 1e9. */
  static Price price(ConfigNode node, Price otherwise) {
    long input = node.usd("input", new Nanos(otherwise.input())).value();
    long usual = node.has("input") ? input : otherwise.cached();
    long cached = node.usd("cached", new Nanos(usual)).value();
    long output = node.usd("output", new Nanos(otherwise.output())).value();
    Price price = node.checked("", () -> new Price(input, cached, output));
    return price == null ? otherwise : price;
  }

  /** Reads the models, which need to know the providers. */
  private record Models(Map<String, Named> providers, long marginPpm, Price localPrice) {
    List<Model> read(ConfigNode root, boolean catalogue) {
      List<Model> models = new ArrayList<>();
      Set<String> ids = new HashSet<>();
      for (ConfigNode node : root.objects("models")) {
        String id = node.text("id");
        if (!ids.add(id)) {
          node.problem("id", "'" + id + "' is there twice");
        }
        Model model = model(id, node, true);
        if (model != null) {
          models.add(model);
        }
      }
      if (catalogue && !providers.isEmpty()) {
        Shipped.models()
            .forEach((id, entry) -> {
              Model model = ids.contains(id) ? null : model(id, root.apart(id, entry), false);
              if (model != null) {
                models.add(model);
              }
            });
      }
      return models;
    }

    /** Null when it cannot be sold, or when something is wrong with it. */
    private @Nullable Model model(String id, ConfigNode node, boolean own) {
      boolean ownRoutes = own && node.has("routes");
      if (own && Shipped.models().containsKey(id)) {
        node.fillIn(Shipped.models().get(id));
      }
      boolean reasoning = node.flag("reasoning", false);
      long window = node.integer("window", 8_192, 1, 100_000_000);
      List<Route> routes = new ArrayList<>();
      for (ConfigNode each : node.objects("routes")) {
        Route route = route(each, window, reasoning);
        if (providers.containsKey(route.provider()) || BUILT_IN.contains(route.provider())) {
          routes.add(route);
        } else if (ownRoutes && !route.provider().isEmpty()) {
          each.problem("provider", "'" + route.provider() + "' is not among the providers");
        }
      }
      if (routes.isEmpty() && !own) {
        return null;
      }
      if (routes.isEmpty()) {
        node.problem("routes", "at least one is needed, to a provider that is configured");
      }
      String order = node.text("order", ownRoutes ? "listed" : "price");
      if (!Set.of("listed", "price").contains(order)) {
        node.problem("order", "must be listed or price, not '" + order + "'");
      }
      if (order.equals("price")) {
        routes.sort(Comparator.comparingLong(Models::blend));
      }
      return node.checked("", () -> model(id, node, window, reasoning, routes));
    }

    private Model model(
        String id, ConfigNode node, long window, boolean reasoning, List<Route> routes) {
      Card card =
          new Card(
              node.text("name", id),
              node.text("weights"),
              node.text("licence"),
              node.daySeconds("created"),
              node.texts("aliases", List.of()));
      Model.Tokens tokens =
          new Model.Tokens(
              (int) node.integer("templateTokens", 64, 0, 100_000),
              node.decimal("bytesPerToken", 4),
              node.integer("tokensPerPart", 0, 0, 100_000_000));
      return new Model(
          id,
          card,
          window,
          node.integer("maxOutput", 4_096, 1, 100_000_000),
          reasoning,
          tokens,
          modalities(node),
          sellingPrice(node, routes),
          routes);
    }

    private Route route(ConfigNode node, long window, boolean reasoning) {
      String provider = node.text("provider");
      Named named = providers.get(provider);
      boolean some = node.has("input") || node.has("cached") || node.has("output");
      if (some && !(node.has("input") && node.has("output"))) {
        node.problem("", "input and output belong together");
      }
      Price asked = price(node, new Price(0, 0, 0));
      List<String> repairs = new ArrayList<>(named == null ? List.of() : named.repairs());
      if (!reasoning) {
        repairs.remove("reasoning");
      }
      List<String> needed = node.texts("repairs", repairs);
      node.checked("repairs", () -> Repairs.of(needed));
      return new Route(
          provider,
          node.text("model"),
          some ? asked : null,
          node.integer("window", window, 1, 100_000_000),
          needed);
    }

    /** Three tokens of input for one of output, which is what most calls are at the least. */
    private static long blend(Route route) {
      Price price = route.wholesale();
      return price == null ? 0 : 3 * price.input() + price.output();
    }

    /** What the settings say, else the dearest route with the margin on top. */
    private Price sellingPrice(ConfigNode node, List<Route> routes) {
      ConfigNode own = node.object("price");
      Price dearest = null;
      boolean complete = true;
      for (Route route : routes) {
        Price wholesale = route.wholesale();
        if (wholesale != null) {
          dearest = dearest == null ? wholesale : dearest.max(wholesale);
        } else {
          complete &= BUILT_IN.contains(route.provider());
        }
      }
      boolean said = own.has("input") && own.has("output");
      if (!said && (!complete || own.has("input") || own.has("output"))) {
        node.problem(
            "price",
            "input and output are needed, in dollars per million tokens, as long as a route does"
                + " not say what its provider asks");
      }
      return price(own, dearest == null ? localPrice : dearest.plus(marginPpm));
    }

    private static Set<Modality> modalities(ConfigNode node) {
      Set<Modality> inputs = EnumSet.of(Modality.TEXT);
      for (String name : node.texts("modalities", List.of("text"))) {
        Modality.of(name)
            .ifPresentOrElse(
                inputs::add,
                () ->
                    node.problem(
                        "modalities", "'" + name + "' is none of text, image, audio, video, file"));
      }
      return inputs;
    }
  }
}
