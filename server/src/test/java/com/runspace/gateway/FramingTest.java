package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.RawClient;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that two servers could read differently are refused, and the connection ends: what came
 * behind them cannot be told from a request of its own.
 */
class FramingTest extends EndToEnd {
  private static final String BODY = "{\"model\":\"m\",\"messages\":[{}]}";

  private String head(String lines) {
    return "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
        + gateway().key()
        + "\r\n"
        + lines
        + "\r\n";
  }

  private JsonObject refusedAndClosed(String raw, int status) {
    RawClient client = client();
    client.send(raw);
    Response answer = client.readAll();
    JsonObject error = refusal(answer, status);
    client.awaitClosed(SOON);
    assertThat(upstream.requests()).isEmpty();
    return error;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "content-length: 29\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 29\r\n",
        "Transfer-Encoding: Chunked\r\nContent-Length: 0\r\n",
        "content-length: 29\r\ncontent-length: 30\r\n",
        "content-length: 29, 30\r\n",
        "content-length: +29\r\n",
        "content-length: -1\r\n",
        "content-length: 0x1d\r\n",
        "content-length: 99999999999999999999\r\n",
        "transfer-encoding: gzip, chunked, gzip\r\n",
        "content-length : 29\r\n",
        "x-a\0b: 1\r\ncontent-length: 29\r\n",
        "x-a: a\0b\r\ncontent-length: 29\r\n",
        "x-a\r\ncontent-length: 29\r\n",
      })
  void ambiguousFraming(String lines) {
    String next = "POST /v1/smuggled HTTP/1.1\r\nhost: x\r\n\r\n";
    refusedAndClosed(head(lines) + "1d\r\n" + BODY + "\r\n0\r\n\r\n" + next, 400);
  }

  @Test
  void headerBlockThatIsTooLarge() {
    JsonObject error = refusedAndClosed(head("x-a: " + "x".repeat(17 << 10) + "\r\n"), 431);
    assertThat(error.getString("code")).isEqualTo("headers_too_large");
  }

  @Test
  void headerBlockOfManyLinesThatIsTooLarge() {
    refusedAndClosed(head("x-a: 0123456789012345\r\n".repeat(90) + "x".repeat(15 << 10)), 431);
  }

  @Test
  void aHundredHeaderLinesAreFine() {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    String lines = "x-a: b\r\n".repeat(97) + "content-length: " + BODY.length() + "\r\n";
    RawClient client = client().send(head(lines) + BODY);
    assertThat(client.readAll().status()).isEqualTo(200);
  }

  @Test
  void moreThanAHundredHeaderLines() {
    refusedAndClosed(head("x-a: b\r\n".repeat(99)), 431);
  }

  @Test
  void nothingBehindTheLastAnswerIsARequest() {
    String next = head("content-length: " + BODY.length() + "\r\n") + BODY;
    refusedAndClosed(head("x-a: b\r\n".repeat(99)) + next, 431);
    refusedAndClosed(head("content-encoding: gzip\r\ncontent-length: 0\r\n") + next, 415);
  }

  @Test
  void requestLineThatIsTooLong() {
    refusedAndClosed("GET /" + "x".repeat(9 << 10) + " HTTP/1.1\r\nhost: x\r\n\r\n", 431);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense\r\n\r\n",
        "GET  /v1/models HTTP/1.1 x\r\nhost: x\r\n\r\n",
        "\u0016\u0003\u0001\u0002\r\n\r\n",
        "GET /v1/models HTTP/1.2\r\nhost: x\r\n\r\n",
        "GET /v1/models HTTP/0.9\r\nhost: x\r\n\r\nGET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /v1/models \u00abodd\u00bb/7.7\r\nhost: x\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nhost: x\r\n\r\n",
        "GET /healthz HTTP/2.0\r\nhost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      })
  void whatIsNoHttp(String raw) {
    refusedAndClosed(raw, 400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "host: x\r\nhost: x\r\n", "host: x, y\r\n", "host: a b\r\n", "host:\r\n"})
  void hostThatIsMissingOrUnclear(String lines) {
    refusedAndClosed("GET /healthz HTTP/1.1\r\n" + lines + "\r\n", 400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "x:80", "[::1]:8080", "api_1.example", "192.0.2.1"})
  void hostAsItMustBe(String host) {
    RawClient client = client().send("GET /healthz HTTP/1.1\r\nhost: " + host + "\r\n\r\n");
    assertThat(client.readAll().status()).isEqualTo(200);
  }

  @Test
  void firstVersionOfHttpNeedsNoHost() {
    RawClient client = client().send("GET /healthz HTTP/1.0\r\n\r\n");
    assertThat(client.readAll().status()).isEqualTo(200);
    client.awaitClosed(SOON);
  }

  @Test
  void secondVersionOfHttpIsNotSpoken() {
    RawClient client = client();
    client.send(
        "GET /v1/models HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\n"
            + "connection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA"
            + "\r\n\r\n");
    refusal(client.readAll(), 401);
  }

  @Test
  void brokenChunkGivesBackWhatItTook() {
    RawClient client = client().send(head("transfer-encoding: chunked\r\n") + "zz\r\nnonsense");
    refusal(client.readAll(), 400);
    client.awaitClosed(SOON);
    awaitBudgetFree();
  }

  @Test
  void lineEndsWithoutACarriageReturnSmuggleNothing() {
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    String request = head("content-length: " + BODY.length() + "\r\n") + BODY;
    RawClient client = client().send(request.replace("\r\n", "\n"));
    assertThat(client.readHead().status()).isIn(200, 400);
    assertThat(upstream.requests()).hasSizeLessThan(2);
  }

  @Test
  void identicalRequestsOnOneConnectionAreAnsweredInOrder() {
    upstream.answersEach(request ->
        Script.json(
            200,
            CHUNKS.completion(
                request.body().utf8().contains("\"one\"") ? "1st" : "2nd", "stop", 1, 1)));
    RawClient client = client();
    client.send(plain(",\"user\":\"one\"")).send(plain(",\"user\":\"two\""));
    assertThat(client.readAll().text()).contains("1st");
    assertThat(client.readAll().text()).contains("2nd");
  }
}
