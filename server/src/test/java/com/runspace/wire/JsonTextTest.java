package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.JsonText;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonTextTest {
  @Test
  void everyCodePointComesBack() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      String text = Character.toString(c);
      String quoted = JsonText.quote(text);
      if (!JsonText.unescape(quoted.substring(1, quoted.length() - 1)).equals(text)) {
        assertThat(quoted).as("U+%04X", c).isEqualTo(text);
      }
      // Control characters, line separators and halves of pairs never stand for themselves.
      if (c < 0x80 || (c > 0xd700 && c < 0xe100) || c == 0x2028 || c == 0x2029) {
        assertThat(JsonReference.read(quoted.getBytes(UTF_8)))
            .as("U+%04X", c)
            .contains(new JsonReference.Text(text));
        assertThat(quoted.chars()).noneMatch(unit -> unit < 0x20 || unit == 0x2028);
      }
    }
  }

  @Test
  void allTextInOneStringComesBack() {
    StringBuilder all = new StringBuilder();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      all.appendCodePoint(c).append(c % 7 == 0 ? "\\" : "");
    }
    byte[] quoted = JsonText.quote(all).getBytes(UTF_8);
    assertThat(
            JsonReference.read(quoted).orElseThrow().equals(new JsonReference.Text(all.toString())))
        .isTrue();
  }

  @Test
  void seededUnitsComeBackWholeOrHalf() {
    long seed = 5;
    Random random = new Random(seed);
    char[] units = {
      'a', '"', '\\', 'u', '\n', '\u0000', '\ud83d', '\ude00', '\ud800', '\udfff', 'é'
    };
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(9); length > 0; length--) {
        text.append(units[random.nextInt(units.length)]);
      }
      assertThat(JsonReference.read(JsonText.quote(text).getBytes(UTF_8)))
          .as("seed %d, text %d", seed, i)
          .contains(new JsonReference.Text(text.toString()));
    }
  }
}
