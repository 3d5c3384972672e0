package com.runspace.wire;

import static com.runspace.wire.ApiError.BAD_JSON;
import static com.runspace.wire.ApiError.DUPLICATE_PARAMETER;
import static com.runspace.wire.ApiError.INVALID_TYPE;
import static com.runspace.wire.ApiError.INVALID_VALUE;
import static com.runspace.wire.ApiError.MISSING_PARAMETER;
import static com.runspace.wire.ApiError.UNSUPPORTED_VALUE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.JsonText;
import com.runspace.wire.Refusal.Refused;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The one pass over a chat request.
 *
 * <p>A provider's parser must not be able to see another request than the one that was priced.
 * Therefore names are compared after unescaping, a name that comes twice is refused, and so is one
 * that equals a known name but for case (some parsers ignore case, and fold the long s and the
 * Kelvin sign while they do).
 */
final class ChatScan {
  private static final int MEMBERS_MAX = 256;
  private static final int MODEL_CHARS_MAX = 256;

  /** The case of an ASCII letter; a false hit on punctuation is refused all the same. */
  private static final int CASE = 0x20;

  private static final byte[] TYPE = "type".getBytes(US_ASCII);
  private static final byte[] FUNCTION = "function".getBytes(US_ASCII);
  private static final byte[] INCLUDE_USAGE = "include_usage".getBytes(US_ASCII);

  /** Fields that can become prompt tokens at one provider or another; their bytes are counted. */
  private static final String PROMPT =
      "messages tools functions tool_choice function_call response_format documents"
          + " chat_template chat_template_kwargs prompt system prefix suffix grammar json_schema"
          + " guided_json guided_choice guided_regex guided_grammar structured_outputs";

  /** Names that change model, price or size of a call: another spelling of one is refused. */
  private static final String[] GUARDED =
      (PROMPT
              + " model stream stream_options max_tokens max_completion_tokens n models provider"
              + " plugins service_tier best_of prediction n_predict max_output_tokens"
              + " max_new_tokens num_predict route transforms web_search_options")
          .split(" ", -1);

  private static final Set<String> IN_PROMPT = Set.of(PROMPT.split(" ", -1));

  /** The guarded names, those of n characters at index n. */
  private static final String[][] BY_LENGTH = byLength();

  /** What {@code tool_choice} may say as an object; the last is OpenAI's list of functions. */
  private static final Set<String> CHOICE_TYPES =
      Set.of("function", "auto", "none", "required", "allowed_tools");

  String model = "";
  boolean stream;
  boolean includeUsage;
  long outputLimit;
  int choices = 1;
  long promptBytes;
  final MessageScan messages;
  int openBrace;
  boolean escapedNames;
  int members;
  int[] spans = new int[4 * 12];

  private final byte[] bytes;
  private final JsonReader reader = new JsonReader();
  private boolean sawModel;
  private boolean sawMessages;

  private ChatScan(byte[] bytes) {
    this.bytes = bytes;
    reader.reset(bytes, 0, bytes.length);
    messages = new MessageScan(reader, bytes);
  }

  static ChatScan of(byte[] bytes) {
    ChatScan scan = new ChatScan(bytes);
    try {
      scan.object();
    } catch (JsonReader.Fault fault) {
      throw refused(
          BAD_JSON,
          "We could not parse the JSON body of your request: "
              + fault.getMessage()
              + " (at byte "
              + fault.at
              + ").",
          null);
    }
    return scan;
  }

  private void object() {
    if (reader.peek() != '{') {
      throw reader.fault("an object was expected");
    }
    openBrace = reader.position();
    reader.openObject();
    while (reader.nextMember()) {
      int nameFrom = reader.stringFrom() - 1;
      int nameTo = reader.stringTo() + 1;
      boolean escaped = reader.stringEscaped();
      escapedNames |= escaped;
      boolean plain = !escaped && isAscii(nameFrom, nameTo);
      String name = plain ? guardedName(nameFrom + 1, nameTo - 1) : guardedName(reader.string());
      reader.peek();
      int valueFrom = reader.position();
      value(name);
      add(nameFrom, nameTo, valueFrom, reader.position());
      if (IN_PROMPT.contains(name)) {
        promptBytes += reader.position() - valueFrom;
      }
    }
    reader.expectEnd();
    refuseDuplicates();
    if (!sawModel) {
      throw refused(MISSING_PARAMETER, "You must provide a model parameter.", "model");
    }
    if (!sawMessages) {
      throw refused(MISSING_PARAMETER, "Missing required parameter: 'messages'.", "messages");
    }
  }

