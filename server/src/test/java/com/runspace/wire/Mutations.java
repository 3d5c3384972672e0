package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Breaks texts the way broken clients, and people who try things, break them. */
final class Mutations {
  private static final List<String> PIECES =
      List.of(
          "\"",
          "\\",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "null",
          "true",
          "-",
          "0",
          "1e9",
          "01",
          ".5",
          "\\u0065",
          "\u00e9",
          "\u20ac",
          "\u212a",
          "\u017f",
          "\n",
          "\u0000",
          "\"model\":\"x\",",
          "\"MODEL\":1,",
          "\"n\":2,",
          "\"max_tokens\":7,",
          "\"max_completion_tokens\":8,",
          "\"stream\":true,",
          "\"stream_options\":{},",
          "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]},",
          "[[[[",
          "]]]]",
          "\"mod\\u0065l\":\"y\",",
          "99999999999999999999");

  private final Random random;

  Mutations(long seed) {
    random = new Random(seed);
  }

  /** One to three changes of any kind. */
  byte[] mutant(byte[] text) {
    byte[] mutant = text;
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      mutant = changed(mutant);
    }
    return mutant;
  }

  private byte[] changed(byte[] text) {
    int at = random.nextInt(text.length + 1);
    int to = Math.min(text.length, at + 1 + random.nextInt(8));
    return switch (random.nextInt(6)) {
      case 0 ->
          joined(text, at, new byte[] {(byte) random.nextInt(256)}, Math.min(text.length, at + 1));
      case 1 -> joined(text, at, new byte[0], to);
      case 2 -> joined(text, at, PIECES.get(random.nextInt(PIECES.size())).getBytes(UTF_8), at);
      case 3 -> joined(text, at, PIECES.get(random.nextInt(PIECES.size())).getBytes(UTF_8), to);
      case 4 -> joined(text, at, Arrays.copyOfRange(text, at, to), at);
      default -> random.nextInt(8) == 0 ? Arrays.copyOf(text, at) : swapped(text, at);
    };
  }

  private static byte[] swapped(byte[] text, int at) {
    byte[] swapped = text.clone();
    if (at + 1 < text.length) {
      swapped[at] = text[at + 1];
      swapped[at + 1] = text[at];
    }
    return swapped;
  }

  private static byte[] joined(byte[] text, int from, byte[] middle, int to) {
    byte[] joined = Arrays.copyOf(text, from + middle.length + text.length - to);
    System.arraycopy(middle, 0, joined, from, middle.length);
    System.arraycopy(text, to, joined, from + middle.length, text.length - to);
    return joined;
  }
}
