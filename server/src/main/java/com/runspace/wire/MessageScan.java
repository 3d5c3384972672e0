package com.runspace.wire;

import static com.runspace.wire.ApiError.DUPLICATE_PARAMETER;
import static com.runspace.wire.ApiError.EMPTY_ARRAY;
import static com.runspace.wire.ApiError.INVALID_TYPE;
import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.wire.Refusal.Refused;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The pass over the messages of a chat request: how many there are, and which of their parts are
 * something other than text, and whether those lie in the request itself or elsewhere.
 */
final class MessageScan {
  private static final byte[] CONTENT = "content".getBytes(US_ASCII);
  private static final byte[] ROLE = "role".getBytes(US_ASCII);
  private static final byte[] TYPE = "type".getBytes(US_ASCII);
  private static final byte[] TEXT_NAME = "text".getBytes(US_ASCII);
  private static final byte[] DATA_SCHEME = "data:".getBytes(US_ASCII);

  /** Types of content parts that are prompt text themselves. */
  private static final Set<String> TEXT =
      Set.of("text", "refusal", "thinking", "reasoning", "input_text", "output_text");

  /** Members by which some providers know media, whatever type the part has, or with none. */
  private static final Set<String> MEDIA =
      Set.of(
          ("image_url image image_pil image_embeds input_image input_audio audio audio_url"
                  + " audio_embeds video video_url input_video file input_file document source")
              .split(" ", -1));

  /** Members of a media part that hold its bytes in base64, or a {@code data:} address. */
  private static final Set<String> BASE64 = Set.of("data", "file_data");

  /** Members of a media part that say something about it and never where it is. */
  private static final Set<String> ABOUT =
      Set.of("type", "detail", "format", "filename", "media_type", "mime_type", "cache_control");

  /** Base64 has no colon and no dot; an address has one of them near its beginning. */
  private static final int LOOK_FOR_ADDRESS = 256;

  int messages;
  int mediaParts;
  // Their bytes are not prompt text; the hold counts parts by the model's tokens per part.
  long mediaBytes;
  boolean remoteMedia;
  final Set<String> mediaKinds = new HashSet<>(0);

  private final JsonReader reader;
  private final byte[] bytes;
  private boolean inlineData;
  private boolean elsewhere;

  MessageScan(JsonReader reader, byte[] bytes) {
    this.reader = reader;
    this.bytes = bytes;
  }

  /** Reads the array of messages, which is next. */
  void read() {
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
      message();
      messages++;
    }
    if (messages == 0) {
      throw refused(
          EMPTY_ARRAY,
          "Invalid 'messages': empty array. Expected at least one message.",
          "messages");
    }
  }

  private void message() {
    boolean role = false;
    boolean content = false;
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(CONTENT)) {
        refuseSecond(content, "content");
        content = true;
        content();
      } else {
        if (reader.stringIs(ROLE)) {
          refuseSecond(role, "role");
          role = true;
        } else {
          refuseMisspelt();
        }
        reader.skipValue();
      }
    }
  }

  private void refuseSecond(boolean second, String name) {
    if (second) {
      String param = "messages[" + messages + "]." + name;
      throw refused(DUPLICATE_PARAMETER, "The parameter '" + param + "' is given twice.", param);
    }
  }

  /** To a parser that ignores case, another spelling is the same field. */
  private void refuseMisspelt() {
    // A long s or a Kelvin sign, which fold to a letter, do not occur in either name.
    int length = reader.stringTo() - reader.stringFrom();
    if (!reader.stringEscaped() && length != CONTENT.length && length != ROLE.length) {
      return;
    }
    String name = reader.string();
    for (String known : new String[] {"content", "role"}) {
      if (known.equalsIgnoreCase(name)) {
        String param = "messages[" + messages + "]." + name;
        throw refused(
            DUPLICATE_PARAMETER,
            "Unknown parameter '" + param + "'. Did you mean '" + known + "'?",
            param);
      }
    }
  }

  private void content() {
    switch (reader.peek()) {
      case '{' -> part();
      case '[' -> {
        reader.openArray();
        while (reader.nextElement()) {
          if (reader.peek() == '{') {
            part();
          } else {
            reader.skipValue();
          }
        }
      }
      default -> reader.skipValue();
    }
  }

  private void part() {
    int from = reader.position();
    String kind = "text";
    inlineData = false;
    elsewhere = false;
    reader.openObject();
    while (reader.nextMember()) {
      // What makes it media stands; a second type, or one that says text, does not undo it.
      boolean open = TEXT.contains(kind);
      if (reader.stringIs(TYPE) && reader.peek() == '"') {
        reader.skipString();
        kind = open ? reader.string() : kind;
      } else if (reader.stringIs(TEXT_NAME)) {
        reader.skipValue();
      } else {
        String name = folded(reader.string());
        kind = open && MEDIA.contains(name) && reader.peek() != 'n' ? name : kind;
        place(name);
      }
    }
    if (!TEXT.contains(kind)) {
      mediaParts++;
      mediaKinds.add(kind);
      mediaBytes += reader.position() - from;
      remoteMedia |= elsewhere || !inlineData;
    }
  }

  private static String folded(String name) {
    return name.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
  }

  /**
   * Passes over the value of a member of a part and notes whether it is data, or a reference to
   * some. What is not clearly data counts as a reference.
   */
  private void place(String name) {
    if (ABOUT.contains(name)) {
      reader.skipValue();
      return;
    }
    switch (reader.peek()) {
      case '"' -> {
        reader.skipString();
        boolean data = isDataAddress() || (BASE64.contains(name) && !hasAddress());
        inlineData |= data;
        elsewhere |= !data && reader.stringTo() > reader.stringFrom();
      }
      case '{' -> {
        reader.openObject();
        while (reader.nextMember()) {
          place(folded(reader.string()));
        }
      }
      case '[' -> {
        reader.openArray();
        while (reader.nextElement()) {
          place("");
        }
      }
      default -> reader.skipValue();
    }
  }

  private boolean isDataAddress() {
    int from = reader.stringFrom();
    for (int i = 0; i < DATA_SCHEME.length; i++) {
      if (bytes[from + i] != DATA_SCHEME[i]) {
        return false;
      }
    }
    return true;
  }

  private boolean hasAddress() {
    int to = Math.min(reader.stringTo(), reader.stringFrom() + LOOK_FOR_ADDRESS);
    for (int i = reader.stringFrom(); i < to; i++) {
      // A slash may be written as an escape; what else is, is not base64.
      if (bytes[i] == ':' || bytes[i] == '.' || (bytes[i] == '\\' && bytes[i + 1] != '/')) {
        return true;
      }
    }
    return false;
  }

  private static Refused refused(ApiError error, String message, String param) {
    return new Refused(Refusal.of(error, message, param));
  }
}
