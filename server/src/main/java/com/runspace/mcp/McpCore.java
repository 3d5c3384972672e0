package com.runspace.mcp;

import com.runspace.keys.Caller;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The protocol, free of its transport: one message in, one answer out. Stateless in both eras, so
 * that any node can serve any message. Belongs to one event loop.
 *
 * <p>Sources: modelcontextprotocol.io, specification 2026-07-28 (basic/transports/streamable-http,
 * basic/versioning, server/discover, server/tools) and 2025-11-25.
 */
final class McpCore {
  /** How long the connection of a legacy client may be gone before its call is ended. */
  private static final long LEGACY_GRACE_MILLIS = 10_000;

  private static final long LIST_TTL_MILLIS = 300_000;
  private static final String ENCODED_BEFORE = "=?base64?";
  private static final String ENCODED_BEHIND = "?=";
  private static final String INSTRUCTIONS =
      "RunSpace runs prompts on open models. list_models gives the ids and prices and what is left"
          + " of today's allowance; run_model runs one prompt on one of them.";

  /**
   * One message.
   *
   * @param headers finds a header of the request that brought it
   * @param callId 128 bits as 32 hex digits, for what it may start
   * @param onLoop has an action run on the loop of this message, from whichever thread
   */
  record Incoming(
      JsonObject message,
      Caller caller,
      String callId,
      Function<String, @Nullable String> headers,
      UnaryOperator<Runnable> onLoop) {}

  private final Map<String, Tool> tools = new LinkedHashMap<>();
  private final JsonArray descriptors = new JsonArray();
  private final JsonObject serverInfo;
  private final InFlight inFlight;

  McpCore(List<Tool> tools, String version, InFlight inFlight) {
    for (Tool tool : tools) {
      this.tools.put(tool.name(), tool);
      descriptors.add(tool.descriptor());
    }
    this.serverInfo =
        new JsonObject().put("name", "runspace").put("title", "RunSpace").put("version", version);
    this.inFlight = inFlight;
  }

  /** Answers one message. */
  void handle(Incoming in, Outlet out) {
    JsonObject message = in.message;
    Object id = message.getValue("id");
    boolean isNotification = !message.containsKey("id");
    boolean wellFormed =
        "2.0".equals(message.getValue("jsonrpc"))
            && message.getValue("method") instanceof String
            && (isNotification || Message.isId(id));
    if (!wellFormed) {
      boolean isAnswer = message.containsKey("result") || message.containsKey("error");
      // Nothing was asked of the client, so an answer of its own is for nobody.
      out.answer(
          isAnswer ? 202 : 400,
          isAnswer
              ? null
              : error(
                  Message.isId(id) ? id : null,
                  Message.INVALID_REQUEST,
                  "This is no JSON-RPC 2.0 request."));
      return;
    }
    if (Era.of(message, in.headers.apply("mcp-protocol-version")) == Era.MODERN) {
      modern(in, id, out);
    } else {
      legacy(in, id, out);
    }
  }

  private static JsonObject error(@Nullable Object id, int code, String text) {
    return Message.error(id, code, text);
  }

  // --- 2025-11-25 and older -----------------------------------------------------------------

  private void legacy(Incoming in, @Nullable Object id, Outlet out) {
    JsonObject params = Message.object(in.message, "params");
    String method = in.message.getString("method");
    String version = in.headers.apply("mcp-protocol-version");
    boolean isKnown = version == null || Era.LEGACY_VERSIONS.contains(version);
    if (!isKnown && !method.equals("initialize")) {
      out.answer(400, unsupported(id, version, new JsonArray(Era.LEGACY_VERSIONS)));
      return;
    }
    if (id == null) {
      if (method.equals("notifications/cancelled")) {
        Object request = params.getValue("requestId");
        if (Message.isId(request)) {
          inFlight.cancel(in.caller.keyId(), request);
        }
      }
      out.answer(202, null);
      return;
    }
    switch (method) {
      case "initialize" -> out.answer(200, Message.result(id, initialized(params)));
      case "ping" -> out.answer(200, Message.result(id, new JsonObject()));
      case "tools/list" ->
          out.answer(200, Message.result(id, new JsonObject().put("tools", descriptors)));
      case "tools/call" -> call(in, id, Era.LEGACY, out);
      default ->
          out.answer(200, error(id, Message.METHOD_NOT_FOUND, "There is no method " + method));
    }
  }

