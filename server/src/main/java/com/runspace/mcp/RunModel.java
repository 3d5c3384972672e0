package com.runspace.mcp;

import com.runspace.base.Watch;
import com.runspace.gateway.Completion;
import com.runspace.keys.Door;
import com.runspace.models.Model;
import com.runspace.wire.ApiError;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.Refusal;
import com.runspace.wire.Refusal.Refused;
import com.runspace.wire.SseScanner;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * {@code run_model}: one prompt on one model, through the same door as every other call, so that it
 * is metered, limited, shortened and cancelled like them.
 */
final class RunModel implements Tool {
  private static final Set<String> ARGUMENTS =
      Set.of("model", "prompt", "messages", "system", "max_tokens", "temperature");
  private static final Set<String> ROLES = Set.of("system", "user", "assistant");
  private static final String LOCAL = "local/";

  private final Completion completion;
  private final Supplier<List<Model>> listed;
  private final Watch watch;
  private final Deque<SseScanner> spare = new ArrayDeque<>();

  RunModel(Completion completion, Supplier<List<Model>> listed, Watch watch) {
    this.completion = completion;
    this.listed = listed;
    this.watch = watch;
  }

  @Override
  public JsonObject descriptor() {
    JsonObject message =
        new JsonObject()
            .put("type", "object")
            .put(
                "properties",
                new JsonObject()
                    .put("role", string("system, user or assistant"))
                    .put("content", string("what was said")))
            .put("required", new JsonArray().add("role").add("content"));
    JsonObject properties =
        new JsonObject()
            .put("model", string("id of the model, as list_models gives it: llama-3.3-70b"))
            .put("prompt", string("the prompt; either this or messages"))
            .put(
                "messages",
                new JsonObject()
                    .put("type", "array")
                    .put("items", message)
                    .put("description", "a conversation instead of a prompt"))
            .put("system", string("system prompt: how to answer"))
            .put(
                "max_tokens",
                new JsonObject()
                    .put("type", "integer")
                    .put("minimum", 1)
                    .put("description", "most tokens of the answer; the service has a ceiling"))
            .put(
                "temperature",
                new JsonObject()
                    .put("type", "number")
                    .put("minimum", 0)
                    .put("maximum", 2)
                    .put("description", "0 for the likeliest answer, 1 for usual variety"));
    return new JsonObject()
        .put("name", "run_model")
        .put("title", "Run a model")
        .put(
            "description",
            "Runs one prompt on an open model in the cloud and returns its answer. The tokens are"
                + " charged to the daily allowance.")
        .put(
            "inputSchema",
            new JsonObject()
                .put("type", "object")
                .put("properties", properties)
                .put("required", new JsonArray().add("model"))
                .put("additionalProperties", false))
        .put(
            "annotations",
            new JsonObject()
                .put("title", "Run a model")
                // It changes nothing, but it spends, so a client may well ask before each call.
                .put("readOnlyHint", false)
                .put("destructiveHint", false)
                .put("idempotentHint", false)
                .put("openWorldHint", true));
  }

  private static JsonObject string(String description) {
    return new JsonObject().put("type", "string").put("description", description);
  }

  @Override
  public void call(Run run) {
    String model = Message.text(run.arguments(), "model");
    ChatRequest request;
    try {
      if (model.startsWith(LOCAL)) {
        throw new IllegalArgumentException(
            "'"
                + model
                + "' runs on the user's own machine, which this server cannot see. Local models"
                + " run through the desktop connector, runspace-mcp.");
      }
      request = ChatRequest.scan(body(run.arguments(), model));
    } catch (IllegalArgumentException wrong) {
      run.done().accept(Tool.error(String.valueOf(wrong.getMessage())));
      return;
    } catch (Refused refused) {
      run.done().accept(Tool.error(words(refused.refusal(), model)));
      return;
    }
    RunSink sink = new RunSink(run, watch, refusal -> words(refusal, model), spare);
    completion.run(run.caller(), Door.MCP, run.callId(), request, sink);
  }

