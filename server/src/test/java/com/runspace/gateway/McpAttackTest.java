package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What somebody might try at the MCP server. Every case ends in a refusal in form. */
class McpAttackTest extends McpCase {
  private static final String LIST = message("tools/list", "{}");
  private static final int MEBIBYTE = 1 << 20;

  /** The code of an error in the protocol's own form. */
  private static int code(Response answer, int status) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    JsonObject body = new JsonObject(answer.text());
    assertThat(body.getString("jsonrpc")).isEqualTo("2.0");
    assertThat(body.containsKey("id")).isTrue();
    return body.getJsonObject("error").getInteger("code");
  }

  @Test
  void messageThatIsTooLargeIsRefusedBeforeItIsSent() {
    RawClient client = client();
    String head =
        "POST /mcp HTTP/1.1\r\nhost: a\r\nauthorization: Bearer "
            + gateway().key()
            + "\r\ncontent-length: 1073741824\r\n\r\n";
    assertThat(code(client.send(head).readAll(), 413)).isEqualTo(-32600);
    awaitBudgetFree();
  }

  @Test
  void messageThatGrowsTooLargeIsRefused() {
    RawClient client = client();
    client.send(
        "POST /mcp HTTP/1.1\r\nhost: a\r\nauthorization: Bearer "
            + gateway().key()
            + "\r\ntransfer-encoding: chunked\r\n\r\n100001\r\n"
            + "x".repeat(MEBIBYTE + 1)
            + "\r\n");
    assertThat(code(client.readAll(), 413)).isEqualTo(-32600);
    awaitBudgetFree();
  }

  @ParameterizedTest
  @ValueSource(strings = {"[", "{\"a\":", "[{\"a\":[", "{\"params\":["})
  void messageThatIsNestedTooDeeplyIsRefused(String step) {
    String deep = step.repeat(100_000 / step.length());
    assertThat(code(call(rpc("{\"jsonrpc\":\"2.0\",\"id\":7,\"params\":" + deep)), 400))
        .isEqualTo(-32700);
  }

  @Test
  void argumentsThatAreNestedDeeplyAreAMistakeOfTheTool() {
    String deep = "[".repeat(400) + "]".repeat(400);
    JsonObject result = run("\"model\":\"m\",\"prompt\":" + deep);
    assertThat(result.getBoolean("isError")).isTrue();
    assertThat(text(result)).contains("'prompt' must be a text");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5_000})
  void batchesAreRefusedWhole(int count) {
    String call = message("tools/call", "{" + RUN + "}");
    String batch = "[" + (call + ",").repeat(count - 1) + call + "]";
    assertThat(code(call(rpc(batch)), 400)).isEqualTo(-32700);
    Request versioned = rpc(batch).header("MCP-Protocol-Version", "2025-03-26");
    assertThat(code(call(versioned), 400)).isEqualTo(-32700);
    assertThat(upstream.connections()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "http://evil.example",
        "https://localhost:%d",
        "http://localhost",
        "http://localhost:%d.evil.example",
        "http://localhost:%d@evil.example",
        "http://evil.localhost:%d",
        "http://127.0.0.1:1",
        "http://localhost:%d/",
        " ",
      })
  void pagesOfOtherOriginsAreRefused(String pattern) {
    String origin = pattern.replace("%d", Integer.toString(gateway().port()));
    refusal(call(rpc(LIST).header("origin", origin)), 403);
    refusal(call(Request.post("/mcp/" + gateway().key(), LIST).header("origin", origin)), 403);
  }

  /** A name of the attacker's that now leads to the loopback address: the page is still theirs. */
  @Test
  void pageOfAReboundNameIsRefused() {
    String name = "evil.example:" + gateway().port();
    String raw =
        "POST /mcp HTTP/1.1\r\nhost: %s\r\norigin: http://%s\r\nauthorization: Bearer %s\r\n"
                .formatted(name, name, gateway().key())
            + "content-length: %d\r\n\r\n%s".formatted(LIST.length(), LIST);
    refusal(client().send(raw).readAll(), 403);
  }

  @ParameterizedTest
  @CsvSource({
    "MCP-Protocol-Version,2025-11-25",
    "MCP-Protocol-Version,2026-07-29",
    "Mcp-Method,tools/list",
    "Mcp-Method,TOOLS/CALL",
    "Mcp-Name,list_models",
    "Mcp-Name,=?base64?bGlzdF9tb2RlbHM=?=",
    "Mcp-Name,=?base64?!?=",
    "Mcp-Name,''",
  })
  void headersThatSayOtherThanTheBodyAreRefused(String name, String value) {
    String body = modernMessage("tools/call", RUN);
    Request wrong = rpc(body);
    for (String[] line :
        new String[][] {
          {"MCP-Protocol-Version", MODERN}, {"Mcp-Method", "tools/call"}, {"Mcp-Name", "run_model"}
        }) {
      wrong = wrong.header(line[0], line[0].equals(name) ? value : line[1]);
    }
    assertThat(code(call(wrong), 400)).isEqualTo(-32020);
    assertThat(upstream.connections()).isZero();
  }

  /** A proxy may read the other one of the two. */
  @ParameterizedTest
  @CsvSource({"Mcp-Name,run_model,list_models", "Mcp-Method,tools/call,tools/list"})
  void headersThatComeTwiceAreRefused(String name, String first, String second) {
    Request twice = modern("tools/call", RUN);
    twice =
        name.equals("Mcp-Name")
            ? twice.header(name, first).header(name, second)
            : twice.header("Mcp-Name", "run_model").header(name, second);
    assertThat(code(call(twice), 400)).isEqualTo(-32020);
  }

  @Test
  void modernBodyUnderALegacyHeaderIsNoWayRoundTheHeaders() {
    Request mixed =
        rpc(modernMessage("tools/call", RUN)).header("MCP-Protocol-Version", "2025-11-25");
    assertThat(code(call(mixed), 400)).isEqualTo(-32020);
    assertThat(code(call(rpc(LIST).header("MCP-Protocol-Version", "2031-01-01")), 400))
        .isEqualTo(-32602);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/mcp/",
        "/mcp//",
        "/mcp/../v1/models",
        "/mcp/%2e%2e/",
        "/mcp/rsk_live_",
        "/mcp/%00"
      })
  void oddPathsAreStrangers(String path) {
    assertThat(call(Request.post(path, LIST)).status()).isIn(400, 401, 404);
  }

  @Test
  void keyInTheQueryIsNoCredential() {
    refusal(call(Request.post("/mcp?key=" + gateway().key(), LIST)), 401);
    refusal(call(Request.post("/mcp?access_token=" + gateway().key(), LIST)), 401);
  }
}
