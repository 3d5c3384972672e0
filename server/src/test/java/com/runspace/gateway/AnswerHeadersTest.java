package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The headers that OpenAI's clients look for in every answer, refusals included. */
class AnswerHeadersTest extends EndToEnd {
  private static void assertHeaders(Response answer) {
    assertThat(answer.header("x-request-id")).matches("req_[0-9a-f]{32}");
    assertThat(answer.header("openai-version")).isEqualTo("2020-10-01");
    assertThat(answer.header("openai-processing-ms")).matches("\\d+");
  }

  @Test
  void plainAnswer() {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    assertHeaders(call(plain("")));
  }

  @Test
  void streamedAnswer() {
    upstream.answers(Script.sse().event(CHUNKS.finishWithUsage("stop", 1, 1)).done());
    assertHeaders(call(stream("")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz", "/v1/models", "/nowhere"})
  void everythingElse(String path) {
    assertHeaders(call(Request.get(path)));
  }

  @Test
  void answerToABrowserThatAsksFirst() {
    Response answer = call(Request.of("OPTIONS", CHAT).header("origin", "https://app.example"));
    assertThat(answer.status()).isEqualTo(204);
    assertHeaders(answer);
    assertThat(answer.header("access-control-expose-headers"))
        .contains("openai-processing-ms", "x-ratelimit-remaining-tokens", "x-allowance-remaining");
  }

  @Test
  void refusalOfWhatIsNoHttp() {
    assertHeaders(client().send("nonsense\r\n\r\n").readAll());
  }

  @Test
  void theTimeIsThatUntilTheHead() {
    ManualTime time = ManualTime.at("2026-11-02T10:00:00Z");
    start(RunningGateway.before(upstream).time(time));
    Gate gate = Gate.named("the answer");
    upstream.answers(
        Script.after(gate).answer(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1))));
    RawClient client = client().send(plain(""));
    gate.awaitReached(SOON);
    time.advance(Duration.ofMillis(1_234));
    gate.open();
    assertThat(client.readAll().header("openai-processing-ms")).isEqualTo("1234");
  }
}