  private JsonObject initialized(JsonObject params) {
    String asked = Message.text(params, "protocolVersion");
    return new JsonObject()
        .put("protocolVersion", Era.LEGACY_VERSIONS.contains(asked) ? asked : Era.NEWEST_LEGACY)
        .put("capabilities", capabilities())
        .put("serverInfo", serverInfo)
        .put("instructions", INSTRUCTIONS);
  }

  private static JsonObject capabilities() {
    return new JsonObject().put("tools", new JsonObject());
  }

  private static JsonObject unsupported(
      @Nullable Object id, @Nullable String asked, JsonArray supported) {
    JsonObject data = new JsonObject().put("supported", supported).put("requested", asked);
    return Message.error(id, Message.UNSUPPORTED_VERSION, "Unsupported protocol version", data);
  }

  // --- 2026-07-28 ---------------------------------------------------------------------------

  private void modern(Incoming in, @Nullable Object id, Outlet out) {
    if (id == null) {
      out.answer(202, null);
      return;
    }
    String method = in.message.getString("method");
    JsonObject problem = headerProblem(in, id, method);
    if (problem != null) {
      out.answer(400, problem);
      return;
    }
    switch (method) {
      case "server/discover" -> out.answer(200, Message.result(id, discovered()));
      case "tools/list" ->
          out.answer(200, Message.result(id, cached(new JsonObject().put("tools", descriptors))));
      case "tools/call" -> call(in, id, Era.MODERN, out);
      default ->
          out.answer(404, error(id, Message.METHOD_NOT_FOUND, "There is no method " + method));
    }
  }

  /** What is wrong with the envelope of a modern request; null when nothing is. */
  private static @Nullable JsonObject headerProblem(Incoming in, Object id, String method) {
    JsonObject params = Message.object(in.message, "params");
    JsonObject meta = Message.object(params, "_meta");
    String version = Message.text(meta, Era.META_VERSION);
    if (version.isEmpty() || !(meta.getValue(Era.META_CAPABILITIES) instanceof JsonObject)) {
      return error(
          id,
          Message.INVALID_PARAMS,
          "params._meta needs " + Era.META_VERSION + " and " + Era.META_CAPABILITIES);
    }
    String said = in.headers.apply("mcp-protocol-version");
    if (!version.equals(said)) {
      return mismatch(id, "MCP-Protocol-Version", version, said);
    }
    if (!version.equals(Era.MODERN_VERSION)) {
      return unsupported(id, version, modernVersions());
    }
    String saidMethod = in.headers.apply("mcp-method");
    if (!method.equals(saidMethod)) {
      return mismatch(id, "Mcp-Method", method, saidMethod);
    }
    if (method.equals("tools/call")) {
      String name = Message.text(params, "name");
      String saidName = decoded(in.headers.apply("mcp-name"));
      if (!name.equals(saidName)) {
        return mismatch(id, "Mcp-Name", name, saidName);
      }
    }
    return null;
  }

  private static JsonObject mismatch(
      Object id, String header, String wanted, @Nullable String said) {
    return error(
        id,
        Message.HEADER_MISMATCH,
        "The header %s must say '%s' as the body does, not %s."
            .formatted(header, wanted, said == null ? "be absent" : "'" + said + "'"));
  }

