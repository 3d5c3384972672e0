package com.runspace.gateway;

import com.runspace.models.Model;
import com.runspace.upstream.Ways;
import com.runspace.wire.ApiError;
import com.runspace.wire.ProviderError;
import com.runspace.wire.Refusal;
import io.vertx.core.buffer.Buffer;

/**
 * A provider's answer that is no 2xx, and what it means for the caller.
 *
 * <p>What is the operator's fault (our key, our bill, a wrong model id) is never put on the caller:
 * it is a 503. What is the caller's fault comes with the provider's words.
 */
final class ProviderRefusal {
  static final Refusal TOO_LATE =
      Refusal.of(ApiError.UPSTREAM_TIMEOUT, "The provider did not answer in time.");

  private static final long RETRY_SECONDS = 5;
  private static final long RETRY_SECONDS_MAX = 60;

  private final int status;
  private final long retryAfterSeconds;
  private final Model model;
  private Buffer body = Buffer.buffer();

  ProviderRefusal(int status, long retryAfterSeconds, Model model) {
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
    this.model = model;
  }

  /** Keeps the bytes; false when there are more than an error needs. */
  boolean add(Buffer bytes, int max) {
    body = body.appendBuffer(bytes);
    return body.length() <= max;
  }

  /** The status, for figures; those that are rare share a word. */
  String outcome() {
    return switch (status) {
      case 400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529 -> "http_" + status;
      default -> status < 400 ? "http_odd" : status < 500 ? "http_4xx" : "http_5xx";
    };
  }

  boolean refusesOurKey() {
    return status == 401 || status == 402 || status == 403;
  }

  /** Whether the provider surely did not run the call, so that another one can. */
  boolean mayTryAnother() {
    return refusesOurKey() || status == 404 || status == 429 || status == 503;
  }

  static Refusal unavailable(String model, long restSeconds) {
    return Refusal.of(
            ApiError.MODEL_UNAVAILABLE, "The model `" + model + "` cannot be reached just now.")
        .retryAfter(restSeconds == 0 ? RETRY_SECONDS : restSeconds);
  }

  /** Tells the routing what this says of the provider. What the caller did wrong says nothing. */
  void report(Ways ways, long nowNanos) {
    if (isCallersFault()) {
      ways.succeeded();
    } else {
      ways.refused(status, retryAfterSeconds, nowNanos);
    }
  }

  private boolean isCallersFault() {
    return status == 400 || status == 413 || status == 415 || status == 422;
  }

  Refusal refusal() {
    return switch (status) {
      case 400, 413, 415, 422 -> callersFault();
      case 429, 503, 529 ->
          Refusal.of(
                  ApiError.OVERLOADED,
                  "The model `" + model.id() + "` has no room for this call just now.")
              .retryAfter(
                  retryAfterSeconds == 0
                      ? RETRY_SECONDS
                      : Math.min(retryAfterSeconds, RETRY_SECONDS_MAX));
      case 408, 504 -> TOO_LATE;
      case 401, 402, 403, 404 -> unavailable(model.id(), 0);
      default -> Refusal.of(ApiError.UPSTREAM_BROKEN, "The provider failed on this call.");
    };
  }

  private Refusal callersFault() {
    ProviderError error = ProviderError.read(body.getBytes());
    if (error.isContextOverflow()) {
      String words = "This model's maximum context length is " + model.window() + " tokens.";
      return Refusal.of(
          ApiError.CONTEXT_LENGTH,
          error.message().startsWith("This model's maximum context length")
              ? error.message()
              : words + " " + error.message(),
          "messages");
    }
    return Refusal.of(
        ApiError.REFUSED_BY_PROVIDER,
        error.message().isEmpty() ? "The provider refused this request." : error.message());
  }
}
