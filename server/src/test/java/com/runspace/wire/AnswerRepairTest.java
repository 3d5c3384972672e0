package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.wire.JsonReader.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AnswerRepairTest {
  private static AnswerRepair repair(List<String> names) {
    return Objects.requireNonNull(Repairs.of(names).forOneCall());
  }

  private static String chunk(AnswerRepair repair, String json) {
    byte[] bytes = ("junk" + json + "junk").getBytes(UTF_8);
    boolean changed = repair.chunk(bytes, 4, bytes.length - 4);
    return changed ? new String(repair.repaired().toByteArray(), UTF_8) : json;
  }

  private static String delta(String members) {
    return "{\"choices\":[{\"index\":0,\"delta\":{" + members + "}}]}";
  }

  /** What becomes of the {@code tool_calls} of one call's deltas. */
  private static List<String> tools(String repairs, String... calls) {
    AnswerRepair repair = repair(List.of(repairs.split(",", -1)));
    List<String> repaired = new ArrayList<>();
    String before = "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[";
    for (String each : calls) {
      String chunk = chunk(repair, before + each + "]}}]}");
      assertThat(chunk).startsWith(before).endsWith("]}}]}");
      repaired.add(chunk.substring(before.length(), chunk.length() - 5));
    }
    return repaired;
  }

  @Test
  void namesAreKnownOrRefused() {
    assertThat(Repairs.known())
        .containsExactly("tool-index", "role", "tool-type", "reasoning", "finish-tool-calls");
    assertThat(Repairs.of(List.of())).isSameAs(Repairs.NONE);
    assertThat(Repairs.NONE.isEmpty()).isTrue();
    assertThat(Repairs.NONE.forOneCall()).isNull();
    assertThat(Repairs.of(Repairs.known()).isEmpty()).isFalse();
    assertThatThrownBy(() -> Repairs.of(List.of("role", "Role")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'Role'")
        .hasMessageContaining("tool-index, role, tool-type, reasoning, finish-tool-calls");
  }

  @Test
  void whatNeedsNoRepairKeepsItsBytes() {
    AnswerRepair repair = repair(Repairs.known());
    for (String chunk :
        List.of(
            "{ \"choices\" : [ ] , \"x\" : 1e5 }",
            "[1]",
            "{\"choices\":{}}",
            "{\"choices\":[7,{\"delta\":null},{\"delta\":\"x\",\"index\":3}]}",
            delta("\"role\":\"assistant\",\"content\":\"\""),
            delta(
                "\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"type\":\"function\",\"function\":"
                    + "{\"name\":\"f\",\"arguments\":\"\"}}]"),
            delta("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{}\"}}]"),
            delta("\"tool_calls\":{\"a\":1}"),
            delta("\"tool_calls\":[3]"),
            delta("\"reasoning\":\"a\",\"reasoning_content\":\"a\""),
            delta("\"reasoning\":{\"a\":1},\"reasoning_content\":\"a\""),
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}")) {
      assertThat(chunk(repair, chunk)).isEqualTo(chunk);
    }
    assertThatThrownBy(() -> chunk(repair, "{\"choices\":[{]}")).isInstanceOf(Fault.class);
  }

  @Test
  void roleIsInTheFirstDeltaOfEachChoice() {
    AnswerRepair repair = repair(List.of("role"));
    assertThat(chunk(repair, delta("\"content\":\"a\"")))
        .isEqualTo(delta("\"role\":\"assistant\",\"content\":\"a\""));
    assertThat(chunk(repair, delta("\"content\":\"b\""))).isEqualTo(delta("\"content\":\"b\""));
    // The index may stand behind the delta.
    assertThat(chunk(repair, "{\"choices\":[{\"delta\":{ },\"index\":1}]}"))
        .isEqualTo("{\"choices\":[{\"delta\":{\"role\":\"assistant\" },\"index\":1}]}");
    assertThat(chunk(repair, "{\"choices\":[{\"delta\":{\"role\":null},\"index\":2}]}"))
        .isEqualTo("{\"choices\":[{\"delta\":{\"role\":\"assistant\"},\"index\":2}]}");
    assertThat(chunk(repair, "{\"choices\":[{\"delta\":{\"role\":\"\"},\"index\":3}]}"))
        .isEqualTo("{\"choices\":[{\"delta\":{\"role\":\"assistant\"},\"index\":3}]}");
    assertThat(chunk(repair, "{\"choices\":[{\"delta\":{\"role\":\"tool\"},\"index\":4}]}"))
        .contains("\"tool\"");
  }

  @Test
  void eachCallHasAnIndexOfItsOwn() {
    // Whole calls that come one by one, all of them with index 0.
    assertThat(
            tools(
                "tool-index",
                "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}",
                "{\"index\":0,\"id\":\"b\",\"function\":{\"name\":\"f\"}}",
                "{\"id\":\"a\",\"index\":0,\"function\":{\"arguments\":\"1\"}}",
                "{\"index\":0,\"function\":{\"arguments\":\"2\"}}"))
        .containsExactly(
            "{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\"}}",
            "{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"f\"}}",
            "{\"id\":\"a\",\"index\":0,\"function\":{\"arguments\":\"1\"}}",
            "{\"index\":1,\"function\":{\"arguments\":\"2\"}}");
    // Several in one delta, with one index, and with none.
    assertThat(tools("tool-index", "{\"index\":0,\"id\":\"a\"},{\"index\":0,\"id\":\"b\"}"))
        .containsExactly("{\"index\":0,\"id\":\"a\"},{\"index\":1,\"id\":\"b\"}");
    assertThat(tools("tool-index", "{\"index\":0},{\"index\":0}", "{},{}", "{\"id\":\"\"}"))
        .containsExactly(
            "{\"index\":0},{\"index\":1}",
            "{\"index\":0},{\"index\":1}",
            "{\"index\":1,\"id\":\"\"}");
    // No index at all; a name begins a call.
    assertThat(
            tools(
                "tool-index",
                "{\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}",
                "{\"function\":{\"arguments\":\"}\"}}",
                "{\"index\":null,\"function\":{\"name\":\"g\"}}",
                "{\"index\":\"1\",\"function\":{\"arguments\":\"{}\"}}"))
        .containsExactly(
            "{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}",
            "{\"index\":0,\"function\":{\"arguments\":\"}\"}}",
            "{\"index\":1,\"function\":{\"name\":\"g\"}}",
            "{\"index\":1,\"function\":{\"arguments\":\"{}\"}}");
  }

  @Test
  void fragmentsOfOneCallWithIdsOfTheirOwnStayOneCall() {
    assertThat(
            tools(
                "tool-index,tool-type",
                "{\"index\":0,\"id\":\"r1\",\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
                "{\"index\":0,\"id\":\"r2\",\"function\":{\"arguments\":\"{\"}}",
                "{\"index\":0.0,\"id\":\"r3\",\"function\":{\"arguments\":\"}\"}}"))
        .containsExactly(
            "{\"index\":0,\"id\":\"r1\",\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
            "{\"index\":0,\"id\":\"r2\",\"function\":{\"arguments\":\"{\"}}",
            "{\"index\":0,\"id\":\"r3\",\"function\":{\"arguments\":\"}\"}}");
  }

  @Test
  void choicesCountTheirCallsApart() {
    AnswerRepair repair = repair(List.of("tool-index"));
    for (int choice = 0; choice < 3; choice++) {
      String chunk =
          "{\"choices\":[{\"delta\":{\"tool_calls\":[{%s\"id\":\"a\"}]},\"index\":"
              + choice
              + "}]}";
      assertThat(chunk(repair, chunk.formatted(""))).isEqualTo(chunk.formatted("\"index\":0,"));
    }
  }

  @Test
  void typeIsInTheFirstDeltaOfACall() {
    assertThat(
            tools(
                "tool-type",
                "{\"index\":0,\"id\":\"a\"}",
                "{\"index\":0}",
                "{\"index\":1,\"id\":\"b\",\"type\":null}",
                "{\"index\":2,\"id\":\"c\",\"type\":\"\"}",
                "{}"))
        .containsExactly(
            "{\"type\":\"function\",\"index\":0,\"id\":\"a\"}",
            "{\"index\":0}",
            "{\"index\":1,\"id\":\"b\",\"type\":\"function\"}",
            "{\"index\":2,\"id\":\"c\",\"type\":\"function\"}",
            "{}");
    assertThat(tools("tool-type,tool-index", "{ }"))
        .containsExactly("{\"index\":0,\"type\":\"function\" }");
  }

  @Test
  void reasoningStandsUnderBothNames() {
    AnswerRepair repair = repair(List.of("reasoning"));
    assertThat(chunk(repair, delta("\"reasoning\" : \"\\u00e9 é\\n\",\"content\":null")))
        .isEqualTo(
            delta(
                "\"reasoning\" : \"\\u00e9 é\\n\",\"reasoning_content\":\"\\u00e9 é\\n\","
                    + "\"content\":null"));
    assertThat(chunk(repair, delta("\"reasoning\":null,\"reasoning_content\":\"a\"")))
        .isEqualTo(delta("\"reasoning\":\"a\",\"reasoning_content\":\"a\""));
    assertThat(chunk(repair, delta("\"reasoning\":null"))).isEqualTo(delta("\"reasoning\":null"));
  }

  @Test
  void whoCalledToolsEndsWithToolCalls() {
    AnswerRepair repair = repair(List.of("finish-tool-calls"));
    String other = "{\"choices\":[{\"index\":1,\"finish_reason\":\"stop\",\"delta\":{}}]}";
    String call = "\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\"}]}";
    assertThat(chunk(repair, "{\"choices\":[{" + call + ",\"index\":0}]}")).contains(call);
    assertThat(chunk(repair, other)).isEqualTo(other);
    String finish = "{\"choices\":[{\"index\":0,\"finish_reason\":\"%s\",\"delta\":{}}]}";
    assertThat(chunk(repair, finish.formatted("stop"))).isEqualTo(finish.formatted("tool_calls"));
    assertThat(chunk(repair, finish.formatted("length"))).isEqualTo(finish.formatted("length"));
    // The reason may stand before the call that it is about.
    String both = "{\"choices\":[{\"finish_reason\":\"%s\",\"index\":2," + call + "}]}";
    assertThat(chunk(repair, both.formatted("stop"))).isEqualTo(both.formatted("tool_calls"));
  }

  @Test
  void wholeAnswersAreRepairedToo() {
    String theirs =
        "{\"choices\":[{\"message\":{\"content\":null,\"reasoning\":\"hm\",\"tool_calls\":"
            + "[{\"id\":\"a\",\"function\":{}},{\"id\":\"b\",\"type\":\"function\"}]},"
            + "\"finish_reason\":\"stop\"},{\"message\":{\"role\":\"assistant\"}}]}";
    String ours =
        "{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":null,\"reasoning\":\"hm\","
            + "\"reasoning_content\":\"hm\",\"tool_calls\":[{\"type\":\"function\",\"id\":\"a\","
            + "\"function\":{}},{\"id\":\"b\",\"type\":\"function\"}]},"
            + "\"finish_reason\":\"tool_calls\"},{\"message\":{\"role\":\"assistant\"}}]}";
    assertThat(new String(repair(Repairs.known()).answer(theirs.getBytes(UTF_8)), UTF_8))
        .isEqualTo(ours);
    byte[] fine = ours.getBytes(UTF_8);
    assertThat(repair(Repairs.known()).answer(fine)).isSameAs(fine);
    Repairs.Needs needs = new Repairs.Needs();
    needs.answer(fine);
    assertThat(needs.names()).isEmpty();
    needs.answer(theirs.getBytes(UTF_8));
    assertThat(needs.names())
        .containsExactly("role", "tool-type", "reasoning", "finish-tool-calls");
  }

  @Test
  void needsAreWhatWouldHaveBeenChanged() {
    Repairs.Needs needs = new Repairs.Needs();
    for (String data :
        List.of(
            "[DONE]",
            "nonsense",
            "{\"choices\":[]}",
            delta("\"role\":\"assistant\""),
            delta("\"tool_calls\":[{\"id\":\"a\",\"type\":\"function\"}]"))) {
      byte[] bytes = data.getBytes(UTF_8);
      needs.chunk(bytes, 0, bytes.length);
    }
    assertThat(needs.names()).containsExactly("tool-index");
  }

  @Test
  void mutantsStayJson() {
    byte[] chunk =
        ("{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"hm\",\"tool_calls\":[{\"id\":\"a\","
                + "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
                + "{\"index\":0,\"id\":\"b\"}]},"
                + "\"finish_reason\":\"stop\"}]}")
            .getBytes(UTF_8);
    Mutations mutations = new Mutations(42);
    int repaired = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = mutations.mutant(chunk);
      String story = "mutant " + i + ": " + new String(mutant, UTF_8);
      AnswerRepair repair = repair(Repairs.known());
      boolean changed;
      try {
        changed = repair.chunk(mutant, 0, mutant.length);
      } catch (Fault noJson) {
        continue;
      }
      if (changed && JsonReference.read(mutant).isPresent()) {
        repaired++;
        assertThat(JsonReference.read(repair.repaired().toByteArray())).as(story).isPresent();
      }
    }
    assertThat(repaired).isGreaterThan(500);
  }
}
