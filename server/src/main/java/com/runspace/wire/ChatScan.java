package com.runspace.wire;

import static com.runspace.wire.ApiError.BAD_JSON;
import static com.runspace.wire.ApiError.DUPLICATE_PARAMETER;
import static com.runspace.wire.ApiError.EMPTY_ARRAY;
import static com.runspace.wire.ApiError.INVALID_TYPE;
import static com.runspace.wire.ApiError.INVALID_VALUE;
import static com.runspace.wire.ApiError.MISSING_PARAMETER;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.JsonText;
import com.runspace.wire.Refusal.Refused;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
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

  private static final byte[] CONTENT = "content".getBytes(US_ASCII);
  private static final byte[] TYPE = "type".getBytes(US_ASCII);
  private static final byte[] TEXT_NAME = "text".getBytes(US_ASCII);
  private static final byte[] INCLUDE_USAGE = "include_usage".getBytes(US_ASCII);

  /** Names that change model, price or size of a call: another spelling of one is refused. */
  private static final byte[][] GUARDED =
      ascii(
          "model messages stream stream_options max_tokens max_completion_tokens n tools functions"
              + " response_format models provider plugins service_tier best_of prediction n_predict"
              + " max_output_tokens max_new_tokens num_predict route transforms"
              + " web_search_options");

  /** Types of content parts that are prompt text themselves. */
  private static final Set<String> TEXT =
      Set.of("text", "refusal", "thinking", "reasoning", "input_text", "output_text");

  /** Members by which some providers know media, whatever type the part has, or with none. */
  private static final Set<String> MEDIA =
      Set.of(
          ("image_url image image_pil image_embeds input_image input_audio audio audio_url"
                  + " audio_embeds video video_url input_video file input_file document source")
              .split(" ", -1));

  String model = "";
  boolean stream;
  boolean includeUsage;
  long outputLimit;
  int choices = 1;
  int messages;
  long promptBytes;
  int mediaParts;
  final Set<String> mediaKinds = new HashSet<>(0);
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
      if (PROMPT.contains(name)) {
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

  private static final Set<String> PROMPT =
      Set.of("messages", "tools", "functions", "response_format");

  private void value(String name) {
    switch (name) {
      case "model" -> model();
      case "messages" -> messages();
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

  private void messages() {
    sawMessages = true;
    if (reader.peek() != '[') {
      throw refused(
          INVALID_TYPE, "Invalid type for 'messages': expected an array of objects.", "messages");
    }
    reader.openArray();
    while (reader.nextElement()) {
      if (reader.peek() != '{') {
        String param = "messages[" + messages + "]";
        throw refused(INVALID_TYPE, "Invalid type for '" + param + "': expected an object.", param);
      }
      reader.openObject();
      while (reader.nextMember()) {
        boolean content = reader.stringIs(CONTENT);
        if (content && reader.peek() == '[') {
          parts();
        } else {
          reader.skipValue();
        }
      }
      messages++;
    }
    if (messages == 0) {
      throw refused(
          EMPTY_ARRAY,
          "Invalid 'messages': empty array. Expected at least one message.",
          "messages");
    }
  }

  private void parts() {
    reader.openArray();
    while (reader.nextElement()) {
      if (reader.peek() != '{') {
        reader.skipValue();
        continue;
      }
      int from = reader.position();
      String kind = "text";
      reader.openObject();
      while (reader.nextMember()) {
        // What makes it media stands; a second type, or one that says text, does not undo it.
        boolean open = TEXT.contains(kind);
        if (reader.stringIs(TYPE) && reader.peek() == '"') {
          reader.skipString();
          kind = open ? reader.string() : kind;
        } else {
          String name = open && !reader.stringIs(TEXT_NAME) ? reader.string() : "";
          kind = MEDIA.contains(name) && reader.peek() != 'n' ? name : kind;
          reader.skipValue();
        }
      }
      if (!TEXT.contains(kind)) {
        mediaParts++;
        mediaKinds.add(kind);
        // Its data are not prompt text; the hold counts parts by the model's tokens per part.
        promptBytes -= reader.position() - from;
      }
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
    for (int g = 0; g < GUARDED.length; g++) {
      byte[] known = GUARDED[g];
      if (known.length == to - from && equalsButForCase(known, from)) {
        if (Arrays.equals(bytes, from, to, known, 0, known.length)) {
          return NAMES[g];
        }
        throw misspelt(new String(bytes, from, to - from, US_ASCII), NAMES[g]);
      }
    }
    return "";
  }

  /** Bit 5 is the case of an ASCII letter; a false hit on punctuation is refused all the same. */
  private boolean equalsButForCase(byte[] known, int from) {
    for (int i = 0; i < known.length; i++) {
      if (((known[i] ^ bytes[from + i]) & 0xdf) != 0) {
        return false;
      }
    }
    return true;
  }

  private static String guardedName(String name) {
    for (String known : NAMES) {
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

  private static final String[] NAMES =
      Arrays.stream(GUARDED).map(name -> new String(name, US_ASCII)).toArray(String[]::new);

  private static byte[][] ascii(String names) {
    return Arrays.stream(names.split(" ", -1))
        .map(name -> name.getBytes(US_ASCII))
        .toArray(byte[][]::new);
  }

  private static Refused refused(ApiError error, String message, @Nullable String param) {
    return new Refused(Refusal.of(error, message, param));
  }
}
