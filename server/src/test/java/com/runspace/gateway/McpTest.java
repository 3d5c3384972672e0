package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The MCP server through its door, in both eras of the protocol. */
class McpTest extends McpCase {
  @ParameterizedTest
  @CsvSource({"2025-11-25,2025-11-25", "2025-06-18,2025-06-18", "1999-01-01,2025-11-25"})
  void legacyClientsSayTheirVersionOnce(String asked, String given) {
    JsonObject result = result(legacy("initialize", "{\"protocolVersion\":\"" + asked + "\"}"));
    assertThat(result.getString("protocolVersion")).isEqualTo(given);
    assertThat(result.getJsonObject("capabilities").fieldNames()).containsExactly("tools");
    assertThat(result.getJsonObject("serverInfo").getString("name")).isEqualTo("runspace");
  }

  @Test
  void modernClientsDiscover() {
    JsonObject result = result(modern("server/discover", ""));
    assertThat(result.getJsonArray("supportedVersions")).containsExactly(MODERN);
    assertThat(result.getString("resultType")).isEqualTo("complete");
    assertThat(result.getInteger("ttlMs")).isPositive();
  }

  @Test
  void bothErasListTheSameTools() {
    JsonArray legacy = result(legacy("tools/list", "{}")).getJsonArray("tools");
    assertThat(result(modern("tools/list", "")).getJsonArray("tools")).isEqualTo(legacy);
    assertThat(legacy.stream().map(tool -> ((JsonObject) tool).getString("name")))
        .containsExactly("list_models", "run_model");
  }

  @Test
  void listOfModelsIsCompleteAsTextAndAsStructure() {
    JsonObject result = result(legacy("tools/call", "{\"name\":\"list_models\"}"));
    assertThat(text(result)).contains("- m:", "Allowance: $", "resets at");
    JsonObject structured = result.getJsonObject("structuredContent");
    assertThat(structured.getJsonArray("models").getJsonObject(0).getString("id")).isEqualTo("m");
    assertThat(structured.getJsonObject("allowance").getString("left_usd")).isNotBlank();
  }

  @Test
  void runIsAnsweredWithTextAndUsage() {
    upstreamSays("Hello", " there");
    JsonObject result =
        run("\"model\":\"m\",\"prompt\":\"hi\",\"system\":\"short\",\"max_tokens\":9");
    assertThat(text(result)).isEqualTo("Hello there");
    assertThat(result.getBoolean("isError")).isNull();
    JsonObject usage = result.getJsonObject("_meta").getJsonObject("com.run-space/usage");
    assertThat(usage.getInteger("completion_tokens")).isEqualTo(2);
    JsonObject sent = new JsonObject(upstream.take(SOON).body().utf8());
    assertThat(sent.getJsonArray("messages").encode())
        .isEqualTo(
            "[{\"role\":\"system\",\"content\":\"short\"},{\"role\":\"user\",\"content\":\"hi\"}]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"prompt\":\"hi\"|'model' is missing",
        "\"model\":\"m\"|either 'prompt'",
        "\"model\":\"m\",\"prompt\":\"a\",\"messages\":[]|either 'prompt'",
        "\"model\":\"m\",\"prompt\":7|'prompt' must be a text",
        "\"model\":\"m\",\"prompt\":\"a\",\"max_tokens\":0|'max_tokens' must be",
        "\"model\":\"m\",\"prompt\":\"a\",\"max_tokens\":1.5|'max_tokens' must be",
        "\"model\":\"m\",\"prompt\":\"a\",\"temperature\":3|'temperature' must be",
        "\"model\":\"m\",\"prompt\":\"a\",\"tools\":[]|no argument 'tools'",
        "\"model\":\"m\",\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]|Each of 'messages'",
        "\"model\":\"mm\",\"prompt\":\"a\"|Did you mean 'm'?",
        "\"model\":\"local/x\",\"prompt\":\"a\"|desktop connector",
      })
  void mistakesAreToldToTheModel(String arguments, String words) {
    JsonObject result = run(arguments);
    assertThat(result.getBoolean("isError")).isTrue();
    assertThat(text(result)).contains(words);
  }

  @Test
  void spentAllowanceIsSaidInPlainWords() {
    start(RunningGateway.before(upstream).allowance("0"));
    JsonObject result = run("\"model\":\"m\",\"prompt\":\"hi\"");
    assertThat(result.getBoolean("isError")).isTrue();
    assertThat(text(result)).matches("Today's allowance is used up; it resets at 00:00 UTC in .*");
  }

  @Test
  void answerThatBreaksOffIsHandedOverAsFarAsItWent() {
    upstream.answers(Script.sse().event(CHUNKS.content("Half of")).reset());
    JsonObject result = run("\"model\":\"m\",\"prompt\":\"hi\"");
    assertThat(result.getBoolean("isError")).isTrue();
    assertThat(text(result)).startsWith("Half of").contains("broke off here");
  }

