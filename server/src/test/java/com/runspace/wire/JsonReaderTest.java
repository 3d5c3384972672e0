package com.runspace.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class JsonReaderTest {
  private static final String REQUEST =
      """
      {"model":"a/b","stream":true,"temperature":-0.5e+3,"stop":null,"n":1,"x":{"":[]},
       "messages":[{"role":"system","content":"Grüße, \\u00dcber\\ud83d\\ude00 \\"x\\" \\\\ 😀\\n"},
       {"role":"user","content":[{"type":"text","text":"hi"}]}],
       "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]}
      """
          .strip();

  @Test
  void takesWhatRfc8259Allows() {
    for (String text :
        List.of(
            "0",
            "-0",
            "-0.0",
            "10",
            "1.5",
            "1e5",
            "1E+05",
            "-1.0e-00",
            "1234567890123456789012",
            "\"\"",
            "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
            "\"\\u0000\"",
            "\"\\uD83D\\uDE00\"",
            "\"\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\u007f\u0080\u2028\ufeff\uffff\"",
            "true",
            "false",
            "null",
            " \t\r\n1 \t\r\n",
            "[]",
            "[ ]",
            "{}",
            "{ }",
            "[[],{}]",
            "[1,2]",
            "{\"\":1}",
            "{\"a\":1,\"a\":2}",
            "{ \"a\" : [ ] , \"b\" : { } }")) {
      assertThat(accepts(text)).as(text).isTrue();
      assertThat(JsonReference.read(text.getBytes(UTF_8))).as("table: " + text).isPresent();
    }
  }

  @Test
  void refusesWhatRfc8259DoesNot() {
    String oneEach =
        """
        01 -01 00 1. .5 -.5 1e 1e+ 1.e5 - +1 --1 0x1 1_0 NaN Infinity -Infinity 1, tru truee True
        nul nulll 'a' " "a "\\" "\\ "\\x41" "\\u12" "\\u123g" "\\u+123" "\\U0041" "\\0" "a""b" "a":1
        [ ] [1 [1, [1,] [,1] [,] [1} []] [][] [1]# { } {] {"a"} {"a":} {"a":1,} {,} {"a",1} {a:1}
        {1:1} {"a"::1} {"a":1}} {}{} /**/1
        """;
    List<String> texts = new ArrayList<>(List.of(oneEach.strip().split("[ \n]+", -1)));
    texts.addAll(List.of("", " ", "1 2", "[1 2]", "{\"a\":1 \"b\":2}", "\"a\nb\"", "\"a\tb\""));
    texts.addAll(List.of("//\n1", "\f1", "\u000b1", "\ufeff1", "\u00a01", "1\u2028", "1\u0000"));
    texts.addAll(List.of("\"\u0000\"", "\"\u001f\""));
    assertThat(texts).hasSize(77).doesNotHaveDuplicates();
    for (String text : texts) {
      assertThat(accepts(text)).as(text).isFalse();
      assertThat(JsonReference.read(text.getBytes(UTF_8))).as("table: " + text).isEmpty();
    }
  }

  @Test
  void noByteMayFollowTheText() {
    for (int last = 0; last < 256; last++) {
      boolean white = last == ' ' || last == '\t' || last == '\r' || last == '\n';
      for (String text : List.of("{}", "[1]", "\"a\"", "null")) {
        byte[] bytes = (text + (char) last).getBytes(ISO_8859_1);
        assertThat(accepts(bytes)).as("%s then byte %d", text, last).isEqualTo(white);
        bytes = ((char) last + text).getBytes(ISO_8859_1);
        assertThat(accepts(bytes)).as("byte %d then %s", last, text).isEqualTo(white);
      }
    }
  }

  @Test
  void everyByteIsSeenAtEveryPlaceInAWord() {
    // Neighbours by one bit or by one of the bytes that end the fast path.
    for (String filler : List.of("a", " ", "!", "#", "[", "]", "\u007f")) {
      for (int before = 0; before <= 24; before++) {
        for (int after = 0; after <= 24; after += filler.equals("a") ? 1 : 7) {
          String left = "\"" + filler.repeat(before);
          String right = filler.repeat(after) + "\"";
          for (int b = 0; b < 256; b++) {
            compare((left + (char) b + right).getBytes(ISO_8859_1));
          }
        }
      }
    }
  }

  @Test
  void escapesAndLongCharactersAreSeenAtEveryPlaceInAWord() {
    for (String special :
        List.of(
            "\\\"",
            "\\\\",
            "\\n",
            "\\u0041",
            "\\u00e9",
            "\\u20ac",
            "\\ud83d\\ude00",
            "\\ud800",
            "\u00e9",
            "\u20ac",
            "😀",
            "\u00ff\u00ff",
            "\\\\\\\"",
            "\\\"\\",
            "\\u004",
            "\u001f\"",
            "\"\u0001",
            "!\"",
            "\\\\\"")) {
      for (int before = 0; before <= 24; before++) {
        for (int after = 0; after <= 24; after++) {
          compare(("\"" + "a".repeat(before) + special + "b".repeat(after) + "\"").getBytes(UTF_8));
        }
      }
    }
  }

  @Test
  void onlyUtf8OfRfc3629Passes() {
    byte[] one = {'"', 0, 0, '"'};
    for (int pair = 0; pair < 1 << 16; pair++) {
      one[1] = (byte) (pair >> 8);
      one[2] = (byte) pair;
      compare(one);
    }
    int[] edges = {
      'a', '"', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4
    };
    byte[] four = {'"', 0, 0, 0, 0, '"'};
    for (int i = 0; i < edges.length * edges.length * edges.length * edges.length; i++) {
      int rest = i;
      for (int at = 1; at <= 4; at++) {
        four[at] = (byte) edges[rest % edges.length];
        rest /= edges.length;
      }
      compare(four);
    }
  }

  @Test
  void noPrefixOfARequestPasses() {
    byte[] bytes = REQUEST.getBytes(UTF_8);
    assertThat(accepts(bytes)).isTrue();
    for (int length = 0; length < bytes.length; length++) {
      assertThat(accepts(Arrays.copyOf(bytes, length))).as("first %d bytes", length).isFalse();
    }
  }

  @Test
  void mutantsPassWhereTheReferenceLetsThem() {
    long seed = 20261122;
    Mutations mutations = new Mutations(seed);
    byte[] bytes = REQUEST.getBytes(UTF_8);
    int passed = 0;
    for (int i = 0; i < 30_000; i++) {
      byte[] mutant = mutations.mutant(bytes);
      boolean expected = JsonReference.read(mutant).isPresent();
      passed += expected ? 1 : 0;
      assertThat(accepts(mutant))
          .as("seed %d, mutant %d: %s", seed, i, new String(mutant, UTF_8))
          .isEqualTo(expected);
    }
    assertThat(passed).as("mutants that are JSON").isBetween(1_000, 29_000);
  }

  @Test
  void sixtyFourLevelsAndNoMore() {
    for (String open : List.of("[", "{\"a\":", "[{\"a\":")) {
      int levels = open.length() == 6 ? 2 : 1;
      String close = open.equals("[") ? "]" : open.startsWith("{") ? "}" : "}]";
      int most = 64 / levels;
      assertThat(accepts(open.repeat(most) + 1 + close.repeat(most))).as(open).isTrue();
      assertThat(accepts(open.repeat(most) + "[]" + close.repeat(most))).as(open).isFalse();
      // Levels left behind do not count, nor is their state taken for that of new ones.
      String deep = open.repeat(most - 1) + 1 + close.repeat(most - 1);
      assertThat(accepts("[" + deep + "," + deep + ",[],[1,2]" + "]")).as(open).isTrue();
      assertThat(accepts("[" + deep + "," + deep + ",[],[1 2]" + "]")).as(open).isFalse();
    }
    assertThat(accepts("[".repeat(1_000_000))).isFalse();
  }

  @Test
  void integersAreReadWhole() {
    assertThat(integer("0")).isZero();
    assertThat(integer("-0")).isZero();
    assertThat(integer("9223372036854775806")).isEqualTo(Long.MAX_VALUE - 1);
    assertThat(integer("9223372036854775807")).isEqualTo(Long.MAX_VALUE);
    assertThat(integer("9223372036854775808")).isEqualTo(Long.MAX_VALUE);
    assertThat(integer("18446744073709551617")).isEqualTo(Long.MAX_VALUE);
    assertThat(integer("-9223372036854775807")).isEqualTo(-Long.MAX_VALUE);
    assertThat(integer("-9223372036854775809")).isEqualTo(Long.MIN_VALUE);
    for (String other : List.of("1.0", "1e3", "1E0", "-", "\"1\"", "null", "", "+1", "-a", ".1")) {
      assertThatThrownBy(() -> integer(other)).as(other).isInstanceOf(JsonReader.Fault.class);
    }
  }

  private static long integer(String text) {
    JsonReader reader = new JsonReader();
    byte[] bytes = text.getBytes(UTF_8);
    reader.reset(bytes, 0, bytes.length);
    return reader.readInteger();
  }

  /** The reader and the reference agree, on the form and, where it is a string, on its text. */
  private static void compare(byte[] bytes) {
    JsonReference.Value expected = JsonReference.read(bytes).orElse(null);
    JsonReader reader = new JsonReader();
    boolean read = readsWhole(reader, bytes);
    if (read != (expected != null)) {
      fail("%s: read %b, not so by the reference", Arrays.toString(bytes), read);
    }
    if (expected instanceof JsonReference.Text text) {
      // An unpaired half has no UTF-8; it counts as two bytes, String writes one.
      long lone = text.text().codePoints().filter(JsonReaderTest::isSurrogate).count();
      long length = text.text().getBytes(UTF_8).length + lone;
      if (!reader.string().equals(text.text()) || reader.stringBytes() != length) {
        assertThat(reader.string()).isEqualTo(text.text());
        assertThat(reader.stringBytes()).as(text.text()).isEqualTo((int) length);
      }
    }
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }

  private static boolean accepts(String text) {
    return accepts(text.getBytes(UTF_8));
  }

  private static boolean accepts(byte[] bytes) {
    return readsWhole(new JsonReader(), bytes);
  }

  /** Reads it as a part of a larger array, of which nothing else may be looked at. */
  private static boolean readsWhole(JsonReader reader, byte[] bytes) {
    ByteArrayOutputStream around = new ByteArrayOutputStream();
    around.writeBytes("\"\\[1".getBytes(UTF_8));
    around.writeBytes(bytes);
    around.writeBytes("0\"]}e+1\u00bf".getBytes(ISO_8859_1));
    byte[] array = around.toByteArray();
    reader.reset(array, 4, 4 + bytes.length);
    try {
      reader.skipValue();
      reader.expectEnd();
      return reader.position() == 4 + bytes.length;
    } catch (JsonReader.Fault fault) {
      return fault.at < 4 || fault.at > 4 + bytes.length;
    }
  }
}
