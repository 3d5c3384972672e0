package com.runspace.upstream;

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

  /** The provider of that name, null when it is unknown or out of order. */
  public @Nullable Upstream of(String name) {
    Provider provider = providers.usable(name);
    if (provider == null) {
      return null;
    }
    Upstream known = open.get(name);
    if (known != null && known.provider().equals(provider)) {
      return known;
    }
    // New, or moved: the local engine comes back on another port after a crash.
    Upstream fresh = new OpenAiUpstream(vertx, provider);
    open.put(name, fresh);
    return fresh;
  }

  /** Takes a provider out of use because it refuses our key; the operator has to mend it. */
  public void refusedOurKey(String name) {
    providers.takeOut(name, "the provider refuses our key");
  }
}
