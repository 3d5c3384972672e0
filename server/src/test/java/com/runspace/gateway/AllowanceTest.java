package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The allowance as a caller meets it. An output token costs 1,000 nano-dollars, input nothing. */
class AllowanceTest extends EndToEnd {
  /** What one output token costs. */
  private static final long TOKEN = 1_000;

  private final ManualTime time = ManualTime.at("2026-11-02T23:00:00Z");

  private void startWith(long tokens) {
    String usd = "0.%09d".formatted(tokens * TOKEN);
    start(RunningGateway.before(upstream).allowance(usd).time(time));
  }

  private static Script answer(String reason, long tokens) {
    return Script.json(200, CHUNKS.completion("hi", reason, 1, tokens));
  }

  /** What is told to a call that can never be afforded: limit, used and held. */
  private JsonObject standing() {
    return refusal(call(plain(",\"max_tokens\":4000")), 402);
  }

  private void awaitHeld(long tokens) {
    await(() -> standing().getLong("held") == tokens * TOKEN, () -> "held: " + standing());
  }

  private long limitSent() {
    return new JsonObject(upstream.take(SOON).body().utf8()).getLong("max_tokens");
  }

  @Test
  void spentAllowanceIsA402ThatSaysEverything() {
    startWith(100);
    upstream.answers(answer("stop", 60));
    assertThat(call(plain(",\"max_tokens\":60")).status()).isEqualTo(200);
    Response answer = call(stream(",\"max_tokens\":41"));
    JsonObject error = refusal(answer, 402);
    assertThat(error.getString("type")).isEqualTo("insufficient_quota");
    assertThat(error.getString("code")).isEqualTo("daily_allowance_spent");
    assertThat(error.getLong("limit")).isEqualTo(100 * TOKEN);
    assertThat(error.getLong("used")).isEqualTo(60 * TOKEN);
    assertThat(error.getLong("held")).isZero();
    assertThat(error.getString("unit")).isEqualTo("nano_usd");
    assertThat(error.getString("resets_at")).isEqualTo("2026-11-03T00:00:00Z");
    assertThat(error.getBoolean("retryable")).isFalse();
    assertThat(answer.header("retry-after")).isEqualTo("3600");
    assertThat(answer.header("x-should-retry")).isEqualTo("false");
    upstream.answers(answer("stop", 1));
    assertThat(call(plain(",\"max_tokens\":40")).status()).isEqualTo(200);
  }

  @Test
  void newDayBringsANewAllowance() {
    startWith(100);
    upstream.answers(answer("stop", 100), answer("stop", 1));
    assertThat(call(plain(",\"max_tokens\":100")).status()).isEqualTo(200);
    refusal(call(plain(",\"max_tokens\":1")), 402);
    time.advance(Duration.ofHours(1));
    assertThat(call(plain(",\"max_tokens\":100")).status()).isEqualTo(200);
  }

  @Test
  void longAnswerIsClampedToHalfOfWhatIsFreeAndSaysSo() {
    startWith(1_000);
    upstream.answers(answer("length", 500));
    Response answer = call(plain(",\"max_tokens\":800"));
    assertThat(limitSent()).isEqualTo(500);
    assertThat(answer.text())
        .endsWith("\"usage\":" + usage(1, 500) + ",\"limit_reason\":\"allowance\"}");
    // 500 are left; the half would be less than a short answer.
    upstream.answers(
        Script.sse()
            .event(CHUNKS.content("a"))
            .event(CHUNKS.finishWithUsage("length", 1, 256))
            .done());
    RawClient client = client().send(stream(",\"max_tokens\":800"));
    client.readHead();
    List<String> events = client.readEvents(SOON);
    assertThat(limitSent()).isEqualTo(256);
    assertThat(events.get(1)).endsWith(usage(1, 256) + ",\"limit_reason\":\"allowance\"}");
  }

  @Test
  void clampedAnswerThatEndedByItselfSaysNothing() {
    startWith(1_000);
    upstream.answers(answer("stop", 10));
    assertThat(call(plain(",\"max_tokens\":800")).text()).doesNotContain("limit_reason");
  }

  @Test
  void ownLimitThatWasReachedIsNotTheAllowances() {
    startWith(1_000);
    upstream.answers(answer("length", 10));
    assertThat(call(plain(",\"max_tokens\":10")).text()).doesNotContain("limit_reason");
    assertThat(limitSent()).isEqualTo(10);
  }

  @Test
  void chargeNeverExceedsTheHold() {
    startWith(100);
    upstream.answers(answer("stop", 5_000));
    assertThat(call(plain(",\"max_tokens\":10")).text()).contains("\"completion_tokens\":5000");
    assertThat(standing().getLong("used")).isEqualTo(10 * TOKEN);
  }

