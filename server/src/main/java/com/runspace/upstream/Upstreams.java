package com.runspace.upstream;

import com.runspace.models.Model;
import com.runspace.models.Route;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The providers as seen from one event loop: each loop has its own pools of connections. */
public final class Upstreams {
  private final Vertx vertx;
  private final Providers providers;
  private final Map<String, Upstream> open = new HashMap<>();

  public Upstreams(Vertx vertx, Providers providers) {
    this.vertx = vertx;
    this.providers = providers;
  }

  /** The routes that a call may take, in the order in which they are tried. */
  public Ways ways(Model model, Ways.Needs needs) {
    return new Ways(this, model, needs);
  }

  /** Whether every provider of this model is in one of our own networks. */
  public boolean areAllPrivate(Model model) {
    return model.routes().stream().allMatch(providers::isPrivate);
  }

  Providers providers() {
    return providers;
  }

  /** The provider of a route whatever became of calls there; null when it is down. */
  public @Nullable Upstream to(Route route) {
    return providers.state(route).kind() == RouteState.Kind.DOWN
        ? null
        : upstream(providers.find(route.provider()));
  }

  @Nullable Upstream admit(Route route, long nowNanos) {
    return upstream(providers.admit(route, nowNanos));
  }

  private @Nullable Upstream upstream(@Nullable Provider provider) {
    if (provider == null) {
      return null;
    }
    Upstream known = open.get(provider.name());
    if (known != null && known.provider().equals(provider)) {
      return known;
    }
    // New, or moved: the local engine comes back on another port after a crash.
    Upstream fresh = new OpenAiUpstream(vertx, provider);
    open.put(provider.name(), fresh);
    return fresh;
  }
}
