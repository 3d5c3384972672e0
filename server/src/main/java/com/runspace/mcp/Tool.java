package com.runspace.mcp;

import com.runspace.keys.Caller;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.function.Consumer;

/** One tool that a client can call. Used on an event loop: never blocks. */
interface Tool {
  /** What {@code tools/list} says of it; the same for everybody. */
  JsonObject descriptor();

  /** Runs it. The run hears the result once, unless the client has left before. */
  void call(Run run);

  /** The name under which it is called. */
  default String name() {
    return descriptor().getString("name");
  }

  /**
   * One call of a tool.
   *
   * @param callId 128 bits as 32 hex digits, unique for ever
   * @param progress hears how far it is; goes nowhere unless the client asked for it
   * @param done hears the result, once
   * @param whenGone is handed what to do at once when nobody waits for the result any more
   */
  record Run(
      Caller caller,
      String callId,
      JsonObject arguments,
      Progress progress,
      Consumer<JsonObject> done,
      Consumer<Runnable> whenGone) {}

  /** Hears how far a call is. */
  @FunctionalInterface
  interface Progress {
    /**
     * Says how far the call is.
     *
     * @param steps grows with each report
     */
    void report(long steps, String message);
  }

  /** A result for the model to read. */
  static JsonObject text(String text) {
    return new JsonObject().put("content", new JsonArray().add(block(text)));
  }

  /** A failure that the model is told of, so that it can correct itself or say so. */
  static JsonObject error(String text) {
    return text(text).put("isError", true);
  }

  /** One block of text. */
  static JsonObject block(String text) {
    return new JsonObject().put("type", "text").put("text", text);
  }
}
