package com.runspace.wire;

import org.jspecify.annotations.Nullable;

/**
 * Every error a caller can meet, one row each: HTTP status, {@code type} and {@code code} of the
 * body, and whether an SDK should try again by itself. Shapes follow OpenAI's published errors;
 * where OpenAI has none (402) the row is ours.
 */
public enum ApiError {
  BAD_JSON(400, "invalid_request_error", null, Retry.BY_STATUS),
  INVALID_VALUE(400, "invalid_request_error", "invalid_value", Retry.BY_STATUS),
  INVALID_TYPE(400, "invalid_request_error", "invalid_type", Retry.BY_STATUS),
  MISSING_PARAMETER(400, "invalid_request_error", "missing_required_parameter", Retry.BY_STATUS),
  DUPLICATE_PARAMETER(400, "invalid_request_error", "duplicate_parameter", Retry.BY_STATUS),
  UNSUPPORTED_VALUE(400, "invalid_request_error", "unsupported_value", Retry.BY_STATUS),
  EMPTY_ARRAY(400, "invalid_request_error", "empty_array", Retry.BY_STATUS),
  CONTEXT_LENGTH(400, "invalid_request_error", "context_length_exceeded", Retry.BY_STATUS),
  REFUSED_BY_PROVIDER(400, "invalid_request_error", "invalid_request", Retry.BY_STATUS),
  BAD_FRAMING(400, "invalid_request_error", "bad_request_framing", Retry.BY_STATUS),
  INVALID_KEY(401, "invalid_request_error", "invalid_api_key", Retry.NO),
  ALLOWANCE_SPENT(402, "insufficient_quota", "daily_allowance_spent", Retry.NO),
  KEY_CAP_SPENT(402, "insufficient_quota", "key_cap_spent", Retry.NO),
  KEY_SCOPE(403, "permission_error", "key_scope", Retry.NO),
  MODEL_NOT_ALLOWED(403, "permission_error", "model_not_allowed", Retry.NO),
  MODEL_NOT_FOUND(404, "invalid_request_error", "model_not_found", Retry.NO),
  UNKNOWN_URL(404, "invalid_request_error", "unknown_url", Retry.NO),
  METHOD_NOT_ALLOWED(405, "invalid_request_error", "method_not_supported", Retry.NO),
  BODY_TIMEOUT(408, "invalid_request_error", "request_timeout", Retry.BY_STATUS),
  BODY_TOO_LARGE(413, "invalid_request_error", "request_too_large", Retry.NO),
  ENCODING_UNSUPPORTED(415, "invalid_request_error", "unsupported_content_encoding", Retry.NO),
  RATE_LIMITED(429, "requests", "rate_limit_exceeded", Retry.YES),
  ALLOWANCE_HELD(429, "insufficient_quota", "allowance_held", Retry.YES),
  HEADERS_TOO_LARGE(431, "invalid_request_error", "headers_too_large", Retry.NO),
  INTERNAL(500, "server_error", "internal_error", Retry.BY_STATUS),
  UPSTREAM_BROKEN(502, "server_error", "bad_gateway", Retry.BY_STATUS),
  OVERLOADED(503, "server_error", "overloaded", Retry.YES),
  MODEL_UNAVAILABLE(503, "server_error", "model_unavailable", Retry.YES),
  UPSTREAM_TIMEOUT(504, "server_error", "timeout", Retry.BY_STATUS);

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

  ApiError(int status, String type, @Nullable String code, Retry retry) {
    this.status = status;
    this.type = type;
    this.code = code;
    this.retry = retry;
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
}
