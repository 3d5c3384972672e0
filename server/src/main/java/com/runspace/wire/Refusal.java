package com.runspace.wire;

import com.runspace.base.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One refused request: the row of the error table, the sentence for the person who reads it, the
 * parameter at fault, extra members of the error object (raw JSON values) and extra headers.
 */
public record Refusal(
    ApiError error,
    String message,
    @Nullable String param,
    Map<String, String> extra,
    List<Header> headers) {

  /** A header line of the refusal. */
  public record Header(String name, String value) {}

  public static Refusal of(ApiError error, String message) {
    return new Refusal(error, message, null, Map.of(), List.of());
  }

  public static Refusal of(ApiError error, String message, @Nullable String param) {
    return new Refusal(error, message, param, Map.of(), List.of());
  }

  /** The same with one more header. */
  public Refusal with(String header, String value) {
    List<Header> more = new ArrayList<>(headers);
    more.add(new Header(header, value));
    return new Refusal(error, message, param, extra, List.copyOf(more));
  }

  /** The same, telling clients to wait so many seconds before they try again. */
  public Refusal retryAfter(long seconds) {
    return with("retry-after", Long.toString(seconds));
  }

  /** The same with more members in the error object; values are JSON already. */
  public Refusal withExtra(Map<String, String> members) {
    return new Refusal(error, message, param, members, headers);
  }

  /** The body of OpenAI's form: all four keys, always (openai-openapi v2.3.0, schema Error). */
  public byte[] body() {
    StringBuilder json = new StringBuilder(160).append("{\"error\":{\"message\":");
    JsonText.quote(json, message).append(",\"type\":\"").append(error.type());
    json.append("\",\"param\":");
    quoteOrNull(json, param).append(",\"code\":");
    quoteOrNull(json, error.code());
    extra.forEach(
        (name, value) -> JsonText.quote(json.append(','), name).append(':').append(value));
    return json.append("}}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static StringBuilder quoteOrNull(StringBuilder json, @Nullable String text) {
    return text == null ? json.append("null") : JsonText.quote(json, text);
  }

  /** Carries a refusal out of a scan. Made without a stack trace: it is not a bug. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    public Refused(Refusal refusal) {
      super(refusal.message(), null, false, false);
      this.refusal = refusal;
    }

    public Refusal refusal() {
      return refusal;
    }
  }
}
