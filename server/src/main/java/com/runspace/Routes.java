package com.runspace;

import com.runspace.gateway.Gateway;
import com.runspace.gateway.Refusals;
import com.runspace.http.Handler;
import com.runspace.http.Router;
import com.runspace.mcp.McpEndpoint;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/** Every path of the service, in one table that a person can review. Nothing else is here. */
final class Routes {
  private Routes() {}

  static Router of(
      Gateway gateway, McpEndpoint mcp, Handler key, @Nullable Handler usage, Health health) {
    Router router = new Router(Refusals.fallbacks());
    if (usage != null) {
      router.on(HttpMethod.GET, "/v1/usage", usage);
    }
    return router
        // Open to all: says nothing but whether.
        .on(HttpMethod.GET, "/healthz", health::alive)
        .on(HttpMethod.GET, "/readyz", health::ready)
        // What an API key opens.
        .on(HttpMethod.POST, "/v1/chat/completions", gateway.chat())
        .on(HttpMethod.GET, "/v1/models", gateway.models())
        .below(HttpMethod.GET, "/v1/models/", gateway.models())
        .on(HttpMethod.GET, "/v1/key", key)
        // For Claude: a key as bearer, or in the path.
        .on(HttpMethod.POST, McpEndpoint.PATH, mcp.withBearer())
        .below(HttpMethod.POST, McpEndpoint.PATH + "/", mcp.withKeyInPath());
  }

  /** The operator's own listener, which callers never reach. */
  static Router ofAdmin(Handler metrics, Health health) {
    return new Router(Refusals.fallbacks())
        .on(HttpMethod.GET, "/metrics", metrics)
        .on(HttpMethod.GET, "/healthz", health::alive)
        .on(HttpMethod.GET, "/readyz", health::ready);
  }
}
