package com.runspace.config;

import com.runspace.http.TrustedProxies;
import com.runspace.http.TrustedProxies.Network;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The settings of everything at the edge of the service: encryption, proxies, the operator's own
 * listener, the log.
 *
 * @param tls null to speak without encryption
 */
public record Edge(@Nullable Certificate tls, TrustedProxies proxies, Admin admin, Log log) {
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
        certificate(server.object("tls")),
        proxies(server),
        admin(root.object("admin")),
        log(root.object("log")));
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
