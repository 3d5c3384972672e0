package com.runspace.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What an operator may say of encryption, proxies, the admin listener and the log. */
class EdgeTest {
  private final List<String> problems = new ArrayList<>();

  private Edge read(String yaml) {
    Object document = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    ConfigNode root = ConfigNode.root(document, problems, _ -> null);
    Edge edge = Edge.of(root, root.object("server"));
    root.refuseUnknown();
    return edge;
  }

  @Test
  void defaultsAreNoEncryptionNoProxiesNoAdminAndAPlainLog() {
    Edge edge = read("{}");
    assertThat(problems).isEmpty();
    assertThat(edge.tls()).isNull();
    assertThat(edge.proxies().networks()).isEmpty();
    assertThat(edge.admin().isOn()).isFalse();
    assertThat(edge.log()).isEqualTo(new Edge.Log(false, "info", true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "server: {tls: {certificate: a.pem}}|server.tls.key: is missing",
        "server: {tls: {key: a.pem}}|server.tls.certificate: is missing",
        "server: {tls: {cert: a}}|server.tls.cert: unknown setting; known here: certificate, key",
        "server: {trustedProxies: [proxy.example]}|'proxy.example' is no address and no network",
        "server: {trustedProxies: [10.0.0.0/33]}|must end in a number of bits up to 32",
        "admin: {port: 70000}|admin.port: must be a whole number from 0 to 65535, not '70000'",
        "admin: {port: some}|admin.port: must be a whole number",
        "log: {format: xml}|log.format: must be plain or json, not 'xml'",
        "log: {level: loud}|log.level: must be error, warning, info, debug or trace, not 'loud'",
        "log: {calls: perhaps}|log.calls: ",
      })
  void mistakesAreToldWithTheirPlace(String yaml, String problem) {
    read(yaml);
    assertThat(problems).singleElement().asString().contains(problem);
  }
}
