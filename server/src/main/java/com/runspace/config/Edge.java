package com.runspace.config;

import com.runspace.base.Loopback;
import com.runspace.http.TrustedProxies;
import com.runspace.http.TrustedProxies.Network;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The settings of everything at the edge of the service: encryption, proxies, the operator's own
 * listener, the log.
 *
 * @param publicUrl where people reach the service, without a slash at its end; null to take the
 *     address that it listens on
 * @param tls null to speak without encryption
 */
public record Edge(
    @Nullable URI publicUrl,
    @Nullable Certificate tls,
    TrustedProxies proxies,
    Admin admin,
    Log log) {
  private static final int OFF = -1;
  private static final int PORT_MAX = 65_535;

  /** Where the certificate and its key are, as PEM files. */
  public record Certificate(Path certificate, Path key) {}

  /**
   * The listener for figures and health.
   *
   * @param port 0 for any free one; below 0 there is no such listener
   */
  public record Admin(String host, int port) {
    public boolean isOn() {
      return port >= 0;
    }
  }

  /**
   * What is logged, and how.
   *
   * @param level error, warning, info, debug or trace
   * @param calls whether each finished call has its line
   */
  public record Log(boolean json, String level, boolean calls) {}

  static Edge of(ConfigNode root, ConfigNode server) {
    return new Edge(
        publicUrl(server),
        certificate(server.object("tls")),
        proxies(server),
        admin(root.object("admin")),
        log(root.object("log")));
  }

  /**
   * Sign-in messages name this address and cookies are bound to it, so it has to be exact. What is
   * sent without encryption must not leave the machine.
   */
  private static @Nullable URI publicUrl(ConfigNode server) {
    String text = server.text("publicUrl", "");
    if (text.isEmpty()) {
      return null;
    }
    URI url = server.checked("publicUrl", () -> URI.create(text));
    if (url == null) {
      return null;
    }
    String host = url.getHost();
    boolean https = "https".equals(url.getScheme());
    boolean bare =
        url.getRawPath().isEmpty()
            && url.getRawUserInfo() == null
            && url.getRawQuery() == null
            && url.getRawFragment() == null;
    if (host == null || !(https || "http".equals(url.getScheme())) || !bare) {
      server.problem(
          "publicUrl", "must be like https://example.com, with no path, not '" + text + "'");
      return null;
    }
    if (!https && !Loopback.is(host)) {
      server.problem("publicUrl", "must begin with https:// unless its host is a loopback one");
    }
    return URI.create(text.toLowerCase(Locale.ROOT));
  }

  private static @Nullable Certificate certificate(ConfigNode node) {
    String certificate = node.text("certificate", "");
    String key = node.text("key", "");
    if (certificate.isEmpty() != key.isEmpty()) {
      node.problem(certificate.isEmpty() ? "certificate" : "key", "is missing");
    }
    return certificate.isEmpty() || key.isEmpty()
        ? null
        : new Certificate(Path.of(certificate), Path.of(key));
  }

  private static TrustedProxies proxies(ConfigNode server) {
    List<@Nullable Network> networks = new ArrayList<>();
    for (String text : server.texts("trustedProxies", List.of())) {
      networks.add(server.checked("trustedProxies", () -> Network.of(text)));
    }
    return new TrustedProxies(networks.stream().filter(Objects::nonNull).toList());
  }

  private static Admin admin(ConfigNode node) {
    String port = node.text("port", "off");
    boolean off = port.equals("off") || port.equals("false");
    return new Admin(
        node.text("host", "127.0.0.1"), off ? OFF : (int) node.integer("port", OFF, 0, PORT_MAX));
  }

  private static Log log(ConfigNode node) {
    String format = node.text("format", "plain");
    if (!Set.of("plain", "json").contains(format)) {
      node.problem("format", "must be plain or json, not '" + format + "'");
    }
    String level = node.text("level", "info");
    if (!Set.of("error", "warning", "info", "debug", "trace").contains(level)) {
      node.problem("level", "must be error, warning, info, debug or trace, not '" + level + "'");
      level = "info";
    }
    return new Log(format.equals("json"), level, node.flag("calls", true));
  }
}
