package com.runspace.http;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Set;

/**
 * Lets pages of any origin call the API, and what apps need to sign in. That is safe here because a
 * key or token in the request is the only credential: no cookie opens these paths, so another
 * site's page can do nothing its user could not do with the key in hand.
 */
final class Cors {
  private static final String PATHS = "/v1/";

  /** Where apps that run in a browser find and use the authorization server, without cookies. */
  private static final Set<String> APPS =
      Set.of("/oauth/token", "/oauth/register", "/oauth/revoke");

  private static final List<String> METADATA =
      List.of("/.well-known/oauth-", "/.well-known/openid-", "/oauth/.well-known/");

  private static final CharSequence EXPOSED =
      HttpHeaders.createOptimized(
          "x-request-id, retry-after, retry-after-ms, x-should-retry, www-authenticate"
              + ", openai-processing-ms, openai-version"
              + ", x-ratelimit-limit-requests, x-ratelimit-remaining-requests"
              + ", x-ratelimit-reset-requests, x-ratelimit-limit-tokens"
              + ", x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens"
              + ", x-allowance-limit, x-allowance-remaining, x-allowance-reset");
  private static final CharSequence ANY = HttpHeaders.createOptimized("*");
  private static final CharSequence DAY_SECONDS = HttpHeaders.createOptimized("86400");

  private Cors() {}

  /** Adds what a browser needs to show the answer to the page, when a page asks. */
  static void allow(Exchange exchange, String path) {
    MultiMap asked = exchange.request().headers();
    if (isOpen(path) && asked.contains(HttpHeaders.ORIGIN)) {
      MultiMap answer = exchange.response().headers();
      answer.set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
      answer.set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
  }

  private static boolean isOpen(String path) {
    return path.startsWith(PATHS)
        || APPS.contains(path)
        || METADATA.stream().anyMatch(path::startsWith);
  }

  /** Answers a browser that asks before it calls (Fetch standard, CORS-preflight request). */
  static void preflight(Exchange exchange, Set<String> methods) {
    MultiMap answer = exchange.response().headers();
    answer.set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, String.join(", ", methods));
    String headers = exchange.request().getHeader(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
    // A star would not cover `authorization`, so what is asked for is named.
    if (headers != null) {
      answer.set(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, headers);
    }
    answer.set(HttpHeaders.ACCESS_CONTROL_MAX_AGE, DAY_SECONDS);
    exchange.response().setStatusCode(204).end();
  }
}
