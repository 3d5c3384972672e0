package com.runspace;

import com.runspace.gateway.Gateway;
import com.runspace.gateway.Refusals;
import com.runspace.http.Router;
import io.vertx.core.http.HttpMethod;

/** Every path of the service, in one table that a person can review. Nothing else is here. */
final class Routes {
  private Routes() {}

  static Router of(Gateway gateway) {
    return new Router(Refusals.fallbacks())
        // Open to all: says nothing but whether.
        .on(HttpMethod.GET, "/healthz", gateway.alive())
        .on(HttpMethod.GET, "/readyz", gateway.ready())
        // What an API key opens.
        .on(HttpMethod.POST, "/v1/chat/completions", gateway.chat())
        .on(HttpMethod.GET, "/v1/models", gateway.models())
        .below(HttpMethod.GET, "/v1/models/", gateway.models());
  }
}