  @Test
  void answerThatIsTooLongIsCutAndItsProviderStopped() {
    String page = "x".repeat(60_000);
    upstream.answers(Script.sse().event(CHUNKS.content(page)).event(CHUNKS.content(page)).stall());
    JsonObject result = run("\"model\":\"m\",\"prompt\":\"hi\"");
    assertThat(text(result)).hasSizeBetween(100_000, 100_200).contains("was stopped here");
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void longRunIsStreamedWithProgressAndEndsAtItsDeadline() {
    ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
    start(RunningGateway.before(upstream).time(time));
    upstream.answers(Script.sse().event(CHUNKS.content("So far")).stall());
    RawClient client =
        client()
            .send(
                modern("tools/call", runModel("\"model\":\"m\",\"prompt\":\"hi\""))
                    .header("Mcp-Name", "run_model")
                    .header("accept", "application/json, text/event-stream"));
    upstream.take(SOON);
    time.advance(Duration.ofSeconds(3));
    assertThat(client.readHead().headers().first("content-type")).hasValue("text/event-stream");
    time.advance(Duration.ofSeconds(220));
    String last = client.readEvents(SOON).getLast();
    assertThat(last).contains("So far", "It was stopped here", "\"resultType\":\"complete\"");
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void modernClientThatLeavesCancelsTheProvider() {
    upstream.answers(Script.sse().event(CHUNKS.content("one")).stall());
    RawClient client =
        client()
            .send(
                modern("tools/call", runModel("\"model\":\"m\",\"prompt\":\"hi\""))
                    .header("Mcp-Name", "run_model"));
    upstream.take(SOON);
    client.leave();
    upstream.awaitClientClosed(PROMPTLY);
    awaitBudgetFree();
  }

  @Test
  void noticeOfALegacyClientCancelsTheProvider() {
    upstream.answers(Script.sse().event(CHUNKS.content("one")).stall());
    RawClient client =
        client()
            .send(legacy("tools/call", "{" + runModel("\"model\":\"m\",\"prompt\":\"hi\"") + "}"));
    upstream.take(SOON);
    Response notice =
        call(
            rpc(
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                    + "\"params\":{\"requestId\":7}}"));
    assertThat(notice.status()).isEqualTo(202);
    upstream.awaitClientClosed(PROMPTLY);
    assertThat(client.readAll().text()).contains("The call was cancelled");
  }

  @Test
  void keyInThePathNeedsNoHeaderAndNamesNoSignIn() {
    String list = message("tools/list", "{}");
    assertThat(call(Request.post("/mcp/" + gateway().key(), list)).status()).isEqualTo(200);
    Response refused = call(Request.post("/mcp/rsk_live_x", list));
    refusal(refused, 401);
    assertThat(refused.header("www-authenticate")).isEqualTo("Bearer error=\"invalid_token\"");
  }

  @Test
  void strangersAndForeignPagesAreRefused() {
    String list = message("tools/list", "{}");
    refusal(call(Request.post("/mcp", list)), 401);
    refusal(call(rpc(list).header("origin", "https://evil.example")), 403);
    String own = "http://localhost:" + gateway().port();
    assertThat(call(rpc(list).header("origin", own)).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "DELETE"})
  void thereAreNoSessionsToListenToOrEnd(String method) {
    Response answer = call(Request.of(method, "/mcp").bearer(gateway().key()));
    refusal(answer, 405);
    assertThat(answer.header("allow")).isEqualTo("POST");
  }

  @Test
  void headersOfTheModernEraMustAgreeWithTheBody() {
    String params = runModel("\"model\":\"m\",\"prompt\":\"hi\"");
    Request nameless = modern("tools/call", params);
    for (Request wrong :
        List.of(
            nameless,
            nameless.header("Mcp-Name", "list_models"),
            rpc(message("tools/list", "{}")).header("MCP-Protocol-Version", MODERN))) {
      Response answer = call(wrong);
      assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    }
    upstreamSays("fine");
    assertThat(text(result(nameless.header("Mcp-Name", "=?base64?cnVuX21vZGVs?="))))
        .isEqualTo("fine");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "7",
        "{",
        "{\"jsonrpc\":\"2.0\"}",
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
      })
  void whatIsNoRequestIsRefusedInTheProtocolsForm(String body) {
    Response answer = call(rpc(body));
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(new JsonObject(answer.text()).getJsonObject("error").getInteger("code"))
        .isIn(-32700, -32600);
  }

  @Test
  void deepAndLargeMessagesAreRefused() {
    assertThat(call(rpc("{\"a\":" + "[".repeat(500_000))).status()).isEqualTo(400);
    assertThat(call(rpc("{\"a\":\"" + "x".repeat(1 << 20) + "\"}")).status()).isEqualTo(413);
  }
}