  private void value(String name) {
    switch (name) {
      case "model" -> model();
      case "messages" -> {
        sawMessages = true;
        messages.read();
        promptBytes -= messages.mediaBytes;
      }
      case "tools" -> tools();
      case "tool_choice" -> toolChoice();
      case "stream" -> stream = booleanOrNull("stream");
      case "stream_options" -> streamOptions();
      case "max_tokens", "max_completion_tokens" -> outputLimit(name);
      case "n" -> choices = (int) Math.max(1, positive("n", ChatRequest.CHOICES_MAX));
      default -> reader.skipValue();
    }
  }

  private void model() {
    if (reader.peek() != '"') {
      throw refused(INVALID_TYPE, "Invalid type for 'model': expected a string.", "model");
    }
    reader.skipString();
    model = reader.string();
    sawModel = true;
    if (model.isEmpty() || model.length() > MODEL_CHARS_MAX) {
      throw refused(INVALID_VALUE, "Invalid 'model': expected 1 to 256 characters.", "model");
    }
  }

  private void outputLimit(String name) {
    long limit = positive(name, Long.MAX_VALUE);
    if (limit == 0) {
      return;
    }
    if (outputLimit != 0 && outputLimit != limit) {
      throw refused(
          INVALID_VALUE,
          "'max_tokens' and 'max_completion_tokens' differ. Send one of them.",
          "max_completion_tokens");
    }
    outputLimit = limit;
  }

  /** A positive integer, or 0 for null. */
  private long positive(String name, long max) {
    if (reader.skipNull()) {
      return 0;
    }
    long value;
    try {
      value = reader.readInteger();
    } catch (JsonReader.Fault fault) {
      throw refused(INVALID_TYPE, "Invalid type for '" + name + "': expected an integer.", name);
    }
    if (value < 1) {
      throw refused(INVALID_VALUE, "Invalid '" + name + "': it must be at least 1.", name);
    }
    if (value > max) {
      throw refused(INVALID_VALUE, "Invalid '" + name + "': it must be at most " + max + ".", name);
    }
    return value;
  }

  private boolean booleanOrNull(String name) {
    if (reader.skipNull()) {
      return false;
    }
    int next = reader.peek();
    if (next != 't' && next != 'f') {
      throw refused(INVALID_TYPE, "Invalid type for '" + name + "': expected a boolean.", name);
    }
    return reader.readBoolean();
  }

