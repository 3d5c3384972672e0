package com.runspace;

import com.runspace.base.Nanos;
import com.runspace.base.Time;
import com.runspace.config.Settings;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.models.Route;
import com.runspace.upstream.Probes;
import com.runspace.upstream.Providers;
import com.runspace.upstream.RouteState;
import com.runspace.upstream.Upstreams;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * {@code runspace models}: what can be called, over which routes, and why something cannot.
 *
 * @param unsold the models that ship and that no configured provider sells, with their providers
 */
record ModelsCommand(
    Vertx vertx, Catalogue catalogue, Providers providers, Map<String, List<String>> unsold) {
  private static final String JSON = "--json";
  private static final String PROBE = "--probe";
  private static final long LOOK_SECONDS = 30;

  /** As the settings have it, after one look at each provider; for when no service runs. */
  static int runAlone(Settings settings, List<String> words, ControlSocket.Out out) {
    Providers providers = new Providers(settings.providers(), Time.system());
    Vertx vertx = Vertx.vertx();
    try {
      if (!settings.providers().isEmpty()) {
        out.aside("no service runs on this data folder; looking at each provider once …");
      }
      Probes.once(vertx, providers)
          .toCompletionStage()
          .toCompletableFuture()
          .get(LOOK_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException slow) {
      out.aside("not every provider could be looked at: " + slow.getMessage());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
    try {
      return new ModelsCommand(
              vertx, new Catalogue(settings.models()), providers, settings.unsold())
          .run(words, out);
    } finally {
      vertx.close();
    }
  }

  int run(List<String> words, ControlSocket.Out out) {
    if (words.size() > 1 || !List.of(JSON, PROBE).containsAll(words)) {
      out.aside(
          "models takes --json, or --probe (asks each route once, which costs some tokens), not "
              + String.join(" ", words));
      return 2;
    }
    if (!words.contains(JSON)) {
      Upstreams asked = words.contains(PROBE) ? new Upstreams(vertx, providers) : null;
      catalogue.list().forEach(model -> table(model, asked, out));
      unsold.forEach((id, sellers) -> out.line(id + "\n  not sold     " + none(sellers)));
    } else {
      JsonArray models = new JsonArray();
      catalogue.list().forEach(model -> models.add(json(model)));
      unsold.forEach((id, sellers) ->
          models.add(
              new JsonObject().put("id", id).put("listed", false).put("why", none(sellers))));
      out.line(models.encodePrettily());
    }
    return 0;
  }

  private static String none(List<String> sellers) {
    return "none of its providers is configured: " + String.join(", ", sellers);
  }

  private void table(Model model, @Nullable Upstreams asked, ControlSocket.Out out) {
    out.line(
        "%s  (%s, %,d tokens, $%s in and $%s out per million)"
            .formatted(
                model.id(),
                model.card().name(),
                model.window(),
                usd(model.price().input()),
                usd(model.price().output())));
    out.line(providers.isUp(model) ? "  listed" : "  not listed");
    for (Route route : model.routes()) {
      RouteState state = providers.state(route);
      out.line(
          "  %-12s %s, %s%s"
              .formatted(
                  kind(state),
                  route.provider(),
                  route.model(),
                  state.why().isEmpty() ? "" : ": " + state.why()));
      if (asked != null) {
        out.line("               " + RepairProbe.ask(vertx, asked, route));
      }
    }
  }

  private JsonObject json(Model model) {
    JsonArray routes = new JsonArray();
    for (Route route : model.routes()) {
      RouteState state = providers.state(route);
      routes.add(
          new JsonObject()
              .put("provider", route.provider())
              .put("model", route.model())
              .put("state", kind(state))
              .put("why", state.why()));
    }
    return new JsonObject()
        .put("id", model.id())
        .put("name", model.card().name())
        .put("listed", providers.isUp(model))
        .put("input_usd_per_million", usd(model.price().input()))
        .put("output_usd_per_million", usd(model.price().output()))
        .put("routes", routes);
  }

  private static String kind(RouteState state) {
    return state.kind().name().toLowerCase(Locale.ROOT);
  }

  private static String usd(long nanosPerMillion) {
    return new Nanos(nanosPerMillion).usd();
  }
}
