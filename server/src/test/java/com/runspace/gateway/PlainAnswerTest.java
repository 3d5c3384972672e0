package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Ending;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that are not streamed. */
class PlainAnswerTest extends EndToEnd {
  @Test
  void everythingButOursStays() {
    String form =
        "{ \"choices\":\t[{\"index\":0,\"message\":{\"role\":\"assistant\",\"id\":\"keep\","
            + "\"content\":\"\\u00e9 é😀\",\"usage\":1},\"finish_reason\":\"stop\"}] ,\n"
            + " \"usage\" : %s ,\"model\":%s,\"x\":{\"model\":\"keep\",\"n\":1.50e0},"
            + "\"id\": %s }\n";
    String theirs = "{\"completion_tokens\": 7, \"prompt_tokens\": 5, \"queue_time\": 0.1}";
    upstream.answers(Script.json(200, form.formatted(theirs, "\"a\\/b\"", "\"chatcmpl-1\"")));
    Response answer = call(plain(""));
    assertThat(answer.status()).isEqualTo(200);
    String id = "\"" + ours(answer.header("x-request-id")).id() + "\"";
    assertThat(answer.text()).isEqualTo(form.formatted(usage(5, 7), "\"m\"", id));
    assertThat(answer.headers().names())
        .containsExactlyInAnyOrder(
            "x-request-id",
            "openai-version",
            "openai-processing-ms",
            "content-type",
            "content-length");
    assertThat(answer.header("content-type")).isEqualTo("application/json");
  }

  @Test
  void absentUsageIsEstimatedAndAdded() {
    String body =
        "{\"id\":\"1\",\"model\":\"p\",\"choices\":[{\"message\":{\"content\":\"12345\"}}]}";
    upstream.answers(Script.json(200, body));
    Response answer = call(plain(""));
    String ours = ours(answer.header("x-request-id")).id();
    assertThat(answer.text())
        .isEqualTo(
            with(body.replace("\"1\"", "\"" + ours + "\"").replace("\"p\"", "\"m\""), usage(8, 2)));
  }

  @Test
  void chunkedAndBitByBit() {
    String body = CHUNKS.completion("ü😀", "stop", 5, 7);
    upstream.answers(Script.status(200).chunked().byteByByte().text(body).end());
    Response answer = call(plain(""));
    String ours =
        ours(answer.header("x-request-id"))
            .completion("ü😀", "stop", 5, 7)
            .replaceFirst("\"usage\":.*", "\"usage\":");
    assertThat(answer.text()).isEqualTo(ours + usage(5, 7) + "}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"secret host\",\"code\":500}}",
        "nonsense",
        "",
        "{\"id\":\"1\",\"choices\":[]}",
        "{\"id\":\"1\"}",
        "{\"choices\":[{\"message\":{\"content\":\"cut",
        "data: {\"choices\":[]}\n\ndata: [DONE]\n\n",
      })
  void whatIsNoCompletionIsA502(String body) {
    upstream.answers(Script.json(200, body));
    Response answer = call(plain(""));
    assertThat(refusal(answer, 502).getString("code")).isEqualTo("bad_gateway");
    assertThat(answer.text()).doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void connectionThatBreaksInTheBodyIsA502(boolean reset) {
    Script half = Script.status(200).header("content-length", "100").bare().text("{\"id\":");
    upstream.answers(reset ? half.reset() : half.close());
    assertThat(refusal(call(plain("")), 502).getString("code")).isEqualTo("bad_gateway");
  }

  @Test
  void answerOfOneWholeMegabyteAndTheNextOnTheSameConnections() {
    String text = "0123456789abcdef".repeat(1 << 16);
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion(text, "stop", 5, 7)));
    RawClient client = client();
    for (int i = 0; i < 3; i++) {
      Response answer = client.call(plain(""));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).contains(text).endsWith(usage(5, 7) + "}");
    }
    assertThat(upstream.connections()).isEqualTo(1);
  }

  /** The head is out by then or not; what counts is that nobody takes it for an answer. */
  @Test
  void jsonWhereAStreamWasDueIsNoAnswer() {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 5, 7)));
    RawClient client = client().send(stream(""));
    if (client.readHead().status() == 200) {
      assertThat(client.readEvents(SOON)).singleElement().satisfies(EndToEnd::errorEvent);
    } else {
      error(client.readBody(SOON).utf8());
    }
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
  }
}
