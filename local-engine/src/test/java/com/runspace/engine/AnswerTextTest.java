package com.runspace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerTextTest {
  @Test
  void a_character_is_shown_when_its_last_byte_has_come() {
    AnswerText text = new AnswerText(List.of());
    byte[] smile = "a😀é".getBytes(StandardCharsets.UTF_8);
    StringBuilder shown = new StringBuilder();
    for (byte each : smile) {
      String part = text.push(new byte[] {each});
      assertThat(part).isIn("", "a", "😀", "é");
      shown.append(part);
    }
    assertThat(shown.append(text.flush())).hasToString("a😀é");
  }

  @Test
  void bytes_that_never_become_a_character_are_dropped() {
    AnswerText text = new AnswerText(List.of());
    assertThat(text.push(new byte[] {(byte) 0xf0, (byte) 0x9f})).isEmpty();
    assertThat(text.push(bytes("ok"))).isEqualTo("ok");
    assertThat(text.push(new byte[] {(byte) 0xe2})).isEmpty();
    assertThat(text.flush()).isEmpty();
  }

  @Test
  void no_part_of_a_stop_string_is_shown() {
    AnswerText text = new AnswerText(List.of("END", "\n\n"));
    assertThat(text.push(bytes("one E"))).isEqualTo("one ");
    assertThat(text.push(bytes("N"))).isEmpty();
    assertThat(text.stopped()).isFalse();
    assertThat(text.push(bytes("D and more"))).isEmpty();
    assertThat(text.stopped()).isTrue();
    assertThat(text.flush()).isEmpty();
  }

  @Test
  void text_that_only_began_like_a_stop_string_is_shown_after_all() {
    AnswerText text = new AnswerText(List.of("ENDING"));
    assertThat(text.push(bytes("the END"))).isEqualTo("the ");
    assertThat(text.push(bytes(" of it, E"))).isEqualTo("END of it, ");
    assertThat(text.flush()).isEqualTo("E");
  }

  @Test
  void the_earliest_stop_string_counts() {
    AnswerText text = new AnswerText(List.of("three", "two"));
    assertThat(text.push(bytes("one two three"))).isEqualTo("one ");
    assertThat(text.stopped()).isTrue();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
