package com.runspace.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Locale;

/**
 * The message of an error that a provider sent, whatever shape it chose.
 *
 * @param message its sentence, shortened; empty when it sent none that can be read
 * @param code its code, empty when absent
 */
public record ProviderError(String message, String code) {
  private static final int MESSAGE_CHARS_MAX = 2_000;
  private static final ProviderError UNREADABLE = new ProviderError("", "");

  private static final byte[] ERROR = "error".getBytes(US_ASCII);
  private static final byte[] MESSAGE = "message".getBytes(US_ASCII);
  private static final byte[] DETAIL = "detail".getBytes(US_ASCII);
  private static final byte[] CODE = "code".getBytes(US_ASCII);

  /** Reads an error body: OpenAI's form, a bare error object, or one with only a message. */
  public static ProviderError read(byte[] body) {
    JsonReader reader = new JsonReader();
    reader.reset(body, 0, body.length);
    try {
      if (reader.peek() == '"') {
        reader.skipString();
        String text = reader.string();
        reader.expectEnd();
        return new ProviderError(shortened(text), "");
      }
      ProviderError error = object(reader);
      reader.expectEnd();
      return error;
    } catch (JsonReader.Fault notJson) {
      return UNREADABLE;
    }
  }

  private static ProviderError object(JsonReader reader) {
    String message = "";
    String code = "";
    reader.openObject();
    while (reader.nextMember()) {
      boolean isError = reader.stringIs(ERROR);
      boolean isMessage = reader.stringIs(MESSAGE) || reader.stringIs(DETAIL);
      boolean isCode = reader.stringIs(CODE);
      int next = reader.peek();
      if (isError && next == '{') {
        ProviderError inner = object(reader);
        message = inner.message().isEmpty() ? message : inner.message();
        code = inner.code().isEmpty() ? code : inner.code();
      } else if ((isMessage || isError) && next == '"') {
        reader.skipString();
        message = message.isEmpty() ? reader.string() : message;
      } else if (isCode && next == '"') {
        reader.skipString();
        code = code.isEmpty() ? reader.string() : code;
      } else {
        reader.skipValue();
      }
    }
    return new ProviderError(shortened(message), code);
  }

  private static String shortened(String message) {
    return message.length() <= MESSAGE_CHARS_MAX
        ? message
        : message.substring(0, MESSAGE_CHARS_MAX) + "…";
  }

  /** Whether the provider says that prompt and output do not fit into the model's window. */
  public boolean isContextOverflow() {
    String text = message.toLowerCase(Locale.ROOT);
    return code.equals("context_length_exceeded")
        || text.contains("maximum context length")
        || text.contains("context window")
        || text.contains("context length")
        || text.contains("prompt is too long");
  }
}
