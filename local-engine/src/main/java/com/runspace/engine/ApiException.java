package com.runspace.engine;

import org.jspecify.annotations.Nullable;

/** A request that is refused, in the shape of OpenAI's errors. */
final class ApiException extends Exception {
  private final int status;
  private final String type;
  private final @Nullable String param;
  private final @Nullable String code;

  private ApiException(
      int status, String type, String message, @Nullable String param, @Nullable String code) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }

  static ApiException invalid(String message, @Nullable String param) {
    return new ApiException(400, "invalid_request_error", message, param, null);
  }

  static ApiException invalid(int status, String message, String param, String code) {
    return new ApiException(status, "invalid_request_error", message, param, code);
  }

  static ApiException contextExceeded(int context, int promptTokens) {
    return invalid(
        400,
        "This model's maximum context length is %d tokens. ".formatted(context)
            + "However, your messages resulted in %d tokens.".formatted(promptTokens),
        "messages",
        "context_length_exceeded");
  }

  static ApiException overloaded() {
    return new ApiException(
        503,
        "server_error",
        "The engine is busy and its queue is full. Try again in a moment.",
        null,
        "overloaded");
  }

  static ApiException failed(String message) {
    return new ApiException(500, "server_error", message, null, "engine_failed");
  }

  int status() {
    return status;
  }

  String type() {
    return type;
  }

  @Nullable String param() {
    return param;
  }

  @Nullable String code() {
    return code;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
