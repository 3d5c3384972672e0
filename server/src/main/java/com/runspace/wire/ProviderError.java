package com.runspace.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
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

  /** How providers say that a prompt does not fit, each with whom it was seen from. */
  private static final List<String> OVERFLOW_WORDS =
      List.of(
          // OpenAI, vLLM, SGLang, DeepSeek, OpenRouter.
          "maximum context length",
          // OpenAI's newer form, LM Studio, MiniMax.
          "context window",
          "context length",
          // llama.cpp.
          "context size",
          // Anthropic's, which gateways to many models repeat; Bedrock.
          "prompt is too long",
          "input is too long",
          // Groq, with OpenAI's code; some pass on only the sentence.
          "reduce the length of the messages",
          // xAI.
          "maximum prompt length",
          // Together, text-generation-inference.
          "`inputs` tokens + `max_new_tokens` must be",
          // Moonshot.
          "exceeded model token limit",
          // DashScope.
          "range of input length should be",
          // Google's models behind OpenAI's form.
          "input token count");

  private static final byte[] METADATA = "metadata".getBytes(US_ASCII);
  private static final byte[] RAW = "raw".getBytes(US_ASCII);
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
    String raw = "";
    reader.openObject();
    while (reader.nextMember()) {
      boolean isError = reader.stringIs(ERROR);
      boolean isMessage = reader.stringIs(MESSAGE) || reader.stringIs(DETAIL);
      boolean isCode = reader.stringIs(CODE);
      boolean isMetadata = reader.stringIs(METADATA);
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
      } else if (isMetadata && next == '{') {
        raw = raw(reader);
      } else {
        reader.skipValue();
      }
    }
    // OpenRouter's own sentence says only that somebody refused; theirs is a text within.
    ProviderError within = raw.isEmpty() ? UNREADABLE : read(raw.getBytes(UTF_8));
    String words = raw.isEmpty() || !within.message.isEmpty() ? within.message : raw;
    return new ProviderError(
        shortened(words.isEmpty() ? message : words), code.isEmpty() ? within.code : code);
  }

  private static String raw(JsonReader reader) {
    String raw = "";
    reader.openObject();
    while (reader.nextMember()) {
      boolean isRaw = reader.stringIs(RAW);
      boolean isText = reader.peek() == '"';
      reader.skipValue();
      raw = isRaw && isText ? reader.string() : raw;
    }
    return raw;
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
        || OVERFLOW_WORDS.stream().anyMatch(text::contains);
  }
}
