package com.runspace.hostile;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads JSON by the letter of RFC 8259, keeping members that come twice. */
public final class StrictJson {
  private static final int DEPTH_MAX = 64;

  /** A JSON value. */
  public sealed interface Value permits Text, Literal, Array, Members {}

  /** A string, unescaped. */
  public record Text(String text) implements Value {}

  /** A number as written, or one of the three words. */
  public record Literal(String text) implements Value {}

  /** An array. */
  public record Array(List<Value> elements) implements Value {}

  /** An object, its members in order. */
  public record Members(List<Member> members) implements Value {
    /** All values under exactly this name. */
    public List<Value> values(String name) {
      return members.stream()
          .filter(member -> member.name().equals(name))
          .map(Member::value)
          .toList();
    }
  }

  /** One name with its value. */
  public record Member(String name, Value value) {}

  private static final class Fault extends Exception {
    private static final long serialVersionUID = 1L;

    Fault() {
      super("not JSON", null, false, false);
    }
  }

  private final String text;
  private int at;

  private StrictJson(String text) {
    this.text = text;
  }

  /** The value, empty when the bytes are not one JSON text in UTF-8 of at most 64 levels. */
  public static Optional<Value> read(byte[] bytes) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      StrictJson reader = new StrictJson(text);
      Value value = reader.value(0);
      reader.space();
      return reader.at == text.length() ? Optional.of(value) : Optional.empty();
    } catch (CharacterCodingException | Fault notJson) {
      return Optional.empty();
    }
  }

  /** The object, empty when the bytes are not exactly one. */
  public static Optional<Members> object(byte[] bytes) {
    return read(bytes).filter(Members.class::isInstance).map(Members.class::cast);
  }

  private Value value(int depth) throws Fault {
    space();
    char c = peek();
    if ((c == '{' || c == '[') && depth == DEPTH_MAX) {
      throw new Fault();
    }
    return switch (c) {
      case '{' -> members(depth);
      case '[' -> array(depth);
      case '"' -> new Text(string());
      default -> literal();
    };
  }

  private Value members(int depth) throws Fault {
    List<Member> members = new ArrayList<>();
    at++;
    space();
    if (peek() == '}') {
      at++;
      return new Members(members);
    }
    while (true) {
      space();
      String name = string();
      space();
      expect(':');
      members.add(new Member(name, value(depth + 1)));
      space();
      if (peek() == '}') {
        at++;
        return new Members(members);
      }
      expect(',');
    }
  }

  private Value array(int depth) throws Fault {
    List<Value> elements = new ArrayList<>();
    at++;
    space();
    if (peek() == ']') {
      at++;
      return new Array(elements);
    }
    while (true) {
      elements.add(value(depth + 1));
      space();
      if (peek() == ']') {
        at++;
        return new Array(elements);
      }
      expect(',');
    }
  }

  private String string() throws Fault {
    expect('"');
    StringBuilder read = new StringBuilder();
    while (true) {
      char c = peek();
      at++;
      if (c == '"') {
        return read.toString();
      }
      if (c < ' ') {
        throw new Fault();
      }
      read.append(c == '\\' ? escaped() : c);
    }
  }

  private char escaped() throws Fault {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> hex();
      default -> throw new Fault();
    };
  }

  private char hex() throws Fault {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      char c = peek();
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw new Fault();
      }
      code = 16 * code + digit;
      at++;
    }
    return (char) code;
  }

  private Value literal() throws Fault {
    for (String word : List.of("true", "false", "null")) {
      if (text.startsWith(word, at)) {
        at += word.length();
        return new Literal(word);
      }
    }
    int from = at;
    if (peek() == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else {
      digits();
    }
    if (at < text.length() && text.charAt(at) == '.') {
      at++;
      digits();
    }
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
    }
    return new Literal(text.substring(from, at));
  }

  private void digits() throws Fault {
    int from = at;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    if (at == from) {
      throw new Fault();
    }
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() throws Fault {
    if (at >= text.length()) {
      throw new Fault();
    }
    return text.charAt(at);
  }

  private void expect(char c) throws Fault {
    if (peek() != c) {
      throw new Fault();
    }
    at++;
  }
}
