package com.runspace.http;

import io.vertx.core.http.HttpMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Finds the handler of a request by its path and method. */
public final class Router {
  private static final Place NOWHERE = new Place("", Map.of());

  /** What can be done at one path, or below it. */
  private record Place(String route, Map<HttpMethod, Handler> methods) {}

  private final Map<String, Place> exact = new HashMap<>();
  private final Map<String, Place> below = new HashMap<>();
  private final Fallbacks fallbacks;

  public Router(Fallbacks fallbacks) {
    this.fallbacks = fallbacks;
  }

  public Router on(HttpMethod method, String path, Handler handler) {
    place(exact, path, path).put(method, handler);
    return this;
  }

  /** All paths that begin with {@code prefix}, which ends in a slash. */
  public Router below(HttpMethod method, String prefix, Handler handler) {
    place(below, prefix, prefix + "*").put(method, handler);
    return this;
  }

  private static Map<HttpMethod, Handler> place(
      Map<String, Place> places, String path, String route) {
    return places.computeIfAbsent(path, _ -> new Place(route, new HashMap<>())).methods();
  }

  Fallbacks fallbacks() {
    return fallbacks;
  }

  /** Has the request answered. */
  void handle(Exchange exchange, String path) {
    Place place = exact.get(path);
    if (place == null) {
      place = longestBelow(path);
    }
    exchange.route(place.route());
    find(exchange.request().method(), place.methods()).handle(exchange);
  }

  private Handler find(HttpMethod method, Map<HttpMethod, Handler> methods) {
    if (methods.isEmpty()) {
      return fallbacks::unknownPath;
    }
    Handler handler = methods.get(method);
    if (handler == null && method.equals(HttpMethod.HEAD)) {
      // An answer to HEAD is one to GET without its body; the server leaves the body out.
      handler = methods.get(HttpMethod.GET);
    }
    if (handler != null) {
      return handler;
    }
    Set<String> allowed = new TreeSet<>();
    methods.keySet().forEach(known -> allowed.add(known.name()));
    if (method.equals(HttpMethod.OPTIONS)) {
      return exchange -> Cors.preflight(exchange, allowed);
    }
    return exchange -> fallbacks.otherMethod(exchange, allowed);
  }

  private Place longestBelow(String path) {
    String longest = "";
    for (String prefix : below.keySet()) {
      if (prefix.length() > longest.length()
          && path.length() > prefix.length()
          && path.startsWith(prefix)) {
        longest = prefix;
      }
    }
    return below.getOrDefault(longest, NOWHERE);
  }
}
