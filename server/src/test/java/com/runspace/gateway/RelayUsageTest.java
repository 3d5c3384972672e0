package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Script;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Usage stands on the chunk that finishes the answer, wherever the provider put it. */
class RelayUsageTest extends EndToEnd {
  private static final String INCLUDE = ",\"stream_options\":{\"include_usage\":true}";
  private static final String DONE = "data: [DONE]";

  /** The estimate of the prompt "hi": 31 bytes of messages at 4 bytes a token. */
  private static final long PROMPT = 8;

  private static final Chunks OURS = new Chunks("OUR-ID", "m");

  private List<String> events(String more, Script script) {
    upstream.answers(script);
    RawClient client = client().send(stream(more));
    String id = ours(client.readHead().header("x-request-id")).id();
    return client.readEvents(SOON).stream().map(event -> event.replace(id, OURS.id())).toList();
  }

  private static String data(String chunk) {
    return "data: " + chunk;
  }

  @Test
  void thatComesAfterTheFinish() {
    Script script = Script.sse().event(CHUNKS.content("a")).event(CHUNKS.finish("stop"));
    assertThat(events("", script.event(CHUNKS.usage(5, 7)).done()))
        .containsExactly(
            data(OURS.content("a")), data(with(OURS.finish("stop"), usage(5, 7))), DONE);
  }

  @Test
  void isRepeatedAloneForThoseWhoAskedForThat() {
    Script script = Script.sse().event(CHUNKS.content("a")).event(CHUNKS.finish("stop"));
    assertThat(events(INCLUDE, script.event(CHUNKS.usage(5, 7)).done()))
        .containsExactly(
            data(OURS.content("a")),
            data(with(OURS.finish("stop"), usage(5, 7))),
            data(OURS.usage(usage(5, 7))),
            DONE);
  }

  @Test
  void thatComesWithTheFinish() {
    Script script =
        Script.sse().event(CHUNKS.content("a")).event(CHUNKS.finishWithUsage("stop", 5, 7));
    assertThat(events("", script.done()))
        .containsExactly(
            data(OURS.content("a")), data(with(OURS.finish("stop"), usage(5, 7))), DONE);
    assertThat(events(INCLUDE, script.done()))
        .containsExactly(
            data(OURS.content("a")),
            data(with(OURS.finish("stop"), usage(5, 7))),
            data(OURS.usage(usage(5, 7))),
            DONE);
  }

  @Test
  void thatComesBeforeTheFinish() {
    Script script = Script.sse().event(CHUNKS.content("a")).event(CHUNKS.usage(5, 7));
    assertThat(events("", script.event(CHUNKS.finish("stop")).done()))
        .containsExactly(
            data(OURS.content("a")), data(with(OURS.finish("stop"), usage(5, 7))), DONE);
  }

  @Test
  void thatNeverComesIsEstimated() {
    Script script =
        Script.sse()
            .event(CHUNKS.reasoning("12345678"))
            .event(CHUNKS.content("ü😀"))
            .event(CHUNKS.tool(0, "call_1", "name"))
            .event(CHUNKS.toolArguments(0, "{}"))
            .event(CHUNKS.finish("stop"));
    // 8 bytes of reasoning, 6 of text, 4 of the tool's name, 2 of its arguments.
    assertThat(events("", script.done())).last().isEqualTo(DONE);
    assertThat(events("", script.done()))
        .contains(data(with(OURS.finish("stop"), usage(PROMPT, 5))));
  }

  @Test
  void isEstimatedAfterASecondOfSilence() {
    ManualTime time = ManualTime.at("2026-11-02T10:00:00Z");
    start(RunningGateway.before(upstream).time(time));
    Gate silence = Gate.named("silence after the finish");
    upstream.answers(
        Script.sse()
            .event(CHUNKS.content("four"))
            .event(CHUNKS.finish("stop"))
            .gate(silence)
            .event(CHUNKS.usage(50, 70))
            .done());
    RawClient client = client().send(stream(INCLUDE));
    String id = ours(client.readHead().header("x-request-id")).id();
    client.readEvent();
    silence.awaitReached(SOON);
    client.expectSilence(Duration.ofMillis(300));
    time.advance(Duration.ofMillis(1_100));
    Chunks ours = new Chunks(id, "m");
    assertThat(client.readEvent()).isEqualTo(data(with(ours.finish("stop"), usage(PROMPT, 1))));
    assertThat(client.readEvent()).isEqualTo(data(ours.usage(usage(PROMPT, 1))));
    silence.open();
    // It has been told and settled; figures that come later change neither.
    assertThat(client.readEvents(SOON)).containsExactly(DONE);
  }