  private void streamOptions() {
    if (reader.skipNull()) {
      return;
    }
    if (reader.peek() != '{') {
      throw refused(
          INVALID_TYPE, "Invalid type for 'stream_options': expected an object.", "stream_options");
    }
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(INCLUDE_USAGE)) {
        includeUsage = booleanOrNull("stream_options.include_usage");
      } else {
        reader.skipValue();
      }
    }
  }

  /**
   * Tools that a provider runs itself are billed apart by those that have them, and by nobody
   * counted here.
   */
  private void tools() {
    if (reader.peek() != '[') {
      reader.skipValue();
      return;
    }
    reader.openArray();
    for (int i = 0; reader.nextElement(); i++) {
      if (reader.peek() != '{') {
        reader.skipValue();
        continue;
      }
      String type = otherType();
      if (type != null) {
        String param = "tools[" + i + "].type";
        throw refused(
            UNSUPPORTED_VALUE,
            "Unsupported value: '" + param + "' must be 'function', not '" + type + "'.",
            param);
      }
    }
  }

  /** Passes over a tool; the type that it has, null when that is a function's or absent. */
  private @Nullable String otherType() {
    String other = null;
    reader.openObject();
    while (reader.nextMember()) {
      boolean isType = reader.stringIs(TYPE) || "type".equalsIgnoreCase(reader.string());
      int next = reader.peek();
      reader.skipValue();
      if (isType && next == '"' && !reader.stringIs(FUNCTION)) {
        other = reader.string();
      } else if (isType && next != '"' && next != 'n') {
        other = "";
      }
    }
    return other;
  }

  private void toolChoice() {
    if (reader.peek() != '{') {
      reader.skipValue();
      return;
    }
    String type = otherType();
    if (type != null && !CHOICE_TYPES.contains(type)) {
      throw refused(
          UNSUPPORTED_VALUE,
          "Unsupported value: 'tool_choice.type' must be 'function', not '" + type + "'.",
          "tool_choice.type");
    }
  }

  private void add(int nameFrom, int nameTo, int valueFrom, int valueTo) {
    if (members == MEMBERS_MAX) {
      throw reader.fault("more than " + MEMBERS_MAX + " members");
    }
    int at = 4 * members++;
    if (at == spans.length) {
      spans = Arrays.copyOf(spans, 2 * at);
    }
    spans[at] = nameFrom;
    spans[at + 1] = nameTo;
    spans[at + 2] = valueFrom;
    spans[at + 3] = valueTo;
  }

  private void refuseDuplicates() {
    if (escapedNames) {
      refuseDuplicateTexts();
      return;
    }
    for (int i = 4; i < 4 * members; i += 4) {
      for (int j = 0; j < i; j += 4) {
        if (Arrays.equals(bytes, spans[i], spans[i + 1], bytes, spans[j], spans[j + 1])) {
          throw duplicate(new String(bytes, spans[i] + 1, spans[i + 1] - spans[i] - 2, UTF_8));
        }
      }
    }
  }

  private void refuseDuplicateTexts() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 4 * members; i += 4) {
      String raw = new String(bytes, spans[i] + 1, spans[i + 1] - spans[i] - 2, UTF_8);
      String name = JsonText.unescape(raw);
      if (!names.add(name)) {
        throw duplicate(name);
      }
    }
  }

  private static Refused duplicate(String name) {
    return refused(DUPLICATE_PARAMETER, "The parameter '" + name + "' is given twice.", name);
  }

  private boolean isAscii(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }

  /** The guarded name that stands there, or "" for any other; a misspelt one is refused. */
  private String guardedName(int from, int to) {
    int length = to - from;
    if (length >= BY_LENGTH.length) {
      return "";
    }
    for (String known : BY_LENGTH[length]) {
      if (equalsButFor(CASE, known, from)) {
        if (equalsButFor(0, known, from)) {
          return known;
        }
        throw misspelt(new String(bytes, from, length, US_ASCII), known);
      }
    }
    return "";
  }

  private boolean equalsButFor(int bits, String known, int from) {
    for (int i = 0; i < known.length(); i++) {
      if (((known.charAt(i) ^ bytes[from + i]) & ~bits) != 0) {
        return false;
      }
    }
    return true;
  }

  private static String guardedName(String name) {
    for (String known : GUARDED) {
      if (known.equalsIgnoreCase(name)) {
        if (known.equals(name)) {
          return known;
        }
        throw misspelt(name, known);
      }
    }
    return "";
  }

  private static Refused misspelt(String name, String known) {
    return refused(
        DUPLICATE_PARAMETER,
        "Unknown parameter '" + name + "'. Did you mean '" + known + "'?",
        name);
  }

  private static String[][] byLength() {
    int longest = Arrays.stream(GUARDED).mapToInt(String::length).max().orElse(0);
    return IntStream.rangeClosed(0, longest)
        .mapToObj(length ->
            Arrays.stream(GUARDED).filter(name -> name.length() == length).toArray(String[]::new))
        .toArray(String[][]::new);
  }

  private static Refused refused(ApiError error, String message, @Nullable String param) {
    return new Refused(Refusal.of(error, message, param));
  }
}
