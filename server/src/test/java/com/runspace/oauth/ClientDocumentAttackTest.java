package com.runspace.oauth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.testkit.Response;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents of clients as a way into networks: what is fetched, and what is not. */
class ClientDocumentAttackTest extends OAuthDoors {
  private String id() {
    return "https://localhost:" + host.actualPort() + "/app.json";
  }

  private static Consumer<HttpServerRequest> json(String body) {
    return ask -> ask.response().putHeader("content-type", "application/json").end(body);
  }

  private JsonObject metadata() {
    return new JsonObject()
        .put("client_id", id())
        .put("client_name", "App")
        .put("redirect_uris", new JsonArray().add(BACK));
  }

  private void assertRefused(String id) {
    Response answer = new Visitor().get("/oauth/authorize?" + query(ask(id, BACK)));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.headers().has("location")).isFalse();
    assertThat(answer.text()).contains("RunSpace does not know this app");
  }

  private void assertNotFetched(String why) {
    assertThatThrownBy(() -> fetch.get(URI.create(id()))).hasMessageContaining(why);
    assertRefused(id());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "64:ff9b::a00:1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "::7f00:1"
      })
  void addressesThatAreNotPublicAreNotReached(String address) throws Exception {
    assertThat(GuardedFetch.isPublic(InetAddress.getByName(address))).isFalse();
    reachable = GuardedFetch::isPublic;
    names = _ -> List.of(InetAddress.getByName("8.8.8.8"), InetAddress.getByName(address));
    assertNotFetched("not public");
  }

  @ParameterizedTest
  @ValueSource(strings = {"8.8.8.8", "100.63.0.1", "172.32.0.1", "192.1.0.1", "2606:4700::1111"})
  void publicAddressesAreReached(String address) throws Exception {
    assertThat(GuardedFetch.isPublic(InetAddress.getByName(address))).isTrue();
  }

  @Test
  void aNameThatMeansAnotherAddressLaterChangesNothing() {
    AtomicInteger asked = new AtomicInteger();
    // The answer that is checked is the one that is used: it is asked for once.
    names =
        _ ->
            List.of(
                asked.getAndIncrement() == 0
                    ? InetAddress.getLoopbackAddress()
                    : InetAddress.getByName("127.0.0.99"));
    document = json(metadata().encode());
    new Visitor().signedIn(ANNE).consent(ask(id(), BACK));
    assertThat(resolved).hasValue(1);
    names = _ -> List.of(InetAddress.getLoopbackAddress(), InetAddress.getByName("10.0.0.1"));
    assertThatThrownBy(() -> fetch.get(URI.create(id()))).hasMessageContaining("not public");
  }

  @Test
  void theCertificateMustBeTheNames() {
    document = json(metadata().encode());
    String other = id().replace("localhost", "app.example");
    assertThatThrownBy(() -> fetch.get(URI.create(other))).hasMessageContaining("reached");
    assertRefused(other);
  }

  @Test
  void theHostIsAskedByItsName() {
    AtomicInteger fits = new AtomicInteger();
    document =
        ask -> {
          String host = String.valueOf(ask.getHeader("host"));
          String name = String.valueOf(ask.connection().indicatedServerName());
          fits.addAndGet(host.startsWith("localhost:") && name.equals("localhost") ? 1 : 0);
          json(metadata().encode()).accept(ask);
        };
    new Visitor().signedIn(ANNE).consent(ask(id(), BACK));
    assertThat(fits).hasValue(1);
  }

  @Test
  void redirectsAreNotFollowed() {
    AtomicInteger asked = new AtomicInteger();
    document =
        ask -> {
          asked.incrementAndGet();
          ask.response().setStatusCode(302).putHeader("location", id() + "?again").end();
        };
    assertNotFetched("answers 302");
    assertThat(asked).hasValue(2);
  }

  @Test
  void largeDocumentsAreNotReadToTheirEnd() {
    document = json(metadata().put("x", "x".repeat(5 << 10)).encode());
    assertNotFetched("larger than 5 KB");
    document =
        ask -> {
          ask.response().putHeader("content-type", "application/json").setChunked(true);
          for (int i = 0; i < 100; i++) {
            ask.response().write(" ".repeat(1000));
          }
        };
    assertNotFetched("larger than 5 KB");
  }

  @Test
  void slowDocumentsAreNotWaitedFor() {
    document =
        ask ->
            ask.response()
                .putHeader("content-type", "application/json")
                .setChunked(true)
                .write("{");
    assertThatThrownBy(() -> fetch.get(URI.create(id()))).hasMessageContaining("too long");
    document = _ -> {};
    assertThatThrownBy(() -> fetch.get(URI.create(id()))).hasMessageContaining("too long");
  }

  @Test
  void hostsWithoutAnAddressAreNoFault() {
    names =
        _ -> {
          throw new UnknownHostException("no");
        };
    assertNotFetched("no address");
    names = _ -> List.of();
    assertNotFetched("no address");
  }

  @Test
  void documentsThatDoNotFitAreRefused() {
    for (JsonObject wrong :
        List.of(
            metadata().put("client_id", id() + "x"),
            metadata().put("token_endpoint_auth_method", "client_secret_post"),
            metadata().put("client_secret", "s"),
            metadata().put("redirect_uris", new JsonArray()),
            metadata().put("redirect_uris", new JsonArray().add("http://app.example/")),
            metadata().put("client_name", 5),
            new JsonObject())) {
      document = json(wrong.encode());
      assertRefused(id());
    }
    document = json("no json");
    assertRefused(id());
    document = ask -> ask.response().putHeader("content-type", "text/html").end("{}");
    assertNotFetched("not JSON");
    document =
        json(
            metadata()
                .put("token_endpoint_auth_method", "private_key_jwt")
                .put(
                    "token_endpoint_auth_methods_supported",
                    new JsonArray().add("private_key_jwt").add("none"))
                .encode());
    assertThat(new Visitor().signedIn(ANNE).consent(ask(id(), BACK)).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://localhost",
        "https://localhost/",
        "https://localhost/a/../b",
        "https://localhost/a/%2e%2E/b",
        "https://localhost/./a",
        "https://localhost/a#b",
        "https://user@localhost/a",
        "https://localhost/a b",
        "https://localhost:22/a",
        "http://localhost/a",
        "file:///etc/passwd",
        "https:///a"
      })
  void suchIdsAreNotFetched(String id) {
    assertRefused(id);
    assertThat(resolved).hasValue(0);
  }
}
