package com.runspace.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Breaks JSON texts the way broken clients do, and people who want two parsers to read two
 * different requests. Works on bytes that are dressed up as characters, one each.
 */
public final class JsonMutations {
  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "false",
          "0",
          "1",
          "-1",
          "-0",
          "0.0",
          "1.0",
          "1e999",
          "-1e999",
          "1e-999",
          "1E2",
          "2147483648",
          "9223372036854775807",
          "9223372036854775808",
          "-9223372036854775809",
          "18446744073709551617",
          "4294967297",
          "01",
          "1.",
          ".5",
          "+1",
          "0x10",
          "1_000",
          "NaN",
          "Infinity",
          "-Infinity",
          "\"\"",
          "\"1\"",
          "\"m\"",
          "\"true\"",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "[]",
          "{}",
          "[null]",
          "[[]]",
          "[{}]",
          "{\"\":null}",
          "[1,]",
          "{,}",
          "{\"a\"}",
          "'m'",
          "undefined",
          "TRUE",
          "nul",
          "/**/1",
          "\"\\x41\"",
          "\"\\u00\"",
          "\"\\uzzzz\"",
          "\"a\nb\"",
          "{\"type\":\"text\"}");

  private static final List<String> BAD_BYTES =
      List.of(
          "\u00ff",
          "\u00fe\u00ff",
          "\u00c0\u0080",
          "\u00c1\u00bf",
          "\u00ed\u00a0\u0080",
          "\u00ed\u00b0\u0080",
          "\u00f4\u0090\u0080\u0080",
          "\u00f5\u0080\u0080\u0080",
          "\u00e2\u0082",
          "\u00e0\u0080\u00a2",
          "\u0080",
          "\u00f0\u009f\u0098",
          "\u00ef\u00bb\u00bf",
          "\u0000",
          "\u0001",
          "\u001f",
          "\u007f",
          "\u00c2\u0085",
          "\u00e2\u0080\u00a8",
          "\u00ef\u00bf\u00bf");

  private static final List<String> TAILS =
      List.of(
          "{}",
          "}",
          "]",
          ",",
          "null",
          "\u0000",
          " \n\t\r ",
          "{\"model\":\"dear\"}",
          "\u00a0",
          "//x",
          "\u00ef\u00bb\u00bf",
          "\r\n\r\nGET /v1/smuggled HTTP/1.1\r\n\r\n");

  private final SplittableRandom random;

  JsonMutations(SplittableRandom random) {
    this.random = random;
  }

  /** A mutant that depends on seed and number alone, so that each can be had by itself. */
  public static byte[] mutant(long seed, long number) {
    return new JsonMutations(Cases.randomOf(seed, number)).mutant();
  }

  /** A valid request with one to three changes, each of any kind. */
  byte[] mutant() {
    String text = new String(one(Corpus.BODIES).getBytes(UTF_8), ISO_8859_1);
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      text = changed(text);
    }
    return switch (random.nextInt(120)) {
      case 0 -> text.getBytes(random.nextBoolean() ? UTF_16BE : UTF_16LE);
      case 1 -> ("\u00ef\u00bb\u00bf" + text).getBytes(ISO_8859_1);
      default -> text.getBytes(ISO_8859_1);
    };
  }

  private String changed(String text) {
    int at = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), at + 1 + random.nextInt(8));
    return switch (random.nextInt(17)) {
      case 0 -> text.substring(0, at);
      case 1, 2, 3 -> inserted(text, member(random.nextInt(8) == 0 ? deep() : one(VALUES)));
      case 4, 5 -> respelt(text);
      case 6, 7 -> revalued(text, one(VALUES));
      case 8 -> revalued(text, random.nextBoolean() ? deep() : number());
      case 9 -> text.substring(0, at) + one(BAD_BYTES) + text.substring(at);
      case 10 -> text + one(TAILS);
      case 11 -> text.substring(0, at) + (char) random.nextInt(256) + text.substring(to);
      case 12 -> text.substring(0, at) + text.substring(to);
      case 13 -> text.substring(0, to) + text.substring(at);
      case 14 -> inserted(text, manyMembers());
      case 15 -> text.substring(0, at) + one(VALUES) + text.substring(to);
      default -> escapedAt(text, at);
    };
  }

  /** A member with a comma, for the front of an object. */
  private String member(String value) {
    return "\"" + spelt(one(Corpus.NAMES)) + "\":" + value + ",";
  }

  private String manyMembers() {
    int count = 1 << random.nextInt(12);
    StringBuilder members = new StringBuilder();
    for (int i = 0; i < count; i++) {
      members.append("\"x").append(i).append("\":").append(i).append(',');
    }
    return members.toString();
  }

  /** After the brace that opens the request, mostly, or any other. */
  private String inserted(String text, String members) {
    int brace = text.indexOf('{');
    for (int skip = Math.max(0, random.nextInt(8) - 4); skip > 0 && brace >= 0; skip--) {
      int next = text.indexOf('{', brace + 1);
      brace = next < 0 ? brace : next;
    }
    return text.substring(0, brace + 1) + members + text.substring(brace + 1);
  }

  private String respelt(String text) {
    String name = one(Corpus.NAMES);
    int at = text.indexOf("\"" + name + "\"");
    return at < 0
        ? inserted(text, "\"" + spelt(name) + "\":" + one(VALUES) + ",")
        : text.substring(0, at + 1) + spelt(name) + text.substring(at + 1 + name.length());
  }

  /** The same name to some parsers, and another one to others. */
  private String spelt(String name) {
    int at = random.nextInt(name.length());
    String before = name.substring(0, at);
    String after = name.substring(at + 1);
    char c = name.charAt(at);
    return switch (random.nextInt(9)) {
      case 0 -> name.toUpperCase(Locale.ROOT);
      case 1 -> before + Character.toUpperCase(c) + after;
      case 2 -> before + "\\u00%02x".formatted((int) c) + after;
      case 3 -> before + "\\u00%02X".formatted((int) Character.toUpperCase(c)) + after;
      case 4 -> name.replace("s", "\u00c5\u00bf").replace("k", "\u00e2\u0084\u00aa");
      case 5 -> name.replace("s", "\\u017f").replace("k", "\\u212A").replace("i", "\\u0131");
      case 6 -> before + c + one(List.of("\\u0000", " ", "\u0000", "\\ud800")) + after;
      default -> name;
    };
  }

  private String revalued(String text, String value) {
    String name = one(Corpus.NAMES);
    int at = text.indexOf("\"" + name + "\"");
    int from = text.indexOf(':', Math.max(at, 0)) + 1;
    if (at < 0 || from == 0) {
      return inserted(text, "\"" + name + "\":" + value + ",");
    }
    return text.substring(0, from) + value + text.substring(valueEnd(text, from));
  }

  private static int valueEnd(String text, int from) {
    int depth = 0;
    boolean quoted = false;
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        quoted = c != '"';
        i += c == '\\' ? 1 : 0;
      } else if (c == '"') {
        quoted = true;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']' || c == ',') {
        if (depth == 0 || (c != ',' && --depth < 0)) {
          return i;
        }
      }
    }
    return text.length();
  }

  /** Between 1 and about 10,000 levels, closed or not. */
  private String deep() {
    int levels = (int) Math.round(Math.pow(10, random.nextDouble() * 4));
    String open = one(List.of("[", "{\"a\":", "[{\"model\":"));
    String close =
        switch (open.length()) {
          case 1 -> "]";
          case 5 -> "}";
          default -> "}]";
        };
    return open.repeat(levels) + "1" + (random.nextInt(4) == 0 ? "" : close.repeat(levels));
  }

  private String number() {
    String digits = one(List.of("1", "9", "0", "-1")) + "0".repeat(1 << random.nextInt(14));
    return digits + one(List.of("", "", "e1", "e-400", ".5", "." + "3".repeat(400)));
  }

  private static String escapedAt(String text, int at) {
    return at >= text.length()
        ? text + "\\"
        : text.substring(0, at)
            + "\\u00%02x".formatted((int) text.charAt(at))
            + text.substring(at + 1);
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
