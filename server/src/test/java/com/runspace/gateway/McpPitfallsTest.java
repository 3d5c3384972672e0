package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What others have got wrong with MCP servers for Claude, each seen in public reports, and what we
 * do instead. Rows that are about signing in are tested where that is.
 */
class McpPitfallsTest extends McpCase {
  private static final String LIST = message("tools/list", "{}");
  private static final Duration GRACE = Duration.ofSeconds(11);

  @TempDir private Path folder;

  private Request withKeyInPath(String body) {
    return Request.post("/mcp/" + gateway().key(), body);
  }

  @Test
  @DisplayName("Row 1: a client with the key URL finds no sign-in at the root of the host")
  void keyUrlLeadsToNoSignIn() {
    String hello = message("initialize", "{\"protocolVersion\":\"2025-11-25\"}");
    result(withKeyInPath(hello));
    for (String path :
        List.of(
            "/.well-known/oauth-protected-resource/mcp/" + gateway().key(),
            "/.well-known/oauth-protected-resource",
            "/.well-known/oauth-authorization-server",
            "/.well-known/oauth-authorization-server/mcp/" + gateway().key(),
            "/.well-known/openid-configuration")) {
      refusal(call(Request.get(path)), 404);
    }
    refusal(call(Request.post("/register", "{}")), 404);
    Response stranger = call(Request.post("/mcp/rsk_live_x", hello));
    refusal(stranger, 401);
    assertThat(stranger.header("www-authenticate")).doesNotContain("resource_metadata");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Claude-User", "python-httpx/0.28", "claude-code/2.1", "curl/8", ""})
  @DisplayName("Row 2: no user agent is turned away")
  void everyUserAgentIsServed(String agent) {
    result(rpc(LIST).header("user-agent", agent));
  }

  @Test
  @DisplayName("Row 5: nothing in an answer is taken from Host")
  void answersAreNotBuiltFromHost() {
    try (RawClient client = RawClient.to(gateway().port())) {
      String raw =
          "POST /mcp HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 2\r\n"
              + "x-forwarded-host: evil.example\r\n\r\n{}";
      Response answer = client.send(raw).readAll();
      assertThat(answer.status()).isEqualTo(401);
      assertThat(answer.toString()).doesNotContain("evil.example");
      assertThat(answer.header("www-authenticate")).doesNotContain("evil.example");
    }
  }

  @Test
  @DisplayName("Row 15: no session is begun, asked for, or missed")
  void thereAreNoSessions() {
    Request hello = legacy("initialize", "{\"protocolVersion\":\"2025-11-25\"}");
    Response answer = call(hello);
    result(answer);
    assertThat(answer.headers().first("mcp-session-id")).isEmpty();
    // Never initialized, and with the session of another server.
    result(rpc(LIST));
    result(rpc(LIST).header("Mcp-Session-Id", "8f14e45f").header("Last-Event-ID", "4"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*/*",
        "application/json",
        "text/event-stream",
        "application/*;q=0.5",
        "text/html"
      })
  @DisplayName("Row 16: whatever a client says it accepts, it is answered")
  void noAcceptIsRefused(String accept) {
    result(rpc(LIST).header("accept", accept));
    upstreamSays("fine");
    Response answer = call(legacy("tools/call", "{" + RUN + "}").header("accept", accept));
    assertThat(text(result(answer))).isEqualTo("fine");
  }

  @Test
  @DisplayName("Row 17: a request that names no version is one of 2025-03-26")
  void missingVersionIsNoMistake() {
    result(rpc(LIST));
    assertThat(call(rpc(LIST).header("MCP-Protocol-Version", "2019-01-01")).status())
        .isEqualTo(400);
  }

  @Test
  @DisplayName("Row 22: what a client asks first is there at once and may be kept")
  void firstAnswersMayBeKept() {
    JsonObject found = result(modern("server/discover", ""));
    assertThat(found.getInteger("ttlMs")).isPositive();
    assertThat(found.getString("cacheScope")).isEqualTo("public");
  }

  @Test
  @DisplayName(
      "Row 24: a key in an address is in no log and no answer, also where it is probed for")
  void keyOfAnAddressIsWrittenNowhere() {
    Logger root = Logger.getLogger("com.runspace");
    Level before = root.getLevel();
    Queue<String> lines = new ConcurrentLinkedQueue<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            lines.add(entry.getParameters() == null ? entry.getMessage() : logged(entry));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    handler.setLevel(Level.ALL);
    root.setLevel(Level.ALL);
    root.addHandler(handler);
    closing(() -> {
      root.removeHandler(handler);
      root.setLevel(before);
    });
    start(RunningGateway.before(upstream).more("log: {level: trace}"));
    String key = gateway().key();
    for (String path :
        List.of(
            "/mcp/" + key,
            "/mcp/" + key + "/",
            "/mcp/" + key + "?x=" + key,
            "/.well-known/oauth-protected-resource/mcp/" + key,
            "/.well-known/oauth-authorization-server/mcp/" + key,
            "/mcp/" + key + "/.well-known/openid-configuration",
            "/mcp/" + key + "x/register")) {
      for (String method : List.of("GET", "POST", "DELETE", "OPTIONS", "HEAD")) {
        Response answer = call(Request.of(method, path).header("accept", "text/html"));
        assertThat(answer.text()).as(method + " " + path).doesNotContain(key);
        assertThat(answer.headers().toString()).doesNotContain(key);
      }
    }
    await(() -> lines.size() >= 35, () -> "the log has " + lines.size() + " lines");
    assertThat(lines).anyMatch(line -> line.contains("/mcp/*")).noneMatch(line -> holds(line, key));
  }

  private static String logged(LogRecord entry) {
    return RunningGateway.logged(entry);
  }

  private static boolean holds(String line, String key) {
    return line.contains(key.substring("rsk_live_".length(), key.length() - 6));
  }

  @Test
  @DisplayName("Row 25: a client that looks for /token at the root harms nothing")
  void thereIsNoTokenEndpointAtTheRoot() {
    refusal(call(Request.post("/token", "grant_type=refresh_token")), 404);
    result(rpc(LIST));
  }

  @Test
  void keysOpenTheirDoorsAlone() {
    start(RunningGateway.before(upstream).data(folder));
    String api = made("api");
    String mcp = made("mcp");
    refusal(call(Request.post("/mcp", LIST).bearer(api)), 403);
    refusal(call(Request.post("/mcp/" + api, LIST)), 403);
    result(Request.post("/mcp", LIST).bearer(mcp));
    refusal(call(Request.get("/v1/models").bearer(mcp)), 403);
    refusal(call(Request.get("/v1/key").bearer(mcp)), 403);
    refusal(call(Request.get("/v1/usage").bearer(mcp)), 403);
    String chat = "{\"model\":\"m\",\"messages\":" + MESSAGES + "}";
    refusal(call(Request.post(CHAT, chat).bearer(mcp)), 403);
  }

  private String made(String door) {
    return gateway().key(List.of("create", "--name", door, "--doors", door)).getFirst();
  }

  @Test
  void streamThatAModernClientClosesEndsTheCallUpstream() {
    ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
    start(RunningGateway.before(upstream).time(time));
    upstreamBegins();
    RawClient client =
        client()
            .send(
                modern("tools/call", RUN)
                    .header("Mcp-Name", "run_model")
                    .header("accept", "application/json, text/event-stream"));
    upstream.take(SOON);
    time.advance(Duration.ofSeconds(3));
    assertThat(client.readHead().headers().first("x-accel-buffering")).hasValue("no");
    client.leave();
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void connectionThatALegacyClientLosesEndsTheCallOnlyAfterAWhile() {
    ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
    start(RunningGateway.before(upstream).time(time));
    upstreamBegins();
    RawClient client = client().send(legacy("tools/call", "{" + RUN + "}"));
    upstream.take(SOON);
    client.leave();
    result(rpc(LIST));
    time.advance(Duration.ofSeconds(5));
    result(rpc(LIST));
    assertThat(upstream.openConnections()).isEqualTo(1);
    time.advance(GRACE);
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void noticeIsObeyedOnlyWhenExactlyOneCallCanBeMeant() {
    ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
    start(RunningGateway.before(upstream).time(time).data(folder));
    String other = made("mcp");
    upstreamBegins();
    upstreamBegins();
    RawClient one = client().send(legacy("tools/call", "{" + RUN + "}"));
    upstream.take(SOON);
    // Of another key, of another id, and of an id that only looks the same.
    notice(Request.post("/mcp", cancelled("7")).bearer(other));
    notice(rpc(cancelled("8")));
    notice(rpc(cancelled("\"7\"")));
    RawClient two = client().send(legacy("tools/call", "{" + RUN + "}"));
    upstream.take(SOON);
    notice(rpc(cancelled("7")));
    assertThat(upstream.openConnections()).isEqualTo(2);
    two.leave();
    result(rpc(LIST));
    time.advance(GRACE);
    upstream.awaitClientClosed(PROMPTLY);
    notice(rpc(cancelled("7")));
    upstream.awaitClientClosed(PROMPTLY);
    assertThat(one.readAll().text()).contains("The call was cancelled");
  }

  private static String cancelled(String id) {
    return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
        + id
        + "}}";
  }

  private void notice(Request request) {
    Response answer = call(request);
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.text()).isEmpty();
  }
}
