package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Ending;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When the head of a stream goes out, and what keeps a silent one alive. The clock is ours. */
class HeadTest extends EndToEnd {
  private static final Duration A_MOMENT = Duration.ofMillis(300);
  private static final String COMMENT = ": keep-alive";

  private final ManualTime time = ManualTime.at("2026-11-02T10:00:00Z");

  private RawClient streaming() {
    start(RunningGateway.before(upstream).time(time));
    return client().send(stream(""));
  }

  @Test
  void goesOutWithTheProvidersHeadAndNotBefore() {
    Gate head = Gate.named("before the head");
    Gate event = Gate.named("before the first event");
    upstream.answers(
        Script.after(head)
            .answer(Script.sse().gate(event).event(CHUNKS.finishWithUsage("stop", 1, 1)).done()));
    RawClient client = streaming();
    head.awaitReached(SOON);
    client.expectSilence(A_MOMENT);
    head.open();
    event.awaitReached(SOON);
    assertThat(client.readHead().status()).isEqualTo(200);
    event.open();
    assertThat(client.readEvents(SOON)).hasSize(2);
  }

  @Test
  void keepsItsStatusWhenTheRefusalIsLateButNotTooLate() {
    Gate head = Gate.named("before the refusal");
    upstream.answers(Script.after(head).answer(Script.json(400, "{\"message\":\"no\"}")));
    RawClient client = streaming();
    head.awaitReached(SOON);
    time.advance(Duration.ofMillis(9_800));
    client.expectSilence(A_MOMENT);
    head.open();
    Response answer = client.readAll();
    assertThat(refusal(answer, 400).getString("message")).isEqualTo("no");
    assertThat(answer.headers().has("cache-control")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 429, 500})
  void goesOutAfterTenSecondsAndALaterRefusalIsAnEvent(int status) {
    Gate head = Gate.named("before the refusal");
    upstream.answers(Script.after(head).answer(Script.json(status, "{\"message\":\"no\"}")));
    RawClient client = streaming();
    head.awaitReached(SOON);
    time.advance(Duration.ofMillis(10_100));
    assertThat(client.readHead().status()).isEqualTo(200);
    head.open();
    List<String> events = client.readEvents(SOON);
    assertThat(events).hasSize(1);
    JsonObject error = errorEvent(events.getFirst());
    if (status == 400) {
      assertThat(error.getString("message")).isEqualTo("no");
    }
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
  }

  @Test
  void goesOutAfterTenSecondsAndALaterBreakIsAnEvent() {
    Gate head = Gate.named("before the end");
    upstream.answers(Script.after(head).close());
    RawClient client = streaming();
    head.awaitReached(SOON);
    time.advance(Duration.ofMillis(10_100));
    client.readHead();
    head.open();
    assertThat(client.readEvents(SOON)).singleElement().satisfies(EndToEnd::errorEvent);
  }

  @Test
  void goesOutAfterTenSecondsAndTheAnswerFollows() {
    Gate head = Gate.named("before the answer");
    Script answer = Script.sse().event(CHUNKS.content("a"));
    upstream.answers(
        Script.after(head).answer(answer.event(CHUNKS.finishWithUsage("stop", 1, 1)).done()));
    RawClient client = streaming();
    head.awaitReached(SOON);
    time.advance(Duration.ofMillis(10_100));
    assertThat(client.readHead().status()).isEqualTo(200);
    time.advance(Duration.ofMillis(15_100));
    assertThat(client.readEvent()).isEqualTo(COMMENT);
    head.open();
    assertThat(client.readEvents(SOON)).hasSize(3).last().isEqualTo("data: [DONE]");
  }

  @Test
  void plainAnswerHasNoHeadBeforeItIsThere() {
    Gate head = Gate.named("before the answer");
    upstream.answers(Script.after(head).answer(Script.json(500, "{}")));
    start(RunningGateway.before(upstream).time(time));
    RawClient client = client().send(plain(""));
    head.awaitReached(SOON);
    time.advance(Duration.ofMinutes(1));
    client.expectSilence(A_MOMENT);
    head.open();
    refusal(client.readAll(), 502);
  }

  @Test
  void commentGoesOutAfterEveryFifteenSecondsWithoutAnEvent() {
    Gate more = Gate.named("before more");
    Script script = Script.sse().event(CHUNKS.content("a")).gate(more);
    upstream.answers(script.event(CHUNKS.finishWithUsage("stop", 1, 1)).done());
    RawClient client = streaming();
    client.readHead();
    client.readEvent();
    for (int i = 0; i < 3; i++) {
      time.advance(Duration.ofSeconds(14));
      client.expectSilence(A_MOMENT);
      time.advance(Duration.ofMillis(1_200));
      assertThat(client.readEvent()).isEqualTo(COMMENT);
    }
    more.open();
    assertThat(client.readEvents(SOON)).hasSize(2).last().isEqualTo("data: [DONE]");
  }

  @Test
  void providersOwnCommentsDoNotStandInForOurs() {
    Gate quiet = Gate.named("after a comment");
    upstream.answers(Script.sse().comment("a").gate(quiet).comment("b").stall());
    RawClient client = streaming();
    client.readHead();
    quiet.awaitReached(SOON);
    time.advance(Duration.ofSeconds(10));
    quiet.open();
    client.expectSilence(A_MOMENT);
    time.advance(Duration.ofMillis(5_200));
    assertThat(client.readEvent()).isEqualTo(COMMENT);
  }

  @Test
  void bodyThatComesTooSlowlyIsGivenUp() {
    start(RunningGateway.before(upstream).time(time));
    RawClient client = client().send(authorized("{").header("content-length", "1000"));
    await(() -> gateway().budget().taken() == 1_000, () -> "the body was not begun");
    time.advance(Duration.ofSeconds(29));
    client.expectSilence(A_MOMENT);
    time.advance(Duration.ofSeconds(2));
    Response answer = client.readAll();
    assertThat(refusal(answer, 408).getString("code")).isEqualTo("request_timeout");
    // What still comes of the body is read for two seconds, so that the answer is not lost.
    time.advance(Duration.ofSeconds(3));
    client.awaitClosed(SOON);
  }

  @Test
  void largeBodyAtAGoodSpeedIsNotGivenUp() {
    start(RunningGateway.before(upstream).time(time));
    String text = "x".repeat(1 << 20);
    String body = "{\"model\":\"x\",\"messages\":[{\"content\":\"" + text + "\"}]}";
    RawClient client =
        client().send(authorized("").header("content-length", String.valueOf(body.length())));
    client.send(body.substring(0, 1 << 20));
    await(() -> gateway().budget().taken() > 1 << 20, () -> "the body was not begun");
    client.expectSilence(A_MOMENT);
    time.advance(Duration.ofMinutes(1));
    client.expectSilence(A_MOMENT);
    refusal(client.send(body.substring(1 << 20)).readAll(), 404);
  }
}
