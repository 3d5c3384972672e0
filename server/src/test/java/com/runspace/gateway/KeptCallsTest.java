package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Gate;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a key can ask of its day and of the past, with the ledger in a folder. */
class KeptCallsTest extends EndToEnd {
  @TempDir private Path folder;

  private void startKeeping() {
    start(RunningGateway.before(upstream).data(folder).allowance("0.001"));
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 5, 7)));
    key = key.isEmpty() ? gateway().key() : key;
  }

  private String key = "";

  private Response ask(String path) {
    return call(Request.get(path).bearer(key));
  }

  private JsonObject usage(String query) {
    return new JsonObject(ask("/v1/usage" + query).text());
  }

  @Test
  void theDayStandsInMemoryAndThePastInTheStore() {
    startKeeping();
    for (int i = 0; i < 3; i++) {
      assertThat(call(plain(",\"max_tokens\":10")).status()).isEqualTo(200);
    }
    JsonObject key = new JsonObject(ask("/v1/key").text());
    assertThat(key.getLong("limit")).isEqualTo(1_000_000);
    // Seven tokens of output at a dollar a million, three times.
    assertThat(key.getLong("used")).isEqualTo(21_000);
    assertThat(key.getLong("held")).isZero();
    assertThat(key.getLong("remaining")).isEqualTo(979_000);
    assertThat(key.getString("resets_at")).endsWith("T00:00:00Z");
    await(
        () -> usage("").getJsonObject("total").getLong("calls") == 3, () -> "posted: " + usage(""));
    JsonArray rows = usage("?by=day,model,key").getJsonArray("data");
    assertThat(rows).hasSize(1);
    JsonObject row = rows.getJsonObject(0);
    assertThat(row.getString("model")).isEqualTo(RunningGateway.MODEL);
    assertThat(row.getLong("charge")).isEqualTo(21_000);
    assertThat(row.getLong("prompt_tokens")).isEqualTo(15);
    Response csv = ask("/v1/usage?format=csv&by=model");
    assertThat(csv.header("content-type")).startsWith("text/csv");
    assertThat(csv.text()).endsWith("\n,m,,3,15,0,21,21000,0.000021\n");
  }

  @Test
  void twoHundredCallsAgainstTenHoldsNeverSpendMoreThanThereIs() throws Exception {
    start(RunningGateway.before(upstream).data(folder).allowance("0.0001").eventLoops(2));
    key = gateway().key();
    // Each says that it used 13 tokens, of which its hold of 10 is charged.
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "length", 1, 13)));
    List<Future<Integer>> calls = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 200; i++) {
        calls.add(callers.submit(() -> call(plain(",\"max_tokens\":10")).status()));
      }
    }
    int admitted = 0;
    for (Future<Integer> each : calls) {
      assertThat(each.get()).isIn(200, 402, 429);
      admitted += each.get() == 200 ? 1 : 0;
    }
    assertThat(admitted).isEqualTo(10);
    long rows = admitted;
    await(
        () -> usage("").getJsonObject("total").getLong("calls") == rows,
        () -> "posted: " + usage(""));
    assertThat(usage("").getJsonObject("total").getLong("charge")).isEqualTo(100_000);
    assertThat(new JsonObject(ask("/v1/key").text()).getLong("held")).isZero();
  }

  @Test
  void callsWithoutALimitOfTheirOwnRunSideBySide() {
    start(RunningGateway.before(upstream).data(folder).allowance("0.005"));
    key = gateway().key();
    Gate gate = Gate.named("both run");
    upstream.answersEach(
        _ -> Script.after(gate).answer(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1))));
    RawClient first = client().send(plain(""));
    RawClient second = client().send(plain(""));
    await(() -> upstream.requests().size() == 2, () -> "only one runs");
    assertThat(new JsonObject(ask("/v1/key").text()).getLong("held")).isPositive();
    gate.open();
    assertThat(first.readHead().status()).isEqualTo(200);
    assertThat(second.readHead().status()).isEqualTo(200);
  }

  @Test
  void whatWasSpentIsStillSpentAfterARestart() {
    startKeeping();
    assertThat(call(plain(",\"max_tokens\":10")).status()).isEqualTo(200);
    gateway().close();
    startKeeping();
    assertThat(new JsonObject(ask("/v1/key").text()).getLong("used")).isEqualTo(7_000);
  }

  private String made(String... words) {
    List<String> command = new ArrayList<>(List.of("create", "--name", "test"));
    command.addAll(List.of(words));
    return gateway().key(command).getFirst();
  }

  private Request from(String bearer, String json) {
    return Request.post(CHAT, json).bearer(bearer);
  }

  @Test
  void keysHaveLimitsOfTheirOwn() {
    startKeeping();
    String limited = made("--requests-per-minute", "2", "--daily-cap", "0.0001");
    String body = "{\"model\":\"m\",\"messages\":" + MESSAGES + ",\"max_tokens\":10}";
    Response first = call(from(limited, body));
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("2");
    Response second = call(from(limited, body));
    assertThat(second.status()).as(second.text()).isEqualTo(200);
    Response third = call(from(limited, body));
    JsonObject error = refusal(third, 429);
    assertThat(error.getString("code")).isEqualTo("rate_limit_exceeded");
    assertThat(error.getString("message")).contains("requests per minute", "Limit 2");
    assertThat(third.header("x-should-retry")).isEqualTo("true");
    assertThat(Integer.parseInt(third.header("retry-after"))).isBetween(1, 60);
    assertThat(call(plain(",\"max_tokens\":10")).status()).as("another key").isEqualTo(200);
    String other = made("--models", "another");
    assertThat(refusal(call(from(other, body)), 403).getString("code"))
        .isEqualTo("model_not_allowed");
    String small = made("--daily-cap", "0.000014");
    assertThat(call(from(small, body)).status()).isEqualTo(200);
    assertThat(refusal(call(from(small, body)), 402).getString("code")).isEqualTo("key_cap_spent");
  }

  @Test
  void revokedKeyEndsASilentStreamAndOpensNothing() {
    startKeeping();
    upstream.answersEach(_ -> Script.sse().event(CHUNKS.content("a")).stall());
    String revoked = made();
    String body = "{\"model\":\"m\",\"stream\":true,\"messages\":" + MESSAGES + "}";
    RawClient client = client().send(from(revoked, body));
    assertThat(client.readHead().status()).isEqualTo(200);
    assertThat(client.readEvent(SOON)).contains("\"a\"");
    JsonArray keys = new JsonArray(String.join("\n", gateway().key(List.of("list", "--json"))));
    String id = keys.getJsonObject(0).getString("id");
    assertThat(gateway().key(List.of("revoke", id))).containsExactly(id + " is revoked");
    assertThat(errorEvent(client.readEvent(PROMPTLY)).getString("code"))
        .isEqualTo("invalid_api_key");
    upstream.awaitClientClosed(SOON);
    refusal(call(from(revoked, body)), 401);
  }

  @Test
  void questionsAreJudged() {
    startKeeping();
    assertThat(refusal(ask("/v1/usage?by=moon"), 400).getString("code")).isEqualTo("invalid_value");
    assertThat(refusal(ask("/v1/usage?from=%"), 400).getString("code")).isNotNull();
    assertThat(refusal(call(Request.get("/v1/usage")), 401)).isNotNull();
    assertThat(refusal(call(Request.get("/v1/key").bearer("rsk_live_x")), 401)).isNotNull();
  }
}
