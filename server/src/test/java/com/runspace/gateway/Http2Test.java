package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.PemFiles;
import com.runspace.testkit.Script;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTP/2 over TLS keeps every promise that HTTP/1.1 keeps. */
class Http2Test extends EndToEnd {
  private static final int MEBIBYTE = 1 << 20;

  private final ManualTime time = ManualTime.at("2026-11-02T10:00:00Z");
  private final Vertx vertx = Vertx.vertx();
  private final HttpClientAgent client =
      vertx.createHttpClient(
          new HttpClientOptions()
              .setSsl(true)
              .setUseAlpn(true)
              .setTrustAll(true)
              .setVerifyHost(false)
              .setProtocolVersion(HttpVersion.HTTP_2));

  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  @TempDir private Path folder;

  @BeforeEach
  void start() {
    closing(() -> result(vertx.close()));
    String tls = PemFiles.make(folder, "localhost").settings();
    start(RunningGateway.before(upstream).server(tls).time(time));
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private HttpClientConnection connect() {
    HttpConnectOptions options = new HttpConnectOptions();
    options.setHost("localhost").setPort(gateway().port());
    return result(client.connect(options));
  }

  private HttpClientRequest chat(HttpClientConnection connection) {
    HttpClientRequest request = result(connection.request(options(HttpMethod.POST, CHAT)));
    return request.putHeader("authorization", "Bearer " + gateway().key());
  }

  private static RequestOptions options(HttpMethod method, String uri) {
    return new RequestOptions().setMethod(method).setURI(uri);
  }

  private static Buffer body(String more) {
    return Buffer.buffer("{\"model\":\"m\",\"messages\":" + MESSAGES + more + "}");
  }

  /** A head and the text after it; the text is asked for at once, or it would be lost. */
  private record Answer(HttpClientResponse head, String text) {
    static Future<Answer> of(Future<HttpClientResponse> sent) {
      return sent.compose(head -> head.body().map(body -> new Answer(head, body.toString())));
    }

    /** Listens first and sends then: what comes before somebody listens would be lost. */
    static Answer to(HttpClientRequest request, Buffer body) {
      Future<Answer> answer = of(request.response());
      request.end(body);
      return result(answer);
    }
  }

  private static JsonObject refusal(Answer answer, int status) {
    assertThat(answer.head().statusCode()).isEqualTo(status);
    assertThat(answer.head().headers().contains("connection")).isFalse();
    return error(answer.text());
  }

  @Test
  void callsOfOneConnectionAreAnsweredSideBySide() {
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    HttpClientConnection connection = connect();
    List<Future<HttpClientResponse>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      answers.add(chat(connection).send(body("")));
    }
    for (Future<HttpClientResponse> each : answers) {
      HttpClientResponse answer = result(each);
      assertThat(answer.version()).isEqualTo(HttpVersion.HTTP_2);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.getHeader("x-request-id")).startsWith("req_");
      assertThat(answer.getHeader("openai-processing-ms")).isEqualTo("0");
    }
    assertThat(connection.remoteSettings().get(Http2Settings.MAX_CONCURRENT_STREAMS))
        .isEqualTo(128L);
  }

  @Test
  void streamIsPassedOnWhole() {
    upstream.answers(
        Script.sse().event(CHUNKS.content("a")).event(CHUNKS.finishWithUsage("stop", 1, 1)).done());
    Answer answer = Answer.to(chat(connect()), body(",\"stream\":true"));
    assertThat(answer.head().getHeader("content-type")).startsWith("text/event-stream");
    assertThat(answer.head().headers().contains("transfer-encoding")).isFalse();
    assertThat(answer.text()).contains("\"a\"").endsWith("data: [DONE]\n\n");
  }

  @Test
  void cancelOfOneStreamCancelsItsCallAndNoOther() {
    upstream.answersEach(request ->
        request.body().utf8().contains("\"stay\"")
            ? Script.sse().event(CHUNKS.content("stays")).stall()
            : Script.sse().event(CHUNKS.content("goes")).stall());
    HttpClientConnection connection = connect();
    HttpClientRequest stays = chat(connection);
    AtomicBoolean cut = new AtomicBoolean();
    result(stays.send(body(",\"stream\":true,\"user\":\"stay\"")))
        .exceptionHandler(_ -> cut.set(true));
    HttpClientRequest goes = chat(connection);
    result(goes.send(body(",\"stream\":true")));
    long left = System.nanoTime();
    goes.reset(8);
    assertThat(upstream.awaitClientClosed(SOON) - left).isLessThan(PROMPTLY.toNanos());
    assertThat(cut).isFalse();
    assertThat(upstream.openConnections()).isEqualTo(1);
    stays.reset(8);
    upstream.awaitClientClosed(SOON);
  }

  @Test
  void cancelBeforeTheProviderAnswersCancelsItToo() {
    upstream.answers(Script.silence());
    HttpClientRequest request = chat(connect());
    request.send(body(""));
    upstream.take(SOON);
    request.reset(8);
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void callerWhoDoesNotReadStopsTheProvider() {
    upstream.answersEach(request ->
        request.body().utf8().contains("\"short\"")
            ? Script.sse().event(CHUNKS.finishWithUsage("stop", 1, 1)).done()
            : Script.sse().events(150_000, CHUNKS.content("x".repeat(1_024))).stall());
    HttpClientConnection connection = connect();
    HttpClientRequest slow = chat(connection);
    Future<HttpClientResponse> answer = slow.send(body(",\"stream\":true"));
    answer.onSuccess(HttpClientResponse::pause);
    result(answer);
    long before = -1;
    while (before != upstream.bytesSent()) {
      before = upstream.bytesSent();
      LockSupport.parkNanos(300_000_000);
    }
    assertThat(before).isLessThan(32L << 20);
    slow.reset(8);
    Answer other = Answer.to(chat(connect()), body(",\"stream\":true,\"user\":\"short\""));
    assertThat(other.text()).endsWith("data: [DONE]\n\n");
  }

  @Test
  void headersOverTheLimitsAreRefused() {
    HttpClientConnection connection = connect();
    HttpClientRequest many = chat(connection);
    for (int i = 0; i < 110; i++) {
      many.putHeader("x-a" + i, "b");
    }
    JsonObject error = refusal(Answer.to(many, body("")), 431);
    assertThat(error.getString("code")).isEqualTo("headers_too_large");
    HttpClientRequest large = chat(connect()).putHeader("x-a", "x".repeat(17 << 10));
    Future<HttpClientResponse> answer = large.send(body(""));
    await(answer::isComplete, () -> "no answer");
    assertThat(answer.failed() || answer.result().statusCode() == 431).isTrue();
    assertThat(upstream.requests()).isEmpty();
  }

  @Test
  void bodyOverTheLimitIsRefusedAndItsStreamReset() {
    HttpClientConnection connection = connect();
    HttpClientRequest announced = chat(connection);
    Future<Answer> early = Answer.of(announced.response());
    announced.putHeader("content-length", String.valueOf(33 * MEBIBYTE)).writeHead();
    assertThat(refusal(result(early), 413).getString("code")).isEqualTo("request_too_large");
    HttpClientRequest growing = chat(connection);
    AtomicBoolean reset = new AtomicBoolean();
    growing.exceptionHandler(e -> reset.set(e instanceof StreamResetException));
    Future<Answer> answer = Answer.of(growing.response());
    growing.setChunked(true).writeHead();
    for (int i = 0; i < 64 && !reset.get(); i++) {
      Future<Void> written = growing.write(Buffer.buffer("x".repeat(MEBIBYTE)));
      await(written::isComplete, () -> "the body is not read");
    }
    assertThat(result(answer).head().statusCode()).isEqualTo(413);
    await(reset::get, () -> "the stream was not reset");
    // The connection goes on.
    HttpClientRequest next = result(connection.request(options(HttpMethod.GET, "/healthz")));
    assertThat(result(next.send()).statusCode()).isEqualTo(200);
  }

  @Test
  void slowBodyIsRefused() {
    HttpClientRequest request = chat(connect());
    Future<Answer> answer = Answer.of(request.response());
    request.setChunked(true).writeHead();
    result(request.write(Buffer.buffer("{")));
    await(() -> gateway().budget().taken() > 0, () -> "the body has not begun");
    time.advance(Duration.ofSeconds(60));
    assertThat(refusal(result(answer), 408).getString("code")).isNotNull();
  }

  @Test
  void connectionThatIsIdleForLongIsClosed() {
    HttpClientConnection connection = connect();
    AtomicBoolean closed = new AtomicBoolean();
    connection.closeHandler(_ -> closed.set(true));
    HttpClientRequest request = result(connection.request(options(HttpMethod.GET, "/healthz")));
    assertThat(result(request.send()).statusCode()).isEqualTo(200);
    HttpClientRequest left = chat(connection);
    upstream.answers(Script.silence());
    left.send(body(""));
    upstream.take(SOON);
    time.advance(Duration.ofSeconds(80));
    LockSupport.parkNanos(300_000_000);
    assertThat(closed).as("closed with a call in flight").isFalse();
    left.reset(8);
    upstream.awaitClientClosed(SOON);
    time.advance(Duration.ofSeconds(80));
    await(closed::get, () -> "not closed");
  }

  @Test
  void manyRequestsWithoutABodyDoNotCountAsCancelled() {
    HttpClientConnection connection = connect();
    for (int i = 0; i < 300; i++) {
      HttpClientRequest request = result(connection.request(options(HttpMethod.GET, "/healthz")));
      request.exceptionHandler(e -> failures.add(String.valueOf(e)));
      assertThat(Answer.to(request, Buffer.buffer()).text()).isEqualTo("{\"status\":\"ok\"}");
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void openingAndCancellingOverAndOverEndsTheConnection() {
    upstream.answersEach(_ -> Script.silence());
    HttpClientConnection connection = connect();
    AtomicBoolean closed = new AtomicBoolean();
    connection.closeHandler(_ -> closed.set(true));
    for (int i = 0; i < 300 && !closed.get(); i++) {
      connection
          .request(options(HttpMethod.POST, CHAT))
          .onSuccess(request -> {
            request.putHeader("authorization", "Bearer " + gateway().key());
            request.setChunked(true).writeHead();
            request.reset(8);
          });
    }
    await(closed::get, () -> "not closed");
    assertThat(upstream.requests()).isEmpty();
  }
}
