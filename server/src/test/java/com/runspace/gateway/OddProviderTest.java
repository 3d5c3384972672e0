package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.Ending;
import com.runspace.testkit.Gate;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are valid HTTP, but not what was asked for: the rows of {@code docs/streams.md}. */
class OddProviderTest extends EndToEnd {
  private static final String ANSWER = CHUNKS.completion("hi", "stop", 5, 7);
  private static final String STREAM =
      "data: "
          + CHUNKS.content("hi")
          + "\n\ndata: "
          + CHUNKS.finish("stop")
          + "\n\ndata: [DONE]\n\n";

  /** The one event that a stream consists of. */
  private JsonObject brokenStream(Script script) {
    upstream.answers(script);
    RawClient client = client().send(stream(""));
    assertThat(client.readHead().status()).isEqualTo(200);
    List<String> events = client.readEvents(SOON);
    assertThat(events).hasSize(1);
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    return errorEvent(events.getFirst());
  }

  private void refusedBoth(Script script) {
    upstream.answers(script, script);
    assertThat(refusal(call(plain("")), 502).getString("code")).isEqualTo("bad_gateway");
    assertThat(refusal(call(stream("")), 502).getString("code")).isEqualTo("bad_gateway");
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308, 304, 300})
  void redirectsAreNotFollowed(int status) {
    ScriptedUpstream other = closing(ScriptedUpstream.start());
    start(RunningGateway.before(upstream, other));
    refusedBoth(
        Script.status(status)
            .header("location", other.url() + "/v1/chat/completions")
            .header("content-length", "0")
            .bare()
            .end());
    assertThat(other.connections()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n",
      })
  void whatComesBeforeTheHeadIsPassedOver(String informational) {
    Script answer = Script.json(200, ANSWER);
    upstream.answers(Script.bytes(informational).answer(answer));
    assertThat(call(plain("")).text()).contains("\"hi\"");
    upstream.answers(Script.bytes(informational).answer(Script.sse().text(STREAM).end()));
    RawClient client = client().send(stream(""));
    assertThat(client.readHead().status()).isEqualTo(200);
    assertThat(client.readEvents(SOON)).hasSize(3).last().isEqualTo("data: [DONE]");
  }

  /** Or the answer behind it would be taken for that of the next call on the connection. */
  @ParameterizedTest
  @ValueSource(strings = {"101 Switching Protocols", "102 Processing", "199 Odd"})
  void headThatIsNotTheLastEndsTheConnection(String status) {
    Script late = Script.json(200, CHUNKS.completion("late", "stop", 1, 1));
    Gate gate = Gate.named("the answer behind it");
    upstream.answers(Script.bytes("HTTP/1.1 " + status + "\r\n\r\n").gate(gate).answer(late));
    refusal(call(plain("")), 502);
    upstream.awaitClientClosed(PROMPTLY);
    upstream.answers(Script.json(200, ANSWER));
    assertThat(call(plain("")).text()).contains("\"hi\"");
  }

  @Test
  void nothingIsNoAnswer() {
    upstream.answers(Script.status(204).bare().end(), Script.json(200, ""));
    for (int i = 0; i < 2; i++) {
      refusal(call(plain("")), 502);
    }
    callThatGoesWell();
    // The type says nothing against a stream, so the head has gone out.
    brokenStream(Script.sse().end());
    brokenStream(Script.status(200).header("content-length", "0").bare().end());
  }

  @Test
  void pageInPlaceOfAnAnswer() {
    byte[] page = "<!doctype html><title>Bad gateway</title>".getBytes(UTF_8);
    refusedBoth(Script.status(200).body("text/html; charset=utf-8", page));
    callThatGoesWell();
    refusedBoth(Script.status(200).body("Text/HTML", page));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/octet-stream", "", "text/event-stream"})
  void typeOfTheAnswerDoesNotMatter(String type) {
    upstream.answers(Script.status(200).body(type, ANSWER.getBytes(UTF_8)));
    assertThat(call(plain("")).text()).contains("\"hi\"");
    upstream.answers(Script.status(200).body(type, STREAM.getBytes(UTF_8)));
    RawClient client = client().send(stream(""));
    client.readHead();
    assertThat(client.readEvents(SOON)).hasSize(3).last().isEqualTo("data: [DONE]");
  }

  @Test
  void streamForACallThatDoesNotStream() {
    upstream.answers(Script.sse().text(STREAM).end());
    refusal(call(plain("")), 502);
  }

  @Test
  void wholeAnswerForACallThatStreams() {
    upstream.answers(Script.json(200, ANSWER));
    refusal(call(stream("")), 502);
    // Under another name it is noticed at its end.
    brokenStream(Script.status(200).body("text/plain", ANSWER.getBytes(UTF_8)));
    // In an event it is one that speaks of a message and finishes; nobody is harmed.
    upstream.answers(Script.sse().event(ANSWER).done());
    RawClient client = client().send(stream(""));
    client.readHead();
    assertThat(client.readEvents(SOON)).hasSize(2).last().isEqualTo("data: [DONE]");
  }

  @Test
  void errorInPlaceOfAnAnswer() {
    String error = "{\"error\":{\"message\":\"secret host\",\"code\":429}}";
    refusedBoth(Script.json(200, error));
    assertThat(brokenStream(Script.sse().event(error).end()).getString("message"))
        .doesNotContain("secret");
  }

  @Test
  void compressedStreamThatNobodyAskedFor() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(STREAM.getBytes(UTF_8));
    }
    brokenStream(
        Script.status(200)
            .header("content-encoding", "gzip")
            .body("text/event-stream", packed.toByteArray()));
  }

  /** Figures that make no sense are mended towards what can be true, for both kinds of calls. */
  @ParameterizedTest
  @CsvSource({"-5,7,0,7", "5,-7,5,0", "50000,70000,50000,70000", "99999999999999999999,7,0,7"})
  void usageThatMakesNoSense(String prompt, String completion, long ourPrompt, long ourCompletion) {
    String theirs = "{\"prompt_tokens\":" + prompt + ",\"completion_tokens\":" + completion + "}";
    upstream.answers(Script.sse().event(with(CHUNKS.finish("stop"), theirs)).done());
    RawClient client = client().send(stream(""));
    client.readHead();
    String finish = client.readEvents(SOON).getFirst();
    if (prompt.length() < 10) {
      assertThat(finish).endsWith(",\"usage\":" + usage(ourPrompt, ourCompletion) + "}");
    } else {
      assertThat(finish).contains("\"prompt_tokens\":1099511627776,");
    }
    upstream.answers(Script.json(200, ANSWER.replace(Chunks.usageObject(5, 7), theirs)));
    Response answer = call(plain(""));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).contains(finish.substring(finish.indexOf("\"usage\":")));
  }

  @Test
  void usageThatGoesDownCountsAsToldLast() {
    upstream.answers(
        Script.sse()
            .event(with(CHUNKS.content("a"), Chunks.usageObject(5, 70)))
            .event(with(CHUNKS.finish("stop"), Chunks.usageObject(4, 7)))
            .done());
    RawClient client = client().send(stream(""));
    client.readHead();
    assertThat(client.readEvents(SOON).get(1)).endsWith(",\"usage\":" + usage(4, 7) + "}");
  }
}