  /** Values that are not plain ASCII come in Base64 (2026-07-28, streamable-http). */
  private static @Nullable String decoded(@Nullable String value) {
    if (value == null || !value.startsWith(ENCODED_BEFORE) || !value.endsWith(ENCODED_BEHIND)) {
      return value;
    }
    int end = value.length() - ENCODED_BEHIND.length();
    if (end < ENCODED_BEFORE.length()) {
      return value;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(value.substring(ENCODED_BEFORE.length(), end));
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notBase64) {
      return value;
    }
  }

  private static JsonArray modernVersions() {
    return new JsonArray().add(Era.MODERN_VERSION);
  }

  private JsonObject discovered() {
    return cached(
        new JsonObject()
            .put("supportedVersions", modernVersions())
            .put("capabilities", capabilities())
            .put("instructions", INSTRUCTIONS)
            .put("_meta", new JsonObject().put(Era.META_SERVER, serverInfo)));
  }

  private static JsonObject cached(JsonObject result) {
    return complete(result).put("ttlMs", LIST_TTL_MILLIS).put("cacheScope", "public");
  }

  private static JsonObject complete(JsonObject result) {
    return result.put("resultType", "complete");
  }

  // --- tools, in both eras ------------------------------------------------------------------

  private void call(Incoming in, Object id, Era era, Outlet out) {
    JsonObject params = Message.object(in.message, "params");
    String name = Message.text(params, "name");
    Tool tool = tools.get(name);
    if (tool == null) {
      out.answer(200, error(id, Message.INVALID_PARAMS, "There is no tool '" + name + "'."));
      return;
    }
    Object given = params.getValue("arguments");
    if (given != null && !(given instanceof JsonObject)) {
      out.answer(200, error(id, Message.INVALID_PARAMS, "'arguments' must be an object."));
      return;
    }
    JsonObject arguments = given instanceof JsonObject object ? object : new JsonObject();
    Object token = Message.object(params, "_meta").getValue("progressToken");
    Ending ending = new Ending(out);
    Tool.Run run =
        new Tool.Run(
            in.caller,
            in.callId,
            arguments,
            (steps, text) -> {
              if (Message.isId(token) && !ending.over) {
                out.ahead(progress(token, steps, text));
              }
            },
            result ->
                ending.answer(Message.result(id, era == Era.MODERN ? complete(result) : result)),
            action -> leave(in, id, era, out, ending, action));
    tool.call(run);
  }

  /** Sees to it that a call hears when nobody waits for it, however the era says so. */
  private void leave(Incoming in, Object id, Era era, Outlet out, Ending ending, Runnable action) {
    Runnable once =
        () -> {
          if (!ending.over) {
            ending.over = true;
            ending.whenOver.run();
            action.run();
          }
        };
    if (era == Era.MODERN) {
      // A client that closes the stream has cancelled the call.
      out.onGone(0, once);
      return;
    }
    // A lost connection is no cancellation here, but nothing can be delivered any more either.
    out.onGone(LEGACY_GRACE_MILLIS, once);
    Runnable cancel =
        in.onLoop.apply(() -> {
          boolean runs = !ending.over;
          once.run();
          if (runs) {
            // The client does not wait for it, but its HTTP request has to end.
            out.answer(200, error(id, Message.INTERNAL, "The call was cancelled."));
          }
        });
    ending.whenOver = inFlight.add(in.caller.keyId(), id, cancel);
  }

  private static JsonObject progress(Object token, long steps, String text) {
    return Message.notification(
        "notifications/progress",
        new JsonObject().put("progressToken", token).put("progress", steps).put("message", text));
  }

  /** The one end of a call, whoever brings it about. */
  private static final class Ending {
    private final Outlet out;
    private Runnable whenOver = () -> {};
    private boolean over;

    private Ending(Outlet out) {
      this.out = out;
    }

    void answer(JsonObject message) {
      if (!over) {
        over = true;
        whenOver.run();
        out.answer(200, message);
      }
    }
  }
}