  @ParameterizedTest
  @CsvSource({"-5,-5,0", "-5,7,7", "3,0,0", "9000000000000000000,9,9"})
  void absurdFiguresNeverCredit(long prompt, long completion, long charged) {
    startWith(100);
    String usage =
        "{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":0}"
            .formatted(prompt, completion);
    upstream.answers(Script.sse().event(CHUNKS.finish("stop")).event(CHUNKS.usage(usage)).done());
    RawClient client = client().send(stream(",\"max_tokens\":10"));
    client.readHead();
    assertThat(client.readEvents(SOON)).hasSize(2);
    assertThat(standing().getLong("used")).isEqualTo(charged * TOKEN);
  }

  @Test
  void refusedAndFailedCallsAreNotCharged() {
    startWith(100);
    upstream.answers(
        Script.json(400, "{}"), Script.json(500, "{}"), Script.hangUp(), Script.json(200, "no"));
    for (int status : new int[] {400, 502, 502, 502}) {
      refusal(call(plain(",\"max_tokens\":10")), status);
    }
    assertThat(standing().getLong("used")).isZero();
    assertThat(standing().getLong("held")).isZero();
  }

  @Test
  void brokenStreamIsChargedWhatWasDelivered() {
    startWith(100);
    String four = CHUNKS.content("four");
    upstream.answers(Script.sse().event(four).event(four).event(four).close());
    RawClient client = client().send(stream(",\"max_tokens\":10"));
    client.readHead();
    assertThat(client.readEvents(SOON)).hasSize(4);
    assertThat(standing().getLong("used")).isEqualTo(3 * TOKEN);
    assertThat(standing().getLong("held")).isZero();
  }

  @Test
  void callWaitsForMoneyInFlightAndIsAdmittedWhenItSettles() {
    startWith(100);
    Gate settle = Gate.named("before the first call settles");
    upstream.answers(Script.after(settle).answer(answer("stop", 20)), answer("stop", 5));
    RawClient first = client().send(plain(",\"max_tokens\":80"));
    awaitHeld(80);
    RawClient second = client().send(plain(",\"max_tokens\":50"));
    time.advance(Duration.ofMillis(1_500));
    second.expectSilence(Duration.ofMillis(300));
    settle.open();
    assertThat(first.readAll().status()).isEqualTo(200);
    assertThat(second.readAll().status()).isEqualTo(200);
    assertThat(standing().getLong("used")).isEqualTo(25 * TOKEN);
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void callWaitsTwoSecondsAndIsThenA429(boolean streams) {
    startWith(100);
    upstream.answers(Script.silence());
    client().send(plain(",\"max_tokens\":80"));
    awaitHeld(80);
    String limit = ",\"max_tokens\":50";
    RawClient second = client().send(streams ? stream(limit) : plain(limit));
    time.advance(Duration.ofMillis(1_700));
    second.expectSilence(Duration.ofMillis(300));
    time.advance(Duration.ofMillis(400));
    Response answer = second.readAll();
    JsonObject error = refusal(answer, 429);
    assertThat(error.getString("code")).isEqualTo("allowance_held");
    assertThat(error.getLong("held")).isEqualTo(80 * TOKEN);
    assertThat(error.getBoolean("retryable")).isTrue();
    assertThat(answer.header("retry-after")).isEqualTo("2");
    assertThat(answer.header("x-should-retry")).isEqualTo("true");
    assertThat(upstream.requests()).hasSize(1);
  }

  @Test
  void fiftyCallsAtOnceNeverSpendMoreThanThereIs() throws Exception {
    start(RunningGateway.before(upstream).allowance("0.000100").eventLoops(2));
    upstream.answersEach(request ->
        request.body().utf8().contains("\"stream\":true")
            ? Script.sse()
                .event(CHUNKS.content("a"))
                .event(CHUNKS.finish("stop"))
                .event(CHUNKS.usage(Chunks.usageObject(1, 13)))
                .done()
            : answer("stop", 13));
    int admitted = 0;
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Integer>> calls = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        boolean streams = i % 2 == 0;
        String limit = ",\"max_tokens\":10";
        calls.add(callers.submit(() -> call(streams ? stream(limit) : plain(limit)).status()));
      }
      for (Future<Integer> call : calls) {
        int status = status(call);
        assertThat(status).isIn(200, 402, 429);
        admitted += status == 200 ? 1 : 0;
      }
    }
    // Each says that it used 13 tokens, of which its hold of 10 is charged.
    assertThat(admitted).isEqualTo(10);
    JsonObject standing = standing();
    assertThat(standing.getLong("used")).isEqualTo(100 * TOKEN);
    assertThat(standing.getLong("held")).isZero();
  }

  private static int status(Future<Integer> call)
      throws InterruptedException, ExecutionException, TimeoutException {
    return call.get(SOON.toSeconds(), TimeUnit.SECONDS);
  }
}
