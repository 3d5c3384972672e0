package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Closing;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that leaves cancels the provider's work, wherever the call stands. */
class CancelTest extends EndToEnd {
  /** Output costs 1,000 nano-dollars a token here; the allowance is 100 tokens. */
  private RunningGateway.Plan metered(ScriptedUpstream provider) {
    return RunningGateway.before(provider).allowance("0.0001");
  }

  @Test
  void afterTheFifthEvent() {
    start(metered(upstream));
    String four = CHUNKS.content("four");
    upstream.answers(
        Script.sse().event(four).event(four).event(four).event(four).event(four).stall());
    RawClient client = client().send(stream(",\"max_tokens\":10"));
    client.readHead();
    for (int i = 0; i < 5; i++) {
      assertThat(client.readEvent()).contains("four");
    }
    assertClosedPromptly(upstream, client, false);
    assertSettledAt(5_000);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void beforeTheFirstByteOfAStream(boolean reset) {
    upstream.answers(Script.silence());
    RawClient client = client().send(stream(""));
    upstream.take(SOON);
    assertClosedPromptly(upstream, client, reset);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void beforeTheFirstByteOfAPlainAnswer(boolean reset) {
    upstream.answers(Script.silence());
    RawClient client = client().send(plain(""));
    upstream.take(SOON);
    assertClosedPromptly(upstream, client, reset);
  }

  @Test
  void inTheMiddleOfAPlainAnswer() {
    upstream.answers(Script.status(200).chunked().text("{\"id\":\"1\",").stall());
    RawClient client = client().send(plain(""));
    upstream.take(SOON);
    await(() -> gateway().budget().taken() > 0, () -> "the piece did not arrive");
    assertClosedPromptly(upstream, client, false);
    awaitBudgetFree();
  }

  @Test
  void afterTheHeadAndBeforeTheFirstEvent() {
    upstream.answers(Script.sse().stall());
    RawClient client = client().send(stream(""));
    assertThat(client.readHead().status()).isEqualTo(200);
    assertClosedPromptly(upstream, client, false);
  }

  @Test
  void whileTheConnectionToTheProviderOpens() {
    ScriptedUpstream held = closing(ScriptedUpstream.holdingConnects());
    start(metered(held));
    RawClient client = client().send(stream(",\"max_tokens\":10"));
    held.awaitHangingConnects(1, SOON);
    await(() -> standing().getLong("held") > 0, () -> "nothing is held");
    client.leave();
    assertSettledAt(0);
    held.release();
    held.awaitConnections(1, SOON);
    Closing closing = held.takeClosing(PROMPTLY);
    assertThat(closing.requests()).isZero();
    assertThat(held.story()).doesNotContain("got ").doesNotContain("after these bytes");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whileItDoesNotRead(boolean reset) {
    gateway();
    upstream.answers(Script.sse().events(100_000, CHUNKS.content("x".repeat(1_000))).stall());
    RawClient client = closing(RawClient.slow(gateway().port(), 8_192)).send(stream(""));
    client.readHead();
    awaitStandstill();
    assertClosedPromptly(upstream, client, reset);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whileItsBodyIsStillBeingSent(boolean reset) {
    Request request =
        authorized("{\"model\":\"m\",\"messages\":[").header("content-length", "5000000");
    RawClient client = client().send(request);
    await(() -> gateway().budget().taken() == 5_000_000, () -> "the body was not begun");
    if (reset) {
      client.reset();
    } else {
      client.leave();
    }
    awaitBudgetFree();
    assertThat(upstream.connections()).isZero();
  }

  @Test
  void withTheNextRequestAlreadySent() {
    upstream.answers(Script.sse().event(CHUNKS.content("one")).stall());
    RawClient client = client().send(stream("")).send(stream(""));
    client.readHead();
    client.readEvent();
    assertClosedPromptly(upstream, client, false);
    assertThat(upstream.requests()).hasSize(1);
  }

  @Test
  void whileItWaitsForMoneyThatOthersHold() {
    // 100 tokens a day: each call holds 60 of them.
    start(metered(upstream));
    upstream.answers(Script.sse().stall());
    RawClient first = client().send(stream(",\"max_tokens\":60"));
    first.readHead();
    RawClient second = client().send(stream(",\"max_tokens\":60"));
    second.expectSilence(Duration.ofMillis(300));
    second.leave();
    assertClosedPromptly(upstream, first, false);
    assertThat(upstream.requests()).hasSize(1);
    await(() -> standing().getLong("held") == 0, () -> "still held: " + standing());
  }

  private static void assertClosedPromptly(
      ScriptedUpstream provider, RawClient client, boolean reset) {
    long before = System.nanoTime();
    if (reset) {
      client.reset();
    } else {
      client.leave();
    }
    long closed = provider.awaitClientClosed(PROMPTLY);
    assertThat(closed - before).isLessThan(PROMPTLY.toNanos());
  }

  private void assertSettledAt(long used) {
    await(() -> standing().getLong("held") == 0, () -> "still held: " + standing());
    assertThat(standing().getLong("used")).isEqualTo(used);
  }

  /** What a call that can never be afforded is told: limit, used and held. */
  private JsonObject standing() {
    Response answer = call(plain(",\"max_tokens\":2000"));
    return refusal(answer, 402);
  }

  /** Waits until the provider cannot get rid of any more bytes. */
  private void awaitStandstill() {
    AtomicLong before = new AtomicLong(-1);
    await(
        () -> {
          LockSupport.parkNanos(200_000_000);
          long sent = upstream.bytesSent();
          return before.getAndSet(sent) == sent && sent > 0;
        },
        () -> upstream.bytesSent() + " bytes were taken, and more are");
  }
}
