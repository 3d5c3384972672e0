package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** What every test of the MCP server needs: messages of both eras, and their results. */
abstract class McpCase extends EndToEnd {
  static final String MODERN = "2026-07-28";

  /** A run of the model, as the members of {@code params}. */
  static final String RUN = runModel("\"model\":\"m\",\"prompt\":\"hi\"");

  final Request rpc(String json) {
    return Request.post("/mcp", json).bearer(gateway().key());
  }

  static String message(String method, String params) {
    return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":%s}"
        .formatted(method, params);
  }

  final Request legacy(String method, String params) {
    return rpc(message(method, params));
  }

  /** The body of a request of the modern era; {@code params} are members, or empty. */
  static String modernMessage(String method, String params) {
    String meta =
        "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\""
            + MODERN
            + "\","
            + "\"io.modelcontextprotocol/clientCapabilities\":{}}";
    return message(method, "{" + (params.isEmpty() ? "" : params + ",") + meta + "}");
  }

  /** A request of the modern era with all it needs but {@code Mcp-Name}. */
  final Request modern(String method, String params) {
    return rpc(modernMessage(method, params))
        .header("MCP-Protocol-Version", MODERN)
        .header("Mcp-Method", method);
  }

  static String runModel(String arguments) {
    return "\"name\":\"run_model\",\"arguments\":{" + arguments + "}";
  }

  final JsonObject result(Request request) {
    return result(call(request));
  }

  static JsonObject result(Response answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonObject body = new JsonObject(answer.text());
    assertThat(body.getValue("id")).isEqualTo(7);
    assertThat(body.getJsonObject("result")).as(answer.text()).isNotNull();
    return body.getJsonObject("result");
  }

  static String text(JsonObject result) {
    JsonArray content = result.getJsonArray("content");
    StringBuilder all = new StringBuilder();
    content.forEach(block -> all.append(((JsonObject) block).getString("text")).append('\n'));
    return all.toString().strip();
  }

  final JsonObject run(String arguments) {
    return result(legacy("tools/call", "{" + runModel(arguments) + "}"));
  }

  /** The provider begins to answer and never ends. */
  final void upstreamBegins() {
    upstream.answers(Script.sse().event(CHUNKS.content("one")).stall());
  }

  final void upstreamSays(String... texts) {
    Script script = Script.sse();
    for (String text : texts) {
      script = script.event(CHUNKS.content(text));
    }
    upstream.answers(script.event(CHUNKS.finishWithUsage("stop", 5, 2)).done().end());
  }
}
