package com.runspace.workshop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The load against the upstream, on real sockets; how fast it is, is not asked. */
final class LoadTest {
  private static final int EVENTS = 5;

  private static Tally run(LoadPlan.Mode mode, int expectedEvents, int bodyBytes)
      throws IOException {
    try (Upstream upstream = new Upstream(0, Duration.ofMillis(5), EVENTS)) {
      Thread.ofPlatform().daemon().start(() -> serve(upstream));
      LoadPlan plan =
          new LoadPlan(
              mode,
              List.of(upstream.port()),
              List.of("authorization: Bearer x"),
              4,
              200,
              bodyBytes,
              expectedEvents,
              Duration.ofMillis(20),
              Duration.ofMillis(100),
              Duration.ofMillis(300),
              List.of(ProcessHandle.current().pid()),
              /* keys= */ null);
      return new LoadLoop(plan).run();
    }
  }

  private static void serve(Upstream upstream) {
    try {
      upstream.run();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void plainAnswers() throws IOException {
    Tally tally = run(LoadPlan.Mode.SATURATE, EVENTS, 32 * 1024);
    assertThat(tally.firstFailure()).isEmpty();
    assertThat(tally.figures().units()).isPositive();
    assertThat(tally.figures().residentKib()).isPositive();
  }

  @Test
  void fixedRate() throws IOException {
    Tally tally = run(LoadPlan.Mode.RATE, EVENTS, 1024);
    assertThat(tally.firstFailure()).isEmpty();
    assertThat(tally.figures().units()).isPositive();
  }

  @Test
  void streams() throws IOException {
    Tally tally = run(LoadPlan.Mode.STREAM, EVENTS, 1024);
    assertThat(tally.firstFailure()).isEmpty();
    assertThat(tally.figures().units()).isPositive();
    assertThat(tally.figures().p50Micros()).isPositive();
  }

  @Test
  void shortStreamsAreFailures() throws IOException {
    Tally tally = run(LoadPlan.Mode.STREAM, EVENTS + 1, 1024);
    assertThat(tally.failed()).isPositive();
    assertThat(tally.firstFailure()).isEqualTo("stream with 5 of 6 events");
  }

  @Test
  void figuresSurviveTheirLine() throws IOException {
    Figures figures = run(LoadPlan.Mode.SATURATE, EVENTS, 1024).figures();
    assertThat(Figures.parse(figures.line())).isEqualTo(figures);
  }

  @Test
  void bodiesHaveTheAskedSize() {
    for (int bytes : new int[] {1024, 32 * 1024}) {
      LoadPlan plan =
          LoadPlan.fromArguments(new String[] {"--mode", "stream", "--body-bytes", "" + bytes});
      String request = Bytes.text(plan.request(), 0, plan.request().length);
      String body = request.substring(request.indexOf("\r\n\r\n") + 4);
      assertThat(body).hasSize(bytes).endsWith("\"}]}");
      assertThat(request).contains("content-length: " + bytes + "\r\n");
      assertThat(LoadPlan.fromArguments(plan.toArguments().toArray(String[]::new))).isEqualTo(plan);
    }
  }
}
