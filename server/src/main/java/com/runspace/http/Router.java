package com.runspace.http;

import io.vertx.core.http.HttpMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Finds the handler of a request by its exact path and method. What the errors look like is the
 * business of the doors, so they hand in the answers for unknown paths and methods.
 */
public final class Router {
  private final Map<String, Map<HttpMethod, Handler>> exact = new HashMap<>();
  private final Map<String, Map<HttpMethod, Handler>> below = new HashMap<>();
  private final Handler unknownPath;
  private final Function<Set<String>, Handler> otherMethod;
  private final Handler unreadable;
  private final Handler headTooLarge;

  /**
   * Makes an empty router.
   *
   * @param otherMethod answers a known path asked with a method outside of the given ones
   * @param unreadable answers what is no HTTP, or could be read in more than one way
   * @param headTooLarge answers a request line or headers over the limits
   */
  public Router(
      Handler unknownPath,
      Function<Set<String>, Handler> otherMethod,
      Handler unreadable,
      Handler headTooLarge) {
    this.unknownPath = unknownPath;
    this.otherMethod = otherMethod;
    this.unreadable = unreadable;
    this.headTooLarge = headTooLarge;
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

  Handler unreadable() {
    return unreadable;
  }

  Handler headTooLarge() {
    return headTooLarge;
  }

  /** The handler for a request; never null. */
  public Handler find(HttpMethod method, String path) {
    Map<HttpMethod, Handler> methods = exact.get(path);
    if (methods == null) {
      methods = longestBelow(path);
    }
    if (methods.isEmpty()) {
      return unknownPath;
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
    return otherMethod.apply(allowed);
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
