package com.runspace.mcp;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** JSON-RPC 2.0 as this protocol uses it. */
final class Message {
  static final int PARSE_ERROR = -32700;
  static final int INVALID_REQUEST = -32600;
  static final int METHOD_NOT_FOUND = -32601;
  static final int INVALID_PARAMS = -32602;
  static final int INTERNAL = -32603;

  /** 2026-07-28, basic/transports/streamable-http: headers and body must agree. */
  static final int HEADER_MISMATCH = -32020;

  /** 2026-07-28, basic/versioning. */
  static final int UNSUPPORTED_VERSION = -32022;

  private Message() {}

  static JsonObject result(@Nullable Object id, JsonObject result) {
    return new JsonObject().put("jsonrpc", "2.0").put("id", id).put("result", result);
  }

  static JsonObject error(@Nullable Object id, int code, String text) {
    return error(id, code, text, null);
  }

  static JsonObject error(@Nullable Object id, int code, String text, @Nullable JsonObject data) {
    JsonObject error = new JsonObject().put("code", code).put("message", text);
    if (data != null) {
      error.put("data", data);
    }
    return new JsonObject().put("jsonrpc", "2.0").put("id", id).put("error", error);
  }

  static JsonObject notification(String method, JsonObject params) {
    return new JsonObject().put("jsonrpc", "2.0").put("method", method).put("params", params);
  }

  /** The object of that name; an empty one when there is none. */
  static JsonObject object(JsonObject parent, String name) {
    return parent.getValue(name) instanceof JsonObject object ? object : new JsonObject();
  }

  /** The text of that name; empty when there is none. */
  static String text(JsonObject parent, String name) {
    return parent.getValue(name) instanceof String text ? text : "";
  }

  /** Whether this can be the id of a request: a text or a whole number, and not null. */
  static boolean isId(@Nullable Object id) {
    return id instanceof String || id instanceof Integer || id instanceof Long;
  }
}