  /**
   * The request that the arguments stand for.
   *
   * @throws IllegalArgumentException with a sentence for the model that called
   */
  static byte[] body(JsonObject arguments, String model) {
    for (String name : arguments.fieldNames()) {
      require(ARGUMENTS.contains(name), "There is no argument '" + name + "'.");
    }
    require(!model.isBlank(), "'model' is missing: the id of a model, see list_models.");
    JsonObject request =
        new JsonObject()
            .put("model", model)
            .put("stream", true)
            .put("stream_options", new JsonObject().put("include_usage", true))
            .put("messages", messages(arguments));
    Object most = arguments.getValue("max_tokens");
    if (most != null) {
      boolean isWhole = most instanceof Integer || most instanceof Long;
      require(
          isWhole && ((Number) most).longValue() >= 1, "'max_tokens' must be a whole number >= 1.");
      request.put("max_tokens", most);
    }
    Object temperature = arguments.getValue("temperature");
    if (temperature != null) {
      require(
          temperature instanceof Number number
              && number.doubleValue() >= 0
              && number.doubleValue() <= 2,
          "'temperature' must be a number from 0 to 2.");
      request.put("temperature", temperature);
    }
    return request.toBuffer().getBytes();
  }

  private static JsonArray messages(JsonObject arguments) {
    Object prompt = arguments.getValue("prompt");
    Object given = arguments.getValue("messages");
    require(
        (prompt == null) != (given == null),
        "Give either 'prompt', a text, or 'messages', a list of {role, content}.");
    JsonArray messages = new JsonArray();
    Object system = arguments.getValue("system");
    if (system != null) {
      require(system instanceof String, "'system' must be a text.");
      messages.add(message("system", system));
    }
    if (prompt != null) {
      require(prompt instanceof String text && !text.isEmpty(), "'prompt' must be a text.");
      return messages.add(message("user", prompt));
    }
    require(given instanceof JsonArray list && !list.isEmpty(), "'messages' must be a list.");
    for (Object each : (JsonArray) given) {
      boolean isMessage =
          each instanceof JsonObject object
              && ROLES.contains(Message.text(object, "role"))
              && object.getValue("content") instanceof String;
      require(
          isMessage,
          "Each of 'messages' needs 'role' (system, user or assistant) and 'content', a text.");
      JsonObject object = (JsonObject) each;
      messages.add(message(object.getString("role"), object.getString("content")));
    }
    return messages;
  }

  private static JsonObject message(String role, Object content) {
    return new JsonObject().put("role", role).put("content", content);
  }

  private static void require(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  /** A refusal in words that a model can act on or pass on. */
  private String words(Refusal refusal, String model) {
    ApiError error = refusal.error();
    return switch (error) {
      case MODEL_NOT_FOUND -> refusal.message() + " " + suggestion(model);
      case ALLOWANCE_SPENT ->
          "Today's allowance is used up; it resets at 00:00 UTC" + in(refusal) + ".";
      case KEY_CAP_SPENT ->
          "The daily cap of this key or connection is used up; it resets at 00:00 UTC"
              + in(refusal)
              + ".";
      case RATE_LIMITED, ALLOWANCE_HELD, OVERLOADED, MODEL_UNAVAILABLE ->
          refusal.message() + (wait(refusal) < 0 ? "" : " Try again" + in(refusal) + ".");
      default -> refusal.message();
    };
  }

  private static String in(Refusal refusal) {
    long seconds = wait(refusal);
    if (seconds < 0) {
      return "";
    }
    long minutes = Math.ceilDiv(seconds, 60L);
    if (seconds < 120) {
      return " in " + seconds + " s";
    }
    return minutes < 60
        ? " in " + minutes + " min"
        : " in " + minutes / 60 + " h " + minutes % 60 + " min";
  }

  /** Seconds to wait; below 0 when the refusal does not say. */
  private static long wait(Refusal refusal) {
    return refusal.headers().stream()
        .filter(header -> header.name().equals("retry-after"))
        .mapToLong(header -> Long.parseLong(header.value()))
        .findFirst()
        .orElse(-1);
  }

  private String suggestion(String model) {
    Set<String> ids =
        listed.get().stream().map(Model::id).collect(Collectors.toCollection(TreeSet::new));
    if (ids.isEmpty()) {
      return "No model can be reached just now.";
    }
    String near =
        ids.stream()
            .filter(id -> id.contains(model) || model.contains(id) || sameStart(id, model))
            .findFirst()
            .map(id -> "Did you mean '" + id + "'? ")
            .orElse("");
    return near + "There are: " + String.join(", ", ids) + ".";
  }

  private static boolean sameStart(String one, String other) {
    int most = Math.min(one.length(), other.length());
    int same = 0;
    while (same < most && one.charAt(same) == other.charAt(same)) {
      same++;
    }
    return same >= 4;
  }
}