  @Test
  void inEveryChunkIsToldOnceAndTheLastCounts() {
    Script script =
        Script.sse()
            .event(with(CHUNKS.content("a"), Chunks.usageObject(5, 1)))
            .event(with(CHUNKS.content("b"), Chunks.usageObject(5, 2)))
            .event(with(CHUNKS.finish("stop"), Chunks.usageObject(5, 3)));
    assertThat(events("", script.done()))
        .containsExactly(
            data(with(OURS.content("a"), "null")),
            data(with(OURS.content("b"), "null")),
            data(with(OURS.finish("stop"), usage(5, 3))),
            DONE);
  }

  @Test
  void ofNullCountsAsNone() {
    Script script =
        Script.sse()
            .event(with(CHUNKS.content("a"), "null"))
            .event(with(CHUNKS.finish("stop"), "null"));
    assertThat(events("", script.event(CHUNKS.usage(5, 7)).done()))
        .containsExactly(
            data(with(OURS.content("a"), "null")),
            data(with(OURS.finish("stop"), usage(5, 7))),
            DONE);
  }

  @Test
  void ofSeveralChoicesStandsOnTheLastFinish() {
    Script script =
        Script.sse()
            .event(second(CHUNKS.content("b")))
            .event(CHUNKS.content("a"))
            .event(CHUNKS.finish("stop"))
            .event(second(CHUNKS.content("bb")))
            .event(second(CHUNKS.finish("length")));
    assertThat(events(",\"n\":2", script.event(CHUNKS.usage(5, 7)).done()))
        .containsExactly(
            data(second(OURS.content("b"))),
            data(OURS.content("a")),
            data(OURS.finish("stop")),
            data(second(OURS.content("bb"))),
            data(with(second(OURS.finish("length")), usage(5, 7))),
            DONE);
  }

  @Test
  void waitsForTheSecondChoiceThoughTheFirstIsDone() {
    Script script =
        Script.sse()
            .event(CHUNKS.content("a"))
            .event(CHUNKS.finish("stop"))
            .event(second(CHUNKS.content("b")))
            .event(second(CHUNKS.finish("stop")));
    assertThat(events(",\"n\":2", script.event(CHUNKS.usage(5, 7)).done()))
        .containsExactly(
            data(OURS.content("a")),
            data(OURS.finish("stop")),
            data(second(OURS.content("b"))),
            data(with(second(OURS.finish("stop")), usage(5, 7))),
            DONE);
  }

  private static String second(String chunk) {
    return chunk.replace("\"index\":0", "\"index\":1");
  }

  @Test
  void comesInAChunkOfItsOwnWhenTheFinishWasNotTheLast() {
    Script script =
        Script.sse()
            .event(CHUNKS.content("a"))
            .event(CHUNKS.finish("stop"))
            .event(CHUNKS.content(""));
    assertThat(events("", script.event(CHUNKS.usage(5, 7)).done()))
        .containsExactly(
            data(OURS.content("a")),
            data(OURS.finish("stop")),
            data(OURS.content("")),
            data(OURS.usage(usage(5, 7))),
            DONE);
  }

  @Test
  void detailsAreNumbersAndReasoningLeftOutIsAdded() {
    String theirs =
        "{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":45,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":4},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":30},\"cost\":0.1}";
    String ours =
        "{\"prompt_tokens\":10,\"completion_tokens\":35,\"total_tokens\":45,"
            + "\"prompt_tokens_details\":{\"cached_tokens\":4},"
            + "\"completion_tokens_details\":{\"reasoning_tokens\":30}}";
    Script script = Script.sse().event(CHUNKS.finish("stop")).event(CHUNKS.usage(theirs));
    assertThat(events("", script.done()))
        .containsExactly(data(with(OURS.finish("stop"), ours)), DONE);
  }
}
