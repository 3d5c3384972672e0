package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Script;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A connection that brings nothing does not keep its place; one with a call in flight does. */
class ConnectionDeadlinesTest extends EndToEnd {
  private static final Duration SHORT = Duration.ofMillis(400);

  private final ManualTime time = ManualTime.at("2026-11-01T12:00:00Z");

  private RawClient connect() {
    start(RunningGateway.before(upstream).time(time));
    return client();
  }

  @Test
  void headThatDoesNotComeInTenSeconds() {
    RawClient client = connect().send("GET /v1/models HTTP/1.1\r\nhost: x\r\nx-a: ");
    client.expectSilence(SHORT);
    time.advance(Duration.ofSeconds(9));
    client.expectSilence(SHORT);
    time.advance(Duration.ofSeconds(2));
    client.awaitClosed(SOON);
  }

  @Test
  void connectionThatIsIdleForLong() {
    RawClient client = connect();
    assertThat(client.call(Request.get("/v1/nothing")).status()).isEqualTo(404);
    time.advance(Duration.ofSeconds(60));
    client.expectSilence(SHORT);
    assertThat(client.call(Request.get("/v1/nothing")).status()).isEqualTo(404);
    time.advance(Duration.ofSeconds(80));
    client.awaitClosed(SOON);
  }

  @Test
  void secondHeadThatDoesNotComeInTenSeconds() {
    RawClient client = connect();
    assertThat(client.call(Request.get("/v1/nothing")).status()).isEqualTo(404);
    time.advance(Duration.ofSeconds(20));
    client.expectSilence(SHORT);
    client.send("GET /v1/nothing HTTP/1.1\r\nhost: x\r\nx-a: ");
    client.expectSilence(SHORT);
    time.advance(Duration.ofSeconds(9));
    client.expectSilence(SHORT);
    client.send("more");
    time.advance(Duration.ofSeconds(2));
    client.awaitClosed(SOON);
  }

  @Test
  void secondHeadInTwoPiecesIsFine() {
    RawClient client = connect();
    assertThat(client.call(Request.get("/v1/nothing")).status()).isEqualTo(404);
    client.send("GET /v1/nothing HTTP/1.1\r\n");
    client.expectSilence(SHORT);
    time.advance(Duration.ofSeconds(9));
    client.send("host: x\r\n\r\n");
    assertThat(client.readAll().status()).isEqualTo(404);
    time.advance(Duration.ofSeconds(60));
    client.expectSilence(SHORT);
  }

  @Test
  void callInFlightIsNotIdle() {
    Gate gate = Gate.named("the answer");
    String answer = CHUNKS.completion("hi", "stop", 1, 1);
    upstream.answers(Script.after(gate).answer(Script.json(200, answer)));
    RawClient client = connect();
    client.send(plain(""));
    gate.awaitReached(SOON);
    time.advance(Duration.ofSeconds(200));
    client.expectSilence(SHORT);
    gate.open();
    assertThat(client.readAll().status()).isEqualTo(200);
  }
}
