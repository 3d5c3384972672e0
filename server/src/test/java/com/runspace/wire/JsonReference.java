package com.runspace.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A strict reader of JSON by other people, to compare with. */
final class JsonReference {
  private static final JsonFactory FACTORY = new JsonFactory();

  sealed interface Value permits Text, Literal, Array, Members {}

  record Text(String text) implements Value {}

  /** A number as written, or one of the three words. */
  record Literal(String text) implements Value {}

  record Array(List<Value> elements) implements Value {}

  /** An object, its members in order and with whatever comes twice. */
  record Members(List<Member> members) implements Value {
    List<String> names() {
      return members.stream().map(Member::name).toList();
    }

    Value value(String name) {
      return members.stream()
          .filter(member -> member.name().equals(name))
          .findFirst()
          .orElseThrow()
          .value();
    }
  }

  record Member(String name, Value value) {}

  private JsonReference() {}

  /** The value, empty when the bytes are not one JSON text in UTF-8 of at most 64 levels. */
  static Optional<Value> read(byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException notUtf8) {
      return Optional.empty();
    }
    // Some readers skip a byte order mark; RFC 8259 lets nobody send one.
    if (text.startsWith("\ufeff")) {
      return Optional.empty();
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() == null) {
        return Optional.empty();
      }
      Value value = value(parser, 0);
      return parser.nextToken() == null ? Optional.of(value) : Optional.empty();
    } catch (IOException notJson) {
      return Optional.empty();
    }
  }

  static Members object(byte[] bytes) {
    return (Members) read(bytes).orElseThrow();
  }

  private static Value value(JsonParser parser, int depth) throws IOException {
    JsonToken token = parser.currentToken();
    if (token.isStructStart() && depth == 64) {
      throw new IOException("too deep");
    }
    return switch (token) {
      case VALUE_STRING -> new Text(parser.getText());
      case START_ARRAY -> {
        List<Value> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(parser, depth + 1));
        }
        yield new Array(elements);
      }
      case START_OBJECT -> {
        List<Member> members = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          members.add(new Member(name, value(parser, depth + 1)));
        }
        yield new Members(members);
      }
      default -> new Literal(parser.getText());
    };
  }
}
