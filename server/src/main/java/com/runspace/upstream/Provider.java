package com.runspace.upstream;

import com.runspace.base.Secret;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One configured provider of models.
 *
 * @param url base address of its OpenAI-compatible API, {@code /v1} included
 * @param key its API key; null where it wants none
 * @param limitName the name under which it knows the output limit
 * @param removed request fields that would change model or price there, and are left out
 */
public record Provider(
    String name,
    URI url,
    @Nullable Secret key,
    String limitName,
    List<String> removed,
    Timeouts timeouts) {

  /** Fields that change the model or the price at one provider or another. */
  public static final List<String> REMOVED =
      List.of(
          "models",
          "provider",
          "plugins",
          "route",
          "transforms",
          "service_tier",
          "best_of",
          "prediction",
          "n_predict",
          "num_predict",
          "max_new_tokens",
          "max_output_tokens",
          "web_search_options");

  public Provider {
    removed = List.copyOf(removed);
    String scheme = url.getScheme();
    if (url.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
      throw new IllegalArgumentException(
          "url must be an http or https address, like https://api.example.com/v1");
    }
  }

  /** A provider without a key and with the usual habits. */
  public static Provider of(String name, URI url) {
    return new Provider(name, url, null, "max_tokens", REMOVED, Timeouts.DEFAULT);
  }

  boolean isTls() {
    return "https".equals(url.getScheme());
  }

  int port() {
    return url.getPort() >= 0 ? url.getPort() : isTls() ? 443 : 80;
  }
}
