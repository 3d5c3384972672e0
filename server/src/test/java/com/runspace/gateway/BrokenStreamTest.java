package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Ending;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A stream that breaks after its head ends in the one form that every known client notices: an
 * event named error, no end mark, and a clean end of the HTTP body.
 */
class BrokenStreamTest extends EndToEnd {
  private static final String FIRST = CHUNKS.content("first");
  private static final String FINISH = CHUNKS.finishWithUsage("stop", 3, 2);

  private JsonObject broken(Script script) {
    upstream.answers(script, Script.sse().event(FINISH).done());
    RawClient client = client().send(stream(""));
    assertThat(client.readHead().status()).isEqualTo(200);
    assertThat(client.readEvent()).contains("first");
    List<String> rest = client.readEvents(SOON);
    assertThat(rest).hasSize(1);
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    // The caller's connection is as good as before.
    client.send(stream("")).readHead();
    assertThat(client.readEvents(SOON)).last().isEqualTo("data: [DONE]");
    return errorEvent(rest.getFirst());
  }

  private void brokenByTheProvider(Script script) {
    assertThat(broken(script).getString("code")).isEqualTo("bad_gateway");
  }

  @Test
  void endWithoutFinishAndMark() {
    brokenByTheProvider(Script.sse().event(FIRST).end());
  }

  @Test
  void closeInTheMiddle() {
    brokenByTheProvider(Script.sse().event(FIRST).close());
  }

  @Test
  void resetInTheMiddle() {
    Gate read = Gate.named("the first event was read");
    upstream.answers(Script.sse().event(FIRST).gate(read).reset());
    RawClient client = client().send(stream(""));
    client.readHead();
    client.readEvent();
    read.open();
    List<String> rest = client.readEvents(SOON);
    assertThat(rest).hasSize(1);
    assertThat(errorEvent(rest.getFirst()).getString("code")).isEqualTo("bad_gateway");
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
  }

  @Test
  void brokenChunkCoding() {
    brokenByTheProvider(Script.sse().event(FIRST).raw("zz\r\nnonsense"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "{\"choices\":[{]}",
        "{\"choices\":{}}",
        "[]",
        "{\"choices\":[]} {}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a}}]}",
      })
  void eventThatIsNoChunk(String data) {
    brokenByTheProvider(Script.sse().event(FIRST).event(data).end());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: {\"error\":{\"message\":\"secret host\",\"code\":500}}\n\n",
        "data: {\"error\":\"secret host\"}\n\n",
        "data: {\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}],"
            + "\"error\":{\"message\":\"secret host\"}}\n\n",
        "event: error\ndata: {\"message\":\"secret host\"}\n\n",
        "event: error\ndata: {}\n\n",
      })
  void errorOfTheProvider(String event) {
    JsonObject error = broken(Script.sse().event(FIRST).text(event).end());
    assertThat(error.getString("code")).isEqualTo("bad_gateway");
    assertThat(error.getString("message")).doesNotContain("secret");
  }

  @Test
  void eventLargerThanEightMebibytes() {
    String piece = "x".repeat(1 << 20);
    Script script = Script.sse().event(FIRST).text("data: {\"choices\":\"");
    for (int i = 0; i < 9; i++) {
      script = script.text(piece);
    }
    brokenByTheProvider(script.stall());
  }

  @Test
  void providerThatGoesOnAfterItsErrorIsCutOff() {
    upstream.answers(Script.sse().event(FIRST).event("nonsense").events(1_000_000, FIRST).stall());
    RawClient client = client().send(stream(""));
    client.readHead();
    client.readEvent();
    errorEvent(client.readEvent());
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void silenceBetweenBytes() {
    start(RunningGateway.before(upstream).timeouts("betweenBytes: 300ms"));
    JsonObject error = broken(Script.sse().event(FIRST).stall());
    assertThat(error.getString("code")).isEqualTo("timeout");
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void callThatTakesTooLongThoughItGoesOn() {
    start(RunningGateway.before(upstream).timeouts("call: 1s, betweenBytes: 10s"));
    Gate never = Gate.named("never");
    JsonObject error = broken(Script.sse().event(FIRST).gate(never).done());
    assertThat(error.getString("code")).isEqualTo("timeout");
    upstream.awaitClientClosed(PROMPTLY);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void missingEndMarkAfterTheFinishIsMadeUpFor(boolean usage) {
    Script script = Script.sse().event(FIRST).event(usage ? FINISH : CHUNKS.finish("stop"));
    for (Script end : List.of(script.end(), script.close())) {
      upstream.answers(end);
      RawClient client = client().send(stream(""));
      client.readHead();
      List<String> events = client.readEvents(SOON);
      assertThat(events).hasSize(3).last().isEqualTo("data: [DONE]");
      assertThat(events.get(1)).contains("\"finish_reason\":\"stop\"").contains("usage");
      assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void silenceAfterTheFinishIsNoError(boolean usage) {
    start(RunningGateway.before(upstream).timeouts("betweenBytes: 1500ms"));
    Script script = Script.sse().event(FIRST).event(usage ? FINISH : CHUNKS.finish("stop"));
    upstream.answers(script.stall());
    RawClient client = client().send(stream(""));
    client.readHead();
    assertThat(client.readEvents(SOON)).hasSize(3).last().isEqualTo("data: [DONE]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void providerThatDoesNotEndAfterTheMarkIsNotWaitedFor(boolean goesOn) {
    ManualTime time = ManualTime.at("2026-11-02T10:00:00Z");
    start(RunningGateway.before(upstream).time(time));
    Script done = Script.sse().event(FINISH).event("[DONE]");
    upstream.answers(goesOn ? done.events(Integer.MAX_VALUE, "more") : done.stall());
    RawClient client = client().send(stream(""));
    client.readHead();
    assertThat(client.readEvents(SOON)).hasSize(2).last().isEqualTo("data: [DONE]");
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    await(
        () -> {
          time.advance(Duration.ofMillis(10));
          return upstream.openConnections() == 0;
        },
        () -> "the provider is still connected\n" + upstream.story());
  }
}
