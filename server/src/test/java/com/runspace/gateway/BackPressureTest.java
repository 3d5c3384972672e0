package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A caller who does not read stops the provider who sends, and nobody else. */
class BackPressureTest extends EndToEnd {
  private static final int EVENTS = 40_000;
  private static final String KIBIBYTE = "x".repeat(1_024);
  private static final long BOUND = 32L << 20;
  private static final String FINISH = CHUNKS.finishWithUsage("stop", 1, 1);

  private Script fortyMegabytes() {
    Script script = Script.sse();
    for (int i = 0; i < 40; i++) {
      script = script.event(CHUNKS.content("part " + i));
      script = script.events(EVENTS / 40, CHUNKS.content(KIBIBYTE));
    }
    return script.event(FINISH).done();
  }

  private RawClient notReading() {
    RawClient client = closing(RawClient.slow(gateway().port(), 8_192)).send(stream(""));
    client.readHead();
    return client;
  }

  private void awaitStandstill() {
    AtomicLong before = new AtomicLong(-1);
    await(
        () -> {
          LockSupport.parkNanos(300_000_000);
          long sent = upstream.bytesSent();
          return before.getAndSet(sent) == sent && sent > 0;
        },
        () -> upstream.bytesSent() + " bytes were taken, and more are");
  }

  @Test
  void longStreamIsTakenOnlyAsFarAsTheBuffersGo() {
    upstream.answers(
        Script.sse().events(150_000, CHUNKS.content(KIBIBYTE)).stall(),
        Script.sse().event(CHUNKS.content("a")).event(FINISH).done());
    notReading();
    awaitStandstill();
    assertThat(upstream.bytesSent()).isLessThan(BOUND);
    // On the same event loop, of which there is one.
    RawClient other = client().send(stream(""));
    other.readHead();
    assertThat(other.readEvents(SOON)).hasSize(3);
    assertThat(upstream.bytesSent()).isLessThan(BOUND);
  }

  @Test
  void whenTheCallerReadsAgainEverythingArrivesInOrder() {
    upstream.answers(fortyMegabytes());
    RawClient client = notReading();
    awaitStandstill();
    assertThat(upstream.bytesSent()).isLessThan(BOUND);
    List<String> parts =
        client.readBody(SOON).utf8().lines().filter(line -> !line.isEmpty()).toList();
    assertThat(parts).hasSize(EVENTS + 40 + 2).last().isEqualTo("data: [DONE]");
    for (int i = 0; i < 40; i++) {
      assertThat(parts.get(i * (1 + EVENTS / 40))).contains("\"part " + i + "\"");
    }
  }

  @Test
  void pauseIsNotHeldAgainstTheProvider() {
    ManualTime time = ManualTime.at("2026-11-02T10:00:00Z");
    start(RunningGateway.before(upstream).time(time).timeouts("betweenBytes: 10s"));
    upstream.answers(fortyMegabytes());
    RawClient client = notReading();
    awaitStandstill();
    time.advance(Duration.ofMinutes(1));
    LockSupport.parkNanos(400_000_000);
    String body = client.readBody(SOON).utf8();
    assertThat(body).endsWith("data: [DONE]\n\n").doesNotContain("event: error");
    // Nor does a comment queue up behind what is not read.
    assertThat(body).doesNotContain(": keep-alive\n\n: keep-alive");
  }

  @Test
  void manyWhoDoNotReadLeaveRoomForOneWhoDoes() {
    upstream.answersEach(request ->
        request.body().utf8().contains("\"short\"")
            ? Script.sse().event(FINISH).done()
            : Script.sse().events(15_000, CHUNKS.content(KIBIBYTE)).stall());
    for (int i = 0; i < 8; i++) {
      notReading();
    }
    for (int i = 0; i < 8; i++) {
      RawClient other = client().send(stream(",\"user\":\"short\""));
      other.readHead();
      assertThat(other.readEvents(SOON)).hasSize(2);
      other.leave();
    }
  }
}
