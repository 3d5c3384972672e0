package com.runspace.chain;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value that somebody sent. What is asked of it and is not there, or is of another type, is
 * an {@link IllegalArgumentException} that names the place; so is what cannot be read at all, a
 * name given twice, and nesting deeper than 32.
 */
public final class Json {
  private static final int DEPTH_MAX = 32;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_MAX)
                  .maxNumberLength(100)
                  .build())
          .build();

  private final String place;

  /** A map, a list, a string, a number, a boolean, or null for JSON's null. */
  private final @Nullable Object value;

  private Json(String place, @Nullable Object value) {
    this.place = place;
    this.value = value;
  }

  /**
   * Reads one value and nothing after it.
   *
   * @throws IllegalArgumentException when it is not JSON
   */
  public static Json read(byte[] bytes) {
    try (JsonParser parser = FACTORY.createParser(bytes)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new IllegalArgumentException("there is no JSON");
      }
      Object value = value(parser, first);
      if (parser.nextToken() != null) {
        throw new IllegalArgumentException("there is something after the JSON");
      }
      return new Json("", value);
    } catch (IOException notJson) {
      throw new IllegalArgumentException("this is not JSON", notJson);
    }
  }

  private static @Nullable Object value(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new IOException("unexpected " + token);
    };
  }

  private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      members.put(name, value(parser, parser.nextToken()));
    }
    return members;
  }

  private static List<@Nullable Object> array(JsonParser parser) throws IOException {
    List<@Nullable Object> items = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      items.add(value(parser, token));
    }
    return items;
  }

  public boolean isNull() {
    return value == null;
  }

  public boolean isObject() {
    return value instanceof Map;
  }

  public boolean isArray() {
    return value instanceof List;
  }

  public boolean isText() {
    return value instanceof String;
  }

  /** The names of an object's members, in their order. */
  public List<String> names() {
    return members().keySet().stream().map(String.class::cast).toList();
  }

  /** A member that must be there; it may be null. */
  public Json member(String name) {
    Map<?, ?> members = members();
    if (!members.containsKey(name)) {
      throw wrong("has no '" + name + "'");
    }
    return new Json(below(name), members.get(name));
  }

  /** A member; null when it is not there or is JSON's null. */
  public @Nullable Json find(String name) {
    Object found = members().get(name);
    return found == null ? null : new Json(below(name), found);
  }

  private Map<?, ?> members() {
    if (value instanceof Map<?, ?> members) {
      return members;
    }
    throw wrong("is no object");
  }

  /** The items of an array. */
  public List<Json> items() {
    if (!(value instanceof List<?> list)) {
      throw wrong("is no array");
    }
    List<Json> items = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      items.add(new Json(place + "[" + i + "]", list.get(i)));
    }
    return items;
  }

  public String text() {
    if (value instanceof String text) {
      return text;
    }
    throw wrong("is no string");
  }

  /** A whole number that fits. */
  public long number() {
    if (value instanceof BigDecimal number) {
      try {
        return number.longValueExact();
      } catch (ArithmeticException notWhole) {
        throw wrong("is no whole number in range", notWhole);
      }
    }
    throw wrong("is no number");
  }

  /** A quantity as Ethereum writes it: {@code 0x} and hex digits, at most 256 bits. */
  public BigInteger quantity() {
    String text = text();
    if (text.length() < 3 || text.length() > 66 || !text.matches("0x[0-9a-fA-F]+")) {
      throw wrong("is no quantity");
    }
    return new BigInteger(text.substring(2), 16);
  }

  /** A quantity that fits a long. */
  public long smallQuantity() {
    try {
      return quantity().longValueExact();
    } catch (ArithmeticException tooLarge) {
      throw wrong("is too large", tooLarge);
    }
  }

  /** Data as Ethereum writes it: {@code 0x} and pairs of hex digits. */
  public byte[] data() {
    byte[] bytes = Hex.bytes(text());
    if (bytes == null) {
      throw wrong("is no hex data");
    }
    return bytes;
  }

  private String below(String name) {
    return place.isEmpty() ? name : place + "." + name;
  }

  private IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException((place.isEmpty() ? "the JSON" : place) + " " + what);
  }

  private IllegalArgumentException wrong(String what, Exception cause) {
    return new IllegalArgumentException((place.isEmpty() ? "the JSON" : place) + " " + what, cause);
  }
}
