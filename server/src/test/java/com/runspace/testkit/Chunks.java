package com.runspace.testkit;

/** Makes chunks and answers in OpenAI's shape, with the id and the model of one completion. */
public record Chunks(String id, String model) {
  /** The moment that all these answers say they were created. */
  public static final long CREATED = 1_760_000_000L;

  /** What a provider might call its completion and its model. */
  public static Chunks ofProvider() {
    return new Chunks("chatcmpl-upstream-1", "provider/model-7b");
  }

  public String role() {
    return delta("{\"role\":\"assistant\",\"content\":\"\"}", "null");
  }

  public String content(String text) {
    return delta("{\"content\":" + quoted(text) + "}", "null");
  }

  public String reasoning(String text) {
    return delta("{\"reasoning_content\":" + quoted(text) + "}", "null");
  }

  /** The first delta of a tool call. */
  public String tool(int index, String callId, String name) {
    String function = "{\"name\":" + quoted(name) + ",\"arguments\":\"\"}";
    String call =
        "{\"index\":%d,\"id\":%s,\"type\":\"function\",\"function\":%s}"
            .formatted(index, quoted(callId), function);
    return delta("{\"tool_calls\":[" + call + "]}", "null");
  }

  /** A later delta of a tool call. */
  public String toolArguments(int index, String piece) {
    String call = "{\"index\":%d,\"function\":{\"arguments\":%s}}".formatted(index, quoted(piece));
    return delta("{\"tool_calls\":[" + call + "]}", "null");
  }

  public String finish(String reason) {
    return delta("{}", quoted(reason));
  }

  /** A finish chunk that carries its usage, as some providers send it. */
  public String finishWithUsage(String reason, long prompt, long completion) {
    return chunk(choices("{}", quoted(reason)), usageObject(prompt, completion));
  }

  /** The extra chunk without choices. */
  public String usage(long prompt, long completion) {
    return chunk("[]", usageObject(prompt, completion));
  }

  /** The extra chunk with a usage object of the test's own. */
  public String usage(String usageObject) {
    return chunk("[]", usageObject);
  }

  public String error(String message, String type, String code) {
    return "{\"error\":{\"message\":%s,\"type\":%s,\"code\":%s,\"param\":null}}"
        .formatted(quoted(message), quoted(type), quoted(code));
  }

  /** A whole answer to a call that does not stream. */
  public String completion(String text, String reason, long prompt, long completion) {
    String message = "{\"role\":\"assistant\",\"content\":" + quoted(text) + "}";
    String choice =
        "{\"index\":0,\"message\":%s,\"finish_reason\":%s}".formatted(message, quoted(reason));
    return object("chat.completion", "[" + choice + "]", usageObject(prompt, completion));
  }

  public static String usageObject(long prompt, long completion) {
    return "{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}"
        .formatted(prompt, completion, prompt + completion);
  }

  /** A JSON string with its quotes. */
  public static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> json.append(c < ' ' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
      }
    }
    return json.append('"').toString();
  }

  private String delta(String delta, String reason) {
    return chunk(choices(delta, reason), "");
  }

  private static String choices(String delta, String reason) {
    return "[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]".formatted(delta, reason);
  }

  private String chunk(String choices, String usage) {
    return object("chat.completion.chunk", choices, usage);
  }

  private String object(String kind, String choices, String usage) {
    String start =
        "{\"id\":%s,\"object\":\"%s\",\"created\":%d,\"model\":%s,\"choices\":%s"
            .formatted(quoted(id), kind, CREATED, quoted(model), choices);
    return start + (usage.isEmpty() ? "}" : ",\"usage\":" + usage + "}");
  }
}
