package com.runspace.upstream;

import com.runspace.base.Secret;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One configured provider of models.
 *
 * @param url base address of its OpenAI-compatible API, {@code /v1} included
 * @param key its API key; null where it wants none
 * @param limitName the name under which it knows the output limit
 * @param removed request fields that would change model or price there, and are left out
 * @param probe how often it is looked at; zero for a provider that is trusted without a look
 * @param restAfter failed calls in a row after which a route rests; 0 for never
 * @param authorities a PEM file of the authorities that its certificate is checked against; null
 *     for those of this machine
 */
public record Provider(
    String name,
    URI url,
    @Nullable Secret key,
    String limitName,
    List<String> removed,
    Timeouts timeouts,
    Duration probe,
    int restAfter,
    @Nullable Path authorities) {

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

  /** Failed calls in a row after which a route usually rests. */
  public static final int REST_AFTER = 3;

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
    return new Provider(
        name, url, null, "max_tokens", REMOVED, Timeouts.DEFAULT, Duration.ZERO, REST_AFTER, null);
  }

  boolean isProbed() {
    return !probe.isZero();
  }

  /**
   * Whether its address is one of our own networks, so that a request could make it fetch what only
   * we can reach.
   */
  public boolean isPrivate() {
    String host = url.getHost();
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    InetAddress address;
    try {
      address = InetAddress.ofLiteral(name);
    } catch (IllegalArgumentException notAnAddress) {
      return name.indexOf('.') < 0 || name.matches("(?i).*\\.(localhost|local|internal|lan|home)");
    }
    byte[] bytes = address.getAddress();
    // RFC 4193: fc00::/7; RFC 6598: 100.64.0.0/10.
    boolean unique = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
    return address.isLoopbackAddress()
        || address.isSiteLocalAddress()
        || address.isLinkLocalAddress()
        || address.isAnyLocalAddress()
        || unique
        || shared;
  }

  /** What every client of this provider has in common. */
  HttpClientOptions clientOptions() {
    HttpClientOptions options =
        new HttpClientOptions()
            .setSsl(isTls())
            .setTcpNoDelay(true)
            .setConnectTimeout((int) timeouts.connect().toMillis())
            .setDecompressionSupported(false);
    if (authorities != null) {
      options.setTrustOptions(new PemTrustOptions().addCertPath(authorities.toString()));
    }
    return options;
  }

  boolean isTls() {
    return "https".equals(url.getScheme());
  }

  /** The path of an endpoint below the provider's address. */
  String path(String endpoint) {
    String path = url.getRawPath();
    return (path == null ? "" : path) + endpoint;
  }

  int port() {
    return url.getPort() >= 0 ? url.getPort() : isTls() ? 443 : 80;
  }
}
