package com.runspace.engine;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * The part of a chat completion request that this engine acts on. Fields it does not know are
 * ignored, and a field that is {@code null} counts as absent, as with OpenAI.
 *
 * @param maxTokens the most tokens of the answer, if the request limits it
 */
record ChatRequest(
    @Nullable String model,
    List<ChatMessage> messages,
    OptionalInt maxTokens,
    List<String> stops,
    Sampling sampling,
    boolean stream,
    boolean includeUsage) {

  static final int MOST_STOPS = 16;

  private static final ObjectMapper JSON = new JsonMapper();

  /**
   * Reads a request body.
   *
   * @throws ApiException with status 400 and the first problem found
   */
  static ChatRequest parse(byte[] body) throws ApiException {
    JsonNode json = json(body);
    JsonNode choices = json.path("n");
    if (!isAbsent(choices)
        && !(choices.isIntegralNumber() && choices.bigIntegerValue().equals(BigInteger.ONE))) {
      throw ApiException.invalid("'n' must be 1: this model gives one choice per request.", "n");
    }
    boolean stream = bool(json, "stream");
    JsonNode streamOptions = json.path("stream_options");
    return new ChatRequest(
        model(json),
        messages(json),
        maxTokens(json),
        stops(json),
        sampling(json),
        stream,
        stream && bool(streamOptions, "include_usage"));
  }

  private static JsonNode json(byte[] body) throws ApiException {
    try {
      JsonNode json = JSON.readTree(body);
      if (json.isObject()) {
        return json;
      }
    } catch (JacksonException e) {
      throw ApiException.invalid(
          "The body of your request is not valid JSON: " + e.getOriginalMessage(), null);
    }
    throw ApiException.invalid("The body of your request must be a JSON object.", null);
  }

  private static @Nullable String model(JsonNode json) throws ApiException {
    JsonNode model = json.path("model");
    if (isAbsent(model)) {
      return null;
    }
    if (!model.isString()) {
      throw ApiException.invalid("'model' must be a string.", "model");
    }
    return model.stringValue();
  }

  private static List<ChatMessage> messages(JsonNode json) throws ApiException {
    JsonNode messages = json.path("messages");
    if (!messages.isArray() || messages.isEmpty()) {
      throw ApiException.invalid(
          "'messages' must be an array of at least one message.", "messages");
    }
    List<ChatMessage> conversation = new ArrayList<>();
    for (JsonNode message : messages) {
      String where = "messages[" + conversation.size() + "]";
      conversation.add(
          new ChatMessage(
              role(message.path("role"), where + ".role"),
              content(message.path("content"), where + ".content")));
    }
    return conversation;
  }

  /** Templates know no developer; it is what OpenAI calls the system role in newer models. */
  private static String role(JsonNode role, String where) throws ApiException {
    return switch (role.stringValue("")) {
      case "system", "developer" -> "system";
      case "user" -> "user";
      case "assistant" -> "assistant";
      case "tool" -> "tool";
      default ->
          throw ApiException.invalid(
              "'" + where + "' must be system, developer, user, assistant or tool.", where);
    };
  }

  private static String content(JsonNode content, String where) throws ApiException {
    if (isAbsent(content)) {
      return "";
    }
    if (content.isString()) {
      return text(content, where);
    }
    if (!content.isArray()) {
      throw ApiException.invalid("'" + where + "' must be a string or an array of parts.", where);
    }
    StringBuilder joined = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").stringValue("").equals("text")) {
        throw ApiException.invalid("'" + where + "' may hold text parts only.", where);
      }
      joined.append(text(part.path("text"), where));
    }
    return joined.toString();
  }

  private static String text(JsonNode text, String where) throws ApiException {
    if (!text.isString()) {
      throw ApiException.invalid("'" + where + "' must be text.", where);
    }
    String value = text.stringValue();
    if (value.indexOf('\0') >= 0) {
      throw ApiException.invalid("'" + where + "' must not contain the character U+0000.", where);
    }
    return value;
  }

  /** The newer name wins where a client sends both, for the older one is deprecated. */
  private static OptionalInt maxTokens(JsonNode json) throws ApiException {
    OptionalInt limit = OptionalInt.empty();
    for (String name : List.of("max_tokens", "max_completion_tokens")) {
      JsonNode value = json.path(name);
      if (isAbsent(value)) {
        continue;
      }
      if (!value.isIntegralNumber() || value.bigIntegerValue().signum() <= 0) {
        throw ApiException.invalid("'" + name + "' must be an integer of at least 1.", name);
      }
      boolean huge = value.bigIntegerValue().bitLength() >= Integer.SIZE;
      limit = OptionalInt.of(huge ? Integer.MAX_VALUE : value.intValue());
    }
    return limit;
  }

  private static List<String> stops(JsonNode json) throws ApiException {
    JsonNode stop = json.path("stop");
    if (isAbsent(stop)) {
      return List.of();
    }
    List<String> stops = new ArrayList<>();
    for (JsonNode each : stop.isArray() ? stop : List.of(stop)) {
      if (!each.isString() || each.stringValue().isEmpty() || stops.size() == MOST_STOPS) {
        throw ApiException.invalid(
            "'stop' must be a string or up to " + MOST_STOPS + " strings, none of them empty.",
            "stop");
      }
      stops.add(each.stringValue());
    }
    return stops;
  }

  private static Sampling sampling(JsonNode json) throws ApiException {
    JsonNode seed = json.path("seed");
    if (!isAbsent(seed) && !seed.isIntegralNumber()) {
      throw ApiException.invalid("'seed' must be an integer.", "seed");
    }
    return new Sampling(
        number(json, "temperature", 0, 2, Sampling.DEFAULT_TEMPERATURE),
        number(json, "top_p", 0, 1, Sampling.DEFAULT_TOP_P),
        isAbsent(seed)
            ? ThreadLocalRandom.current().nextLong()
            : seed.bigIntegerValue().longValue(),
        number(json, "frequency_penalty", -2, 2, 0),
        number(json, "presence_penalty", -2, 2, 0));
  }

  private static double number(JsonNode json, String name, double least, double most, double absent)
      throws ApiException {
    JsonNode value = json.path(name);
    if (isAbsent(value)) {
      return absent;
    }
    double number = value.isNumber() ? value.doubleValue() : Double.NaN;
    if (number >= least && number <= most) {
      return number;
    }
    throw ApiException.invalid(
        "'" + name + "' must be a number from " + least + " to " + most + ".", name);
  }

  private static boolean bool(JsonNode json, String name) throws ApiException {
    JsonNode value = json.path(name);
    if (isAbsent(value) || value.isBoolean()) {
      return value.booleanValue(false);
    }
    throw ApiException.invalid("'" + name + "' must be true or false.", name);
  }

  private static boolean isAbsent(JsonNode value) {
    return value.isMissingNode() || value.isNull();
  }
}
