package com.runspace.engine;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON of one answer, whole or in chunks. All chunks of an answer share its id, its time and
 * its model.
 *
 * @param created seconds since 1970
 */
record ChatBodies(String id, long created, String model) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The whole answer. */
  String completion(String text, FinishReason reason, Usage usage) {
    ObjectNode body = head("chat.completion");
    ObjectNode choice = body.putArray("choices").addObject();
    choice.put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", text);
    choice.putNull("logprobs");
    choice.put("finish_reason", reason.word());
    body.set("usage", usage(usage));
    return write(body);
  }

  String roleChunk() {
    return chunk(object().put("role", "assistant").put("content", ""), null);
  }

  String textChunk(String text) {
    return chunk(object().put("content", text), null);
  }

  String finishChunk(FinishReason reason) {
    return chunk(object(), reason.word());
  }

  String usageChunk(Usage usage) {
    ObjectNode body = head("chat.completion.chunk");
    body.putArray("choices");
    body.set("usage", usage(usage));
    return write(body);
  }

  static String error(ApiException problem) {
    ObjectNode body = object();
    body.putObject("error")
        .put("message", problem.text())
        .put("type", problem.type())
        .put("param", problem.param())
        .put("code", problem.code());
    return write(body);
  }

  static String models(String id, long created, int context) {
    ObjectNode body = object().put("object", "list");
    body.putArray("data")
        .addObject()
        .put("id", id)
        .put("object", "model")
        .put("created", created)
        .put("owned_by", "local")
        .put("context_length", context);
    return write(body);
  }

  static String health(Scheduler.Load load) {
    return write(
        object()
            .put("status", "ok")
            .put("slots", load.slots())
            .put("busy", load.busy())
            .put("queued", load.queued()));
  }

  private String chunk(ObjectNode delta, @Nullable String finishReason) {
    ObjectNode body = head("chat.completion.chunk");
    ObjectNode choice = body.putArray("choices").addObject();
    choice.put("index", 0);
    choice.set("delta", delta);
    choice.putNull("logprobs");
    choice.put("finish_reason", finishReason);
    return write(body);
  }

  private ObjectNode head(String kind) {
    return object().put("id", id).put("object", kind).put("created", created).put("model", model);
  }

  private static ObjectNode usage(Usage usage) {
    return object()
        .put("prompt_tokens", usage.promptTokens())
        .put("completion_tokens", usage.completionTokens())
        .put("total_tokens", usage.totalTokens());
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  private static String write(ObjectNode body) {
    return JSON.writeValueAsString(body);
  }
}
