package com.runspace.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The client against the scripted upstream: each shows that the other does what it says. */
@Timeout(30)
class TestkitTest {
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final Chunks CHUNKS = Chunks.ofProvider();

  private final ScriptedUpstream upstream = ScriptedUpstream.start();

  @AfterEach
  void stop() {
    upstream.close();
  }

  @Test
  void requestArrivesAsSentAndAnswerToo() {
    upstream.answers(Script.status(201).header("X-One", "1").json("{\"ok\":true}"));
    try (RawClient client = RawClient.to(upstream.port())) {
      Request request = Request.post("/v1/x?y=1", "{\"ü\":1}").header("X-Odd", " a,b ");
      Response answer = client.call(request);
      assertThat(answer.status()).isEqualTo(201);
      assertThat(answer.headers().names())
          .containsExactly("X-One", "content-type", "content-length");
      assertThat(answer.text()).isEqualTo("{\"ok\":true}");
      assertThat(answer.ending()).isEqualTo(Ending.COMPLETE);
    }
    ReceivedRequest got = upstream.take(SOON);
    assertThat(got.line()).isEqualTo("POST /v1/x?y=1 HTTP/1.1");
    assertThat(got.headers().names())
        .containsExactly("host", "content-type", "X-Odd", "content-length");
    assertThat(got.body()).isEqualTo(Bytes.of("{\"ü\":1}"));
  }

  @Test
  void oneConnectionServesManyRequestsAndChunkedOnes() {
    upstream.answersEach(request -> Script.json(200, "\"" + request.body() + "\""));
    try (RawClient client = RawClient.to(upstream.port())) {
      assertThat(client.call(Request.get("/a")).text()).isEqualTo("\"\"");
      client.send("POST /b HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
      assertThat(client.send("2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n").readAll().text())
          .isEqualTo("\"abcde\"");
    }
    assertThat(upstream.requests()).hasSize(2);
    assertThat(upstream.connections()).isEqualTo(1);
    assertThat(upstream.takeClosing(SOON).requests()).isEqualTo(2);
  }

  @Test
  void eventsWaitForTheirGate() {
    Gate gate = Gate.named("before the end");
    upstream.answers(
        Script.sse()
            .event(CHUNKS.role())
            .comment("keep-alive")
            .gate(gate)
            .event(CHUNKS.content("Hi"))
            .event(CHUNKS.finishWithUsage("stop", 3, 1))
            .done());
    try (RawClient client = RawClient.to(upstream.port())) {
      client.send(Request.post("/v1/chat/completions", "{}"));
      assertThat(client.readHead().header("content-type")).isEqualTo("text/event-stream");
      assertThat(client.readEvent()).isEqualTo("data: " + CHUNKS.role());
      assertThat(client.readEvent()).isEqualTo(": keep-alive");
      gate.awaitReached(SOON);
      client.expectSilence(Duration.ofMillis(30));
      gate.open();
      assertThat(client.readEvents(SOON))
          .containsExactly(
              "data: " + CHUNKS.content("Hi"),
              "data: " + CHUNKS.finishWithUsage("stop", 3, 1),
              "data: [DONE]");
      assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    }
  }

  @Test
  void everyByteAlone() {
    upstream.answers(
        Script.sse().byteByByte().event("one").event("two").done(), Script.json(200, "{}"));
    try (RawClient client = RawClient.to(upstream.port())) {
      client.send(Request.get("/")).readHead();
      assertThat(client.readEvents(SOON)).containsExactly("data: one", "data: two", "data: [DONE]");
      assertThat(client.call(Request.get("/")).text()).isEqualTo("{}");
    }
  }

  @Test
  void cutAndResetAreToldApart() {
    Gate read = Gate.named("read");
    upstream.answers(
        Script.sse().event("one").close(),
        Script.sse().event("one").gate(read).reset(),
        Script.status(200).header("content-length", "9").bare().text("half").close(),
        Script.status(200).untilClose().text("whole").end());
    assertThat(endingAfterOneEvent(Gate.named("unused"))).isEqualTo(Ending.CUT);
    assertThat(endingAfterOneEvent(read)).isEqualTo(Ending.RESET);
    Response half = call();
    assertThat(half.text()).isEqualTo("half");
    assertThat(half.ending()).isEqualTo(Ending.CUT);
    Response whole = call();
    assertThat(whole.text()).isEqualTo("whole");
    assertThat(whole.ending()).isEqualTo(Ending.COMPLETE);
  }

  @Test
  void hangUpIsSeenAtOnceWhateverTheScriptDoes() {
    Gate never = Gate.named("never");
    upstream.answers(
        Script.silence(), Script.after(never).answer(Script.json(200, "{}")), Script.sse().stall());
    // The best of the three shows what the kit can see; the others may have met a busy machine.
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      try (RawClient client = RawClient.to(upstream.port())) {
        client.send(Request.get("/"));
        upstream.take(SOON);
        long before = System.nanoTime();
        client.leave();
        best = Math.min(best, upstream.awaitClientClosed(SOON) - before);
      }
    }
    assertThat(best).isLessThan(100_000_000L);
    try (RawClient silent = RawClient.to(upstream.port())) {
      upstream.awaitConnections(4, SOON);
      silent.reset();
    }
    Closing closing = upstream.takeClosing(SOON);
    assertThat(closing.reset()).isTrue();
    assertThat(closing.requests()).isZero();
    assertThat(upstream.openConnections()).isZero();
  }

