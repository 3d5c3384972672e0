package com.runspace.http;

import io.vertx.core.http.HttpMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Finds the handler of a request by its path and method. */
public final class Router {
  private final Map<String, Map<HttpMethod, Handler>> exact = new HashMap<>();
  private final Map<String, Map<HttpMethod, Handler>> below = new HashMap<>();
  private final Fallbacks fallbacks;

  public Router(Fallbacks fallbacks) {
    this.fallbacks = fallbacks;
  }

  public Router on(HttpMethod method, String path, Handler handler) {
    exact.computeIfAbsent(path, _ -> new HashMap<>()).put(method, handler);
    return this;
  }

  /** All paths that begin with {@code prefix}, which ends in a slash. */
  public Router below(HttpMethod method, String prefix, Handler handler) {
    below.computeIfAbsent(prefix, _ -> new HashMap<>()).put(method, handler);
    return this;
  }

  Fallbacks fallbacks() {
    return fallbacks;
  }

  /** The handler for a request; never null. */
  public Handler find(HttpMethod method, String path) {
    Map<HttpMethod, Handler> methods = exact.get(path);
    if (methods == null) {
      methods = longestBelow(path);
    }
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

  private Map<HttpMethod, Handler> longestBelow(String path) {
    String longest = "";
    for (String prefix : below.keySet()) {
      if (prefix.length() > longest.length()
          && path.length() > prefix.length()
          && path.startsWith(prefix)) {
        longest = prefix;
      }
    }
    return below.getOrDefault(longest, Map.of());
  }
}
