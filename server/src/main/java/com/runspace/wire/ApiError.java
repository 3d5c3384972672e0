package com.runspace.wire;

import org.jspecify.annotations.Nullable;

/**
 * Every error a caller can meet, one row each: HTTP status, {@code type} and {@code code} of the
 * body, and whether an SDK should try again by itself. Shapes follow OpenAI's published errors;
 * where OpenAI has none (402) the row is ours.
 */
public enum ApiError {
  BAD_JSON(
      400,
      "invalid_request_error",
      null,
      Retry.BY_STATUS,
      "The body is not JSON, or not a JSON object."),
  INVALID_VALUE(
      400,
      "invalid_request_error",
      "invalid_value",
      Retry.BY_STATUS,
      "A parameter has a value outside of what is allowed."),
  INVALID_TYPE(
      400,
      "invalid_request_error",
      "invalid_type",
      Retry.BY_STATUS,
      "A parameter has the wrong type."),
  MISSING_PARAMETER(
      400,
      "invalid_request_error",
      "missing_required_parameter",
      Retry.BY_STATUS,
      "`model` or `messages` is missing."),
  DUPLICATE_PARAMETER(
      400,
      "invalid_request_error",
      "duplicate_parameter",
      Retry.BY_STATUS,
      "A parameter is given twice, or is a known one but for case."),
  UNSUPPORTED_VALUE(
      400,
      "invalid_request_error",
      "unsupported_value",
      Retry.BY_STATUS,
      "The model cannot do what is asked."),
  EMPTY_ARRAY(400, "invalid_request_error", "empty_array", Retry.BY_STATUS, "`messages` is empty."),
  CONTEXT_LENGTH(
      400,
      "invalid_request_error",
      "context_length_exceeded",
      Retry.BY_STATUS,
      "Prompt and answer do not fit into the model's window."),
  REFUSED_BY_PROVIDER(
      400,
      "invalid_request_error",
      "invalid_request",
      Retry.BY_STATUS,
      "The provider finds the request wrong; its words are in the message."),
  BAD_FRAMING(
      400,
      "invalid_request_error",
      "bad_request_framing",
      Retry.BY_STATUS,
      "The request is not valid HTTP, or could be read in two ways."),
  CHALLENGE_EXPIRED(
      400,
      "invalid_request_error",
      "challenge_expired",
      Retry.NO,
      "The challenge has expired, was used, or is of another browser; ask for a new one."),
  INVALID_KEY(
      401,
      "invalid_request_error",
      "invalid_api_key",
      Retry.NO,
      "The key is missing, unknown, revoked or expired."),
  NOT_SIGNED_IN(
      401,
      "authentication_error",
      "not_signed_in",
      Retry.NO,
      "This needs a session; sign in with a wallet."),
  SIGNATURE_INVALID(
      401,
      "authentication_error",
      "signature_invalid",
      Retry.NO,
      "The signature is not one of this wallet for this message."),
  ALLOWANCE_SPENT(
      402,
      "insufficient_quota",
      "daily_allowance_spent",
      Retry.NO,
      "Not even a short answer is affordable before 00:00 UTC."),
  KEY_CAP_SPENT(
      402,
      "insufficient_quota",
      "key_cap_spent",
      Retry.NO,
      "This key's own daily cap is spent; the account may have more."),
  KEY_SCOPE(
      403, "permission_error", "key_scope", Retry.NO, "The key is not meant for this endpoint."),
  MODEL_NOT_ALLOWED(
      403, "permission_error", "model_not_allowed", Retry.NO, "The key may not use this model."),
  CONFIRMATION_REQUIRED(
      403,
      "permission_error",
      "confirmation_required",
      Retry.NO,
      "A wallet of the account has to sign again first; its last signature is too old."),
  CROSS_ORIGIN(
      403,
      "permission_error",
      "cross_origin",
      Retry.NO,
      "A browser sent this from a page of another site."),
  MODEL_NOT_FOUND(
      404,
      "invalid_request_error",
      "model_not_found",
      Retry.NO,
      "There is no such model; `GET /v1/models` lists them."),
  UNKNOWN_URL(404, "invalid_request_error", "unknown_url", Retry.NO, "There is no such path."),
  METHOD_NOT_ALLOWED(
      405,
      "invalid_request_error",
      "method_not_supported",
      Retry.NO,
      "The path exists, but not for this method; see `allow`."),
  BODY_TIMEOUT(
      408,
      "invalid_request_error",
      "request_timeout",
      Retry.BY_STATUS,
      "The body came too slowly."),
  WALLET_CONFLICT(
      409,
      "invalid_request_error",
      "wallet_conflict",
      Retry.NO,
      "The wallet belongs to another account, or the account has too many or only this one."),
  BODY_TOO_LARGE(
      413,
      "invalid_request_error",
      "request_too_large",
      Retry.NO,
      "The body is larger than 32 MiB, or than 16 KiB below `/auth/`."),
  ENCODING_UNSUPPORTED(
      415,
      "invalid_request_error",
      "unsupported_content_encoding",
      Retry.NO,
      "The body is compressed; send it as it is."),
  NOT_JSON(
      415,
      "invalid_request_error",
      "unsupported_media_type",
      Retry.NO,
      "The body must come as `application/json`."),
  RATE_LIMITED(
      429,
      "requests",
      "rate_limit_exceeded",
      Retry.YES,
      "This key, wallet or address has asked too often; wait for `retry-after`."),
  ALLOWANCE_HELD(
      429,
      "insufficient_quota",
      "allowance_held",
      Retry.YES,
      "Calls in flight hold what is left of the allowance; try again soon."),
  HEADERS_TOO_LARGE(
      431,
      "invalid_request_error",
      "headers_too_large",
      Retry.NO,
      "Request line or headers are too large or too many."),
  INTERNAL(500, "server_error", "internal_error", Retry.BY_STATUS, "Our mistake."),
  UPSTREAM_BROKEN(
      502,
      "server_error",
      "bad_gateway",
      Retry.BY_STATUS,
      "The provider failed, or what it sent was no answer."),
  OVERLOADED(
      503,
      "server_error",
      "overloaded",
      Retry.YES,
      "The provider, or the service, has no room for the call just now."),
  MODEL_UNAVAILABLE(
      503,
      "server_error",
      "model_unavailable",
      Retry.YES,
      "No provider of this model can be reached just now."),
  CHAIN_UNAVAILABLE(
      503,
      "server_error",
      "chain_unavailable",
      Retry.YES,
      "The chain that has to be asked about a contract wallet does not answer just now."),
  UPSTREAM_TIMEOUT(
      504, "server_error", "timeout", Retry.BY_STATUS, "The provider did not answer in time.");

  /** What {@code x-should-retry} tells an SDK; OpenAI's own SDKs obey it. */
  public enum Retry {
    YES,
    NO,
    /** Send no header: the SDK's rule for the status is right. */
    BY_STATUS
  }

  private final int status;
  private final String type;
  private final @Nullable String code;
  private final Retry retry;
  private final String meaning;

  ApiError(int status, String type, @Nullable String code, Retry retry, String meaning) {
    this.status = status;
    this.type = type;
    this.code = code;
    this.retry = retry;
    this.meaning = meaning;
  }

  /** HTTP status, when no byte of an answer has left yet. */
  public int status() {
    return status;
  }

  /** {@code error.type} of the body. */
  public String type() {
    return type;
  }

  /** {@code error.code} of the body; null is written as JSON null. */
  public @Nullable String code() {
    return code;
  }

  public Retry retry() {
    return retry;
  }

  /** One sentence for people: what a caller did or met. */
  public String meaning() {
    return meaning;
  }
}
