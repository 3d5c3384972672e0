package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.ReceivedRequest;
import com.runspace.testkit.Request;
import com.runspace.testkit.Script;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a provider gets to see of a call. */
class ProviderSideTest extends EndToEnd {
  private ReceivedRequest received(Request request) {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    call(request);
    return upstream.take(SOON);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model\":\"m\",\"messages\":[{}]}"
            + "|{\"max_tokens\":4096,\"model\":\"provider/model-7b\",\"messages\":[{}]}",
        "{\"model\":\"m\",\"messages\":[{}],\"stream\":true}"
            + "|{\"max_tokens\":4096,\"stream_options\":{\"include_usage\":true},"
            + "\"model\":\"provider/model-7b\",\"messages\":[{}],\"stream\":true}",
        "{ \"messages\" : [ { \"content\":\"\\u00e9 é\\/\" , \"role\":\"user\" } ],\t\"max_tokens\""
            + " :  7 , \"model\":\"m\", \"x\":{\"model\":\"keep\"}, \"temperature\":1.0e0 }"
            + "|{ \"messages\" : [ { \"content\":\"\\u00e9 é\\/\" , \"role\":\"user\" } ],\t"
            + "\"max_tokens\" :  7 , \"model\":\"provider/model-7b\", \"x\":{\"model\":\"keep\"},"
            + " \"temperature\":1.0e0 }",
        "{\"model\":\"m\",\"messages\":[{}],\"max_completion_tokens\":9,\"seed\":1}"
            + "|{\"max_tokens\":9,\"model\":\"provider/model-7b\",\"messages\":[{}],\"seed\":1}",
        "{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":null}"
            + "|{\"model\":\"provider/model-7b\",\"messages\":[{}],\"max_tokens\":4096}",
        "{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":99999999}"
            + "|{\"model\":\"provider/model-7b\",\"messages\":[{}],\"max_tokens\":4096}",
        "{\"models\":[\"dear\"],\"model\":\"m\",\"provider\":{},\"messages\":[{}],\"n_predict\":-1}"
            + "|{\"max_tokens\":4096,\"model\":\"provider/model-7b\",\"messages\":[{}]}",
        "{\"model\":\"m\",\"stream_options\":{\"include_usage\":false,\"x\":1},\"messages\":[{}],"
            + "\"stream\":true,\"max_tokens\":1}"
            + "|{\"model\":\"provider/model-7b\",\"stream_options\":{\"include_usage\":true},"
            + "\"messages\":[{}],\"stream\":true,\"max_tokens\":1}",
      })
  void onlyOurFieldsAreChanged(String sent, String received) {
    start(RunningGateway.before(upstream).model("maxOutput: 4096,"));
    assertThat(received(authorized(sent)).body().utf8()).isEqualTo(received);
  }

  @Test
  void otherNameOfTheLimitAndMoreRemovedFields() {
    start(
        RunningGateway.before(upstream)
            .provider("limitField: max_completion_tokens, remove: [seed],"));
    String sent = "{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":9,\"seed\":1,\"top_k\":2}";
    assertThat(received(authorized(sent)).body().utf8())
        .isEqualTo(
            "{\"max_completion_tokens\":9,\"model\":\"provider/model-7b\",\"messages\":[{}],"
                + "\"top_k\":2}");
  }

  @Test
  void headersAreOursAlone() {
    ReceivedRequest request =
        received(
            plain("")
                .header("Cookie", "session=secret")
                .header("X-Api-Key", "secret")
                .header("X-Forwarded-For", "192.0.2.1")
                .header("X-Odd", "odd")
                .header("User-Agent", "client/1")
                .header("Accept-Encoding", "gzip, br")
                .header("Accept", "text/html")
                .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
                .header("OpenAI-Organization", "org"));
    assertThat(request.line()).isEqualTo("POST /v1/chat/completions HTTP/1.1");
    assertThat(request.headers().names())
        .containsExactlyInAnyOrder(
            "host", "content-type", "content-length", "accept-encoding", "user-agent");
    assertThat(request.headers().first("host")).hasValue("127.0.0.1:" + upstream.port());
    assertThat(request.headers().first("content-type")).hasValue("application/json");
    assertThat(request.headers().first("accept-encoding")).hasValue("identity");
    assertThat(request.headers().first("user-agent")).hasValue("runspace");
  }

  @Test
  void keyOfTheProviderGoesOutAndTheCallersDoesNot() {
    start(
        RunningGateway.before(upstream)
            .provider("key: \"${PROVIDERS_KEY}\",")
            .environment(Map.of("PROVIDERS_KEY", "sk-of-the-operator")));
    ReceivedRequest request = received(plain(""));
    assertThat(request.headers().all("authorization")).containsExactly("Bearer sk-of-the-operator");
    assertThat(request.head().utf8()).doesNotContain("rsk_live_");
  }

  @Test
  void queryOfTheCallerStaysHere() {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    Request request =
        Request.post(CHAT + "?a=b", "{\"model\":\"m\",\"messages\":[{}]}").bearer(gateway().key());
    assertThat(call(request).status()).isEqualTo(200);
    assertThat(upstream.take(SOON).target()).isEqualTo("/v1/chat/completions");
  }

  @Test
  void chunkedRequestBecomesOneWithItsLength() {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    String body = "{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":1}";
    String head = "7\r\n" + body.substring(0, 7) + "\r\n";
    String rest = body.substring(7);
    Request request = authorized("").header("transfer-encoding", "chunked");
    client()
        .send(request)
        .send(head + Integer.toHexString(rest.length()) + ";x=y\r\n" + rest + "\r\n0\r\n\r\n")
        .readAll();
    ReceivedRequest received = upstream.take(SOON);
    assertThat(received.headers().has("transfer-encoding")).isFalse();
    assertThat(received.body().utf8()).isEqualTo(body.replace("\"m\"", "\"provider/model-7b\""));
  }
}