  @Test
  void ourOwnCloseIsNotTheGatewaysClose() {
    upstream.answers(Script.hangUp(), Script.status(200).closing().json("{}"));
    try (RawClient client = RawClient.to(upstream.port())) {
      client.send(Request.get("/")).awaitClosed(SOON);
    }
    try (RawClient client = RawClient.to(upstream.port())) {
      assertThat(client.call(Request.get("/")).header("connection")).isEqualTo("close");
      client.awaitClosed(SOON);
    }
    assertThatThrownBy(() -> upstream.takeClosing(Duration.ofMillis(50)))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("no connection was closed by the peer")
        .hasMessageContaining("#2 ended the answer");
  }

  @Test
  void halfCloseStillReads() {
    upstream.answers(Script.sse().event("one").halfClose());
    try (RawClient client = RawClient.to(upstream.port())) {
      client.send(Request.get("/")).readHead();
      assertThat(client.readEvents(SOON)).containsExactly("data: one");
      assertThat(client.ending()).isEqualTo(Ending.CUT);
      client.send(Request.get("/still-heard"));
      upstream.take(SOON);
      assertThat(upstream.take(SOON).target()).isEqualTo("/still-heard");
    }
  }

  @Test
  void greetingComesBeforeAnyRequest() {
    upstream.greets(Script.hangUp(), Script.bytes("HTTP/1.1 408 Too slow\r\n\r\n"));
    try (RawClient first = RawClient.to(upstream.port())) {
      first.awaitClosed(SOON);
    }
    try (RawClient second = RawClient.to(upstream.port())) {
      assertThat(second.readHead().status()).isEqualTo(408);
    }
  }

  @Test
  void gzipUnpacksToTheText() throws IOException {
    upstream.answers(Script.status(200).gzipJson("{\"a\":1}"));
    byte[] packed = call().body().toArray();
    try (GZIPInputStream in = new GZIPInputStream(new java.io.ByteArrayInputStream(packed))) {
      assertThat(Bytes.of(in.readAllBytes())).isEqualTo(Bytes.of("{\"a\":1}"));
    }
  }

  @Test
  void slowReaderStopsTheSender() {
    upstream.answers(Script.sse().events(100_000, "x".repeat(1_000)).done());
    try (RawClient client = RawClient.slow(upstream.port(), 8_192)) {
      client.send(Request.get("/")).readHead();
      client.readBytes(20_000, SOON);
      // The kernel's two buffers hold a few MB at most; the whole answer is 100 MB.
      assertThat(upstream.bytesSent()).isLessThan(50_000_000L);
    }
    upstream.awaitClientClosed(SOON);
  }

  @Test
  void failuresShowWhatCame() {
    upstream.answers(Script.sse().event("one").stall());
    try (RawClient client = RawClient.to(upstream.port())) {
      client.send(Request.get("/")).readHead();
      client.readEvent();
      assertThatThrownBy(() -> client.readEvent(Duration.ofMillis(20)))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("no event within PT0.02S")
          .hasMessageContaining("data: one");
    }
  }

  @Test
  void requestWithoutScriptFailsTheTest() {
    try (RawClient client = RawClient.to(upstream.port())) {
      assertThat(client.call(Request.get("/surprise")).status()).isEqualTo(500);
    }
    assertThatThrownBy(upstream::close)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("/surprise");
    upstream.forgiveUnscripted();
  }

  @Test
  void heldConnectHangsUntilReleased() throws Exception {
    try (ScriptedUpstream held = ScriptedUpstream.holdingConnects()) {
      held.answers(Script.json(200, "{}"));
      assertThat(held.awaitHangingConnects(0, SOON)).isPositive();
      Socket leaver = new Socket();
      Thread connecting = connectInBackground(leaver, held.port());
      held.awaitHangingConnects(1, SOON);
      long before = System.nanoTime();
      leaver.close();
      assertThat(held.awaitHangingConnects(0, SOON) - before).isLessThan(100_000_000L);
      connecting.join();
      assertThat(held.connections()).isZero();
      held.release();
      try (RawClient client = RawClient.to(held.port())) {
        assertThat(client.call(Request.get("/")).status()).isEqualTo(200);
      }
      assertThat(held.connections()).isEqualTo(1);
    }
  }

  @Test
  void refusedPortRefuses() {
    try (RefusedPort refused = RefusedPort.open()) {
      assertThatThrownBy(() -> RawClient.to(refused.port()))
          .isInstanceOf(UncheckedIOException.class);
    }
  }

  private static Thread connectInBackground(Socket socket, int port) {
    return Thread.ofVirtual()
        .start(() -> {
          try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
          } catch (IOException e) {
            // The test closes it while it connects.
          }
        });
  }

  private Response call() {
    try (RawClient client = RawClient.to(upstream.port())) {
      return client.call(Request.get("/"));
    }
  }

  private Ending endingAfterOneEvent(Gate afterwards) {
    try (RawClient client = RawClient.to(upstream.port())) {
      client.send(Request.get("/")).readHead();
      assertThat(client.readEvent()).isEqualTo("data: one");
      afterwards.open();
      assertThat(client.nextEvent(SOON)).isEmpty();
      return client.ending();
    }
  }
}
