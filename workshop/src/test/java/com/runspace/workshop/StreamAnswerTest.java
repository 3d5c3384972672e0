package com.runspace.workshop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A wrong stream must never pass for a right one. */
final class StreamAnswerTest {
  private static final String EVENT =
      "data: {\"choices\":[{\"delta\":{\"content\":\"@ns=0000000000000000042 \"}}]}\n\n";
  private static final String USAGE = "data: {\"choices\":[],\"usage\":{\"total_tokens\":1}}\n\n";
  private static final String DONE = "data: [DONE]\n\n";

  private final List<Long> stamps = new ArrayList<>();
  private final StreamAnswer answer = new StreamAnswer(2, stamps::add);

  private void take(String text) {
    byte[] bytes = Bytes.of(text);
    answer.bytes(bytes, 0, bytes.length);
  }

  @Test
  void wholeStreamCutAnywhere() {
    String stream = ": a comment\n\n" + EVENT + EVENT + USAGE + DONE;
    for (int at = 0; at <= stream.length(); at++) {
      answer.next();
      stamps.clear();
      take(stream.substring(0, at));
      take(stream.substring(at));
      assertThat(answer.problem()).isNull();
      assertThat(stamps).containsExactly(42L, 42L);
    }
  }

  @Test
  void missingEvent() {
    take(EVENT + USAGE + DONE);
    assertThat(answer.problem()).isEqualTo("stream with 1 of 2 events");
  }

  @Test
  void missingUsage() {
    take(EVENT + EVENT + DONE);
    assertThat(answer.problem()).isEqualTo("stream without usage");
  }

  @Test
  void missingDone() {
    take(EVENT + EVENT + USAGE);
    assertThat(answer.problem()).isEqualTo("stream without [DONE]");
  }

  @Test
  void errorInTheStream() {
    take(EVENT + "data: {\"error\":{\"message\":\"upstream failed\"}}\n\n" + DONE);
    assertThat(answer.problem()).contains("upstream failed");
  }
}
