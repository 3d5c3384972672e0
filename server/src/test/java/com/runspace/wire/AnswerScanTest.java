package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AnswerScanTest {
  private static AnswerScan scan(String json) {
    AnswerScan scan = new AnswerScan();
    byte[] bytes = json.getBytes(UTF_8);
    scan.scan(bytes, 0, bytes.length);
    return scan;
  }

  private static AnswerScan delta(String members) {
    return scan("{\"choices\":[{\"index\":0,\"delta\":{" + members + "}}]}");
  }

  @Test
  void deliveredTextIsCountedInUtf8() {
    assertThat(delta("\"role\":\"assistant\",\"content\":\"\"").textBytes()).isZero();
    assertThat(delta("\"content\":null").textBytes()).isZero();
    assertThat(delta("\"content\":\"abc\"").textBytes()).isEqualTo(3);
    assertThat(delta("\"content\":\"é€😀\"").textBytes()).isEqualTo(9);
    assertThat(delta("\"content\":\"\\u00e9\\u20AC\\ud83d\\ude00\"").textBytes()).isEqualTo(9);
    assertThat(delta("\"content\":\"\\n\\\"\\\\\\/\\u0041\\\\u0041\"").textBytes()).isEqualTo(11);
    assertThat(delta("\"cont\\u0065nt\":\"abc\"").textBytes()).isEqualTo(3);
    assertThat(delta("\"refusal\":\"no\",\"content\":\"abc\"").textBytes()).isEqualTo(5);
    assertThat(
            delta(
                    "\"content\":[{\"type\":\"text\",\"text\":\"abc\"},"
                        + "{\"text\":\"d\"},7,{\"x\":\"y\"}]")
                .textBytes())
        .isEqualTo(4);
    assertThat(scan("{\"choices\":[{\"message\":{\"content\":\"abc\"}}]}").textBytes())
        .isEqualTo(3);
    assertThat(scan("{\"choices\":[{\"text\":\"abc\"}]}").textBytes()).isEqualTo(3);
  }

  @Test
  void reasoningUnderBothNamesIsOneText() {
    assertThat(delta("\"reasoning\":\"abc\",\"reasoning_content\":\"abc\"").textBytes())
        .isEqualTo(3);
    assertThat(delta("\"reasoning_content\":\"abc\",\"content\":\"de\"").textBytes()).isEqualTo(5);
    assertThat(delta("\"reasoning\":null,\"reasoning_content\":\"abc\"").textBytes()).isEqualTo(3);
    assertThat(
            scan("{\"choices\":[{\"delta\":{\"reasoning\":\"ab\"}},"
                    + "{\"delta\":{\"reasoning\":\"c\"}}]}")
                .textBytes())
        .isEqualTo(3);
  }

  @Test
  void toolCallsCountByNameAndArguments() {
    assertThat(
            delta(
                    "\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
                        + "\"function\":{\"name\":\"get\",\"arguments\":\"{\\\"a\\\":1}\"}},"
                        + "{\"index\":1,\"function\":{\"arguments\":\"xy\",\"more\":\"z\"}}]")
                .textBytes())
        .isEqualTo(3 + 7 + 2);
    assertThat(delta("\"tool_calls\":null,\"function_call\":null").textBytes()).isZero();
    assertThat(delta("\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}").textBytes())
        .isEqualTo(3);
    assertThat(delta("\"tool_calls\":[{\"function\":null},{}]").textBytes()).isZero();
  }

  @Test
  void choicesAreToldApart() {
    AnswerScan scan =
        scan(
            "{\"choices\":[{\"index\":2,\"finish_reason\":null},"
                + "{\"finish_reason\":\"stop\",\"index\":0},"
                + "{\"index\":5,\"finish_reason\":\"\"}]}");
    assertThat(scan.choiceCount()).isEqualTo(3);
    assertThat(scan.seenChoices()).isEqualTo(0b100101);
    assertThat(scan.finishedChoices()).isEqualTo(1);
    assertThat(scan.isCutByLength()).isFalse();
    // Without an index the place counts.
    scan = scan("{\"choices\":[{},{\"finish_reason\":\"length\"},{\"index\":null}]}");
    assertThat(scan.seenChoices()).isEqualTo(0b111);
    assertThat(scan.finishedChoices()).isEqualTo(0b010);
    assertThat(scan.isCutByLength()).isTrue();
    for (String odd : List.of("-1", "64", "99999999999999999999", "-99999999999999999999")) {
      assertThat(Long.bitCount(scan("{\"choices\":[{\"index\":" + odd + "}]}").seenChoices()))
          .as(odd)
          .isEqualTo(1);
    }
    assertThat(scan("{\"choices\":null}").choiceCount()).isZero();
    assertThat(scan("{\"choices\":[]}").choiceCount()).isZero();
    assertThat(scan("{}").choiceCount()).isZero();
    assertThat(scan("{\"choices\":[{\"delta\":null,\"message\":null}]}").choiceCount())
        .isEqualTo(1);
  }

  @Test
  void onlyAnErrorThatSaysSomethingIsOne() {
    assertThat(scan("{\"error\":null,\"choices\":[]}").hasError()).isFalse();
    assertThat(scan("{\"choices\":[{\"error\":{}}]}").hasError()).isFalse();
    AnswerScan scan = scan("{\"error\" : {\"message\":\"x\"} }");
    assertThat(scan.hasError()).isTrue();
    assertThat(new String(scan.error(), UTF_8)).isEqualTo("{\"message\":\"x\"}");
    assertThat(scan("{\"error\":\"no\"}").hasError()).isTrue();
  }

  @Test
  void decoysAreNotTheFields() {
    AnswerScan scan =
        scan(
            "{\"choices\":[{\"delta\":{\"usage\":{\"prompt_tokens\":1},\"id\":\"x\",\"error\":{},"
                + "\"content\":\"\\\"usage\\\":{\\\"prompt_tokens\\\":1}\"},\"logprobs\":{}}],"
                + "\"x\":{\"model\":1,\"choices\":[{}]}}");
    assertThat(scan.usage()).isNull();
    assertThat(scan.hasError()).isFalse();
    assertThat(scan.ownedEnd).isZero();
    assertThat(scan.choiceCount()).isEqualTo(1);
  }

  @Test
  void nothingStaysFromTheChunkBefore() {
    AnswerScan scan = new AnswerScan();
    byte[] full =
        ("{\"id\":1,\"model\":2,\"created\":3,\"error\":{},\"usage\":{\"total_tokens\":4},"
                + "\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"length\"}]}")
            .getBytes(UTF_8);
    scan.scan(full, 0, full.length);
    assertThat(new String(Objects.requireNonNull(scan.created()), UTF_8)).isEqualTo("3");
    assertThat(scan.usage()).isNotNull();
    // As part of a buffer that holds other bytes.
    scan.scan("..{}}".getBytes(UTF_8), 2, 4);
    assertThat(scan.created()).isNull();
    assertThat(scan.usage()).isNull();
    assertThat(scan.hasError()).isFalse();
    assertThat(scan.isCutByLength()).isFalse();
    assertThat(scan.textBytes() + scan.seenChoices() + scan.finishedChoices()).isZero();
    assertThat(scan.choiceCount()).isZero();
  }

  @Test
  void whatIsNoAnswerIsAFault() {
    for (String json :
        List.of(
            "",
            "[]",
            "null",
            "\"a\"",
            "{}}",
            "{} {}",
            "{\"choices\":{}}",
            "{\"choices\":[1]}",
            "{\"choices\":[{\"delta\":\"x\"}]}",
            "{\"a\":1",
            "{\"usage\":{\"prompt_tokens\":1.}}",
            "{\"usage\":{\"prompt_tokens\":1e}}",
            "{\"usage\":{\"prompt_tokens\":-}}",
            "{\"usage\":{\"prompt_tokens\":01}}",
            "[DONE]")) {
      assertThatThrownBy(() -> scan(json)).as(json).isInstanceOf(JsonReader.Fault.class);
    }
  }

  private static Usage.Reported usage(String json) {
    return Objects.requireNonNull(scan("{\"usage\":" + json + "}").usage(), json);
  }

  @Test
  void usageIsReadInEveryForm() {
    assertThat(
            usage(
                "{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":17,"
                    + "\"prompt_tokens_details\":{\"cached_tokens\":3,\"audio_tokens\":0},"
                    + "\"completion_tokens_details\":{\"reasoning_tokens\":2}}"))
        .isEqualTo(new Usage.Reported(10, 3, 5, 2, 17));
    assertThat(usage("{\"completion_tokens\":5,\"prompt_tokens\":10,\"cost\":0.5}"))
        .isEqualTo(new Usage.Reported(10, 0, 5, 0, 15));
    assertThat(
            usage(
                "{\"prompt_tokens\":9,\"prompt_cache_hit_tokens\":4,"
                    + "\"prompt_tokens_details\":null,\"completion_tokens_details\":[]}"))
        .isEqualTo(new Usage.Reported(9, 4, 0, 0, 9));
    assertThat(usage("{\"total_tokens\":7}")).isEqualTo(new Usage.Reported(0, 0, 0, 0, 7));
    assertThat(usage("{\"prompt_tokens\":-3,\"completion_tokens\":1}").prompt()).isEqualTo(-3);
    assertThat(usage("{\"prompt_tokens\":99999999999999999999,\"completion_tokens\":1}"))
        .isEqualTo(new Usage.Reported(Long.MAX_VALUE, 0, 1, 0, Long.MAX_VALUE));
    // A chunk may bring nothing but figures that cannot be used beside some that can.
    assertThat(usage("{\"prompt_tokens\":1.5,\"completion_tokens\":4,\"total_tokens\":\"9\"}"))
        .isEqualTo(new Usage.Reported(0, 0, 4, 0, 4));
  }

  @Test
  void usageWithoutFiguresIsNone() {
    for (String none :
        List.of(
            "null",
            "{}",
            "[]",
            "5",
            "\"x\"",
            "{\"prompt_tokens\":null}",
            "{\"prompt_tokens\":\"5\",\"completion_tokens\":1.0,\"total_tokens\":1e3}",
            "{\"x\":{\"prompt_tokens\":5}}",
            "{\"prompt_tokens_details\":{\"cached_tokens\":4}}")) {
      assertThat(scan("{\"usage\":" + none + "}").usage()).as(none).isNull();
    }
  }

  @Test
  void usageIsFoundInTheOddPlacesAndTheUsualOneCounts() {
    String odd = "{\"prompt_tokens\":3,\"completion_tokens\":4}";
    String usual = "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}";
    String choice = "\"choices\":[{\"index\":0,\"usage\":" + odd + "}]";
    String groq = "\"x_groq\":{\"id\":\"r\",\"usage\":" + odd + "}";
    for (String member : List.of(choice, groq)) {
      assertThat(scan("{" + member + "}").usage()).isEqualTo(new Usage.Reported(3, 0, 4, 0, 7));
      assertThat(scan("{" + member + ",\"usage\":null}").usage())
          .isEqualTo(new Usage.Reported(3, 0, 4, 0, 7));
      for (String both : List.of(member + "," + usual, usual + "," + member)) {
        assertThat(scan("{" + both + "}").usage()).isEqualTo(new Usage.Reported(5, 0, 6, 0, 11));
      }
    }
    // What one of several choices says is not what the call used.
    assertThat(scan("{" + choice.replace("\"index\":0", "\"index\":1") + "}").usage()).isNull();
    assertThat(scan("{\"x_groq\":null}").usage()).isNull();
    assertThat(scan("{\"x_groq\":[1]}").usage()).isNull();
  }

  @Test
  void indexOfAChoiceMayHaveAnyForm() {
    for (String one : List.of("1", "\"1\"", "1.0", "\"1.00\"")) {
      assertThat(scan("{\"choices\":[{\"index\":" + one + "}]}").seenChoices())
          .as(one)
          .isEqualTo(0b10);
    }
    for (String none : List.of("null", "\"\"", "\"one\"", "1.5", "{}", "[1]", "true", "1e0")) {
      assertThat(scan("{\"choices\":[{},{\"index\":" + none + "}]}").seenChoices())
          .as(none)
          .isEqualTo(0b11);
    }
  }
}
