package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.RunningGateway;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the operator says of many keys at once: limits of new ones, and the end of an account's. */
class AccountKeysTest extends EndToEnd {
  private static final String BODY =
      "{\"model\":\"m\",\"max_tokens\":10,\"messages\":" + MESSAGES + "}";

  @TempDir private Path folder;

  private String made(String... words) {
    List<String> command = new ArrayList<>(List.of("create", "--name", "test"));
    command.addAll(List.of(words));
    return gateway().key(command).getFirst();
  }

  private JsonObject newest() {
    return new JsonArray(String.join("\n", gateway().key(List.of("list", "--json"))))
        .getJsonObject(0);
  }

  private Response callWith(String key) {
    return call(Request.post(CHAT, BODY).bearer(key));
  }

  @Test
  void newKeysHaveTheUsualLimitsWhereNothingIsSaid() {
    String usual =
        "keys: {requestsPerMinute: 2, tokensPerMinute: 5000, concurrent: 3, dailyCap: 0.0001}";
    start(RunningGateway.before(upstream).data(folder).more("log: {calls: false}\n" + usual));
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    JsonObject first = newest();
    String key = made();
    JsonObject second = newest();
    for (JsonObject limited : List.of(first, second)) {
      assertThat(limited.getLong("requests_per_minute")).isEqualTo(2);
      assertThat(limited.getLong("tokens_per_minute")).isEqualTo(5_000);
      assertThat(limited.getLong("concurrent_calls")).isEqualTo(3);
      assertThat(limited.getLong("daily_cap_nano_usd")).isEqualTo(100_000);
    }
    assertThat(callWith(key).header("x-ratelimit-limit-requests")).isEqualTo("2");
    assertThat(callWith(key).status()).isEqualTo(200);
    assertThat(refusal(callWith(key), 429).getString("code")).isEqualTo("rate_limit_exceeded");
    String free = made("--requests-per-minute", "0", "--daily-cap", "none", "--concurrent", "9");
    JsonObject own = newest();
    assertThat(own.getLong("requests_per_minute")).isZero();
    assertThat(own.getLong("tokens_per_minute")).isEqualTo(5_000);
    assertThat(own.getLong("concurrent_calls")).isEqualTo(9);
    assertThat(own.getValue("daily_cap_nano_usd")).isNull();
    for (int i = 0; i < 5; i++) {
      assertThat(callWith(free).status()).isEqualTo(200);
    }
  }

  @Test
  void allKeysOfAnAccountEndTogetherWithTheirCalls() {
    start(RunningGateway.before(upstream).data(folder));
    upstream.answersEach(_ -> Script.sse().event(CHUNKS.content("a")).stall());
    String one = made("--account", "team");
    String two = made("--account", "team");
    String streaming = BODY.replace("{\"model\"", "{\"stream\":true,\"model\"");
    List<RawClient> clients = new ArrayList<>();
    for (String key : List.of(one, two)) {
      RawClient client = client().send(Request.post(CHAT, streaming).bearer(key));
      assertThat(client.readHead().status()).isEqualTo(200);
      assertThat(client.readEvent()).contains("\"a\"");
      clients.add(client);
    }
    assertThat(gateway().key(List.of("revoke", "--account", "team")))
        .hasSize(2)
        .allMatch(line -> line.matches("key_[0-9a-f]{16} is revoked"));
    for (RawClient client : clients) {
      assertThat(errorEvent(client.readEvent(PROMPTLY)).getString("code"))
          .isEqualTo("invalid_api_key");
      upstream.awaitClientClosed(SOON);
    }
    refusal(callWith(one), 401);
    refusal(callWith(two), 401);
    callThatGoesWell();
    // There is nothing left to revoke, and an id beside the account could mean either.
    assertThatThrownBy(() -> gateway().key(List.of("revoke", "--account", "team")))
        .hasMessageContaining("exit code 1");
    assertThatThrownBy(() -> gateway().key(List.of("revoke", "key_1", "--account", "local")))
        .hasMessageContaining("exit code 2");
    callThatGoesWell();
  }
}
