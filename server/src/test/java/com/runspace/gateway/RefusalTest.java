package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Bytes;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused before a provider hears of it. */
class RefusalTest extends EndToEnd {
  private static final int MEBIBYTE = 1 << 20;

  @AfterEach
  void noProviderHeardOfIt() {
    assertThat(upstream.requests()).isEmpty();
  }

  private JsonObject refused(Request request, int status, String code) {
    JsonObject error = refusal(call(request), status);
    assertThat(error.getString("code")).isEqualTo(code);
    return error;
  }

  @Test
  void callWithoutAKey() {
    Response answer = call(Request.post(CHAT, "{}"));
    assertThat(refusal(answer, 401).getString("code")).isEqualTo("invalid_api_key");
    assertThat(answer.header("www-authenticate")).isEqualTo("Bearer");
    assertThat(answer.header("x-should-retry")).isEqualTo("false");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Bearer ", "Basic ", "Token ", ""})
  void callWithAWrongKey(String scheme) {
    String key = scheme.equals("Bearer ") ? gateway().key().replace('a', 'b') + "x" : "abc";
    Response answer = call(Request.post(CHAT, "{}").header("authorization", scheme + key));
    assertThat(refusal(answer, 401).getString("message")).doesNotContain(key);
  }

  @Test
  void strangersBodyIsNotWaitedFor() {
    RawClient client = client();
    client.send(Request.post(CHAT, "").bearer("rsk_live_no").header("content-length", "9000000"));
    refusal(client.readAll(), 401);
    client.awaitClosed(SOON);
  }

  @Test
  void strangerWhoExpectsToContinueIsToldNotTo() {
    RawClient client = client();
    client.send(
        Request.post(CHAT, "")
            .header("expect", "100-continue")
            .header("content-length", "9000000"));
    refusal(client.readAll(), 401);
    client.awaitClosed(SOON);
  }

  @Test
  void strangerWhoSendsALargeBodyAllTheSameHearsWhy() {
    RawClient client = client();
    client.send(Request.post(CHAT, "x".repeat(100_000)));
    refusal(client.readAll(), 401);
  }

  @Test
  void keyOfAnthropicsClientsIsTaken() {
    Request models = Request.get("/v1/models");
    assertThat(call(models.header("x-api-key", gateway().key())).status()).isEqualTo(200);
    assertThat(call(models.header("Authorization", "bEARER  " + gateway().key())).status())
        .isEqualTo(200);
    refused(models, 401, "invalid_api_key");
  }

  @Test
  void unknownModel() {
    JsonObject error =
        refused(
            authorized("{\"model\":\"no/\\\"such\",\"messages\":[{}]}"), 404, "model_not_found");
    assertThat(error.getString("param")).isEqualTo("model");
    assertThat(error.getString("message"))
        .isEqualTo("The model `no/\"such` does not exist or you do not have access to it.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "null", "{\"model\":\"m\",}", "{} {}", "{\"a\":\"\n\"}"})
  void whatIsNoJson(String body) {
    JsonObject error = refusal(call(authorized(body)), 400);
    assertThat(error.getString("code")).isNull();
    assertThat(error.getString("message"))
        .startsWith("We could not parse the JSON body of your request");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"messages\":[{}]}|missing_required_parameter|model",
        "{\"model\":\"m\"}|missing_required_parameter|messages",
        "{\"model\":\"m\",\"messages\":[]}|empty_array|messages",
        "{\"model\":7,\"messages\":[{}]}|invalid_type|model",
        "{\"model\":\"m\",\"messages\":[{}],\"n\":9}|invalid_value|n",
        "{\"model\":\"m\",\"messages\":[{}],\"max_tokens\":0}|invalid_value|max_tokens",
        "{\"model\":\"m\",\"messages\":[{}],\"stream\":1}|invalid_type|stream",
        "{\"model\":\"m\",\"messages\":[{}],\"model\":\"m\"}|duplicate_parameter|model",
        "{\"model\":\"m\",\"messages\":[{}],\"mod\\u0065l\":\"m\"}|duplicate_parameter|model",
        "{\"model\":\"m\",\"messages\":[{}],\"Stream\":true}|duplicate_parameter|Stream",
      })
  void fieldThatIsNotWhatItMustBe(String body, String code, String param) {
    assertThat(refused(authorized(body), 400, code).getString("param")).isEqualTo(param);
  }

  @Test
  void bodyAnnouncedLargerThanTheLimit() {
    RawClient client = client();
    client.send(authorized("").header("content-length", String.valueOf(33 * MEBIBYTE)));
    assertThat(refusal(client.readAll(), 413).getString("code")).isEqualTo("request_too_large");
    client.awaitClosed(SOON);
  }

  @Test
  void chunkedBodyThatGrowsPastTheLimit() {
    RawClient client = client();
    client.send(authorized("").header("transfer-encoding", "chunked"));
    byte[] chunk = ("100000\r\n" + "x".repeat(MEBIBYTE) + "\r\n").getBytes(UTF_8);
    for (int i = 0; i < 32; i++) {
      client.send(chunk);
    }
    client.send("1\r\n");
    client.send("x\r\n");
    assertThat(refusal(client.readAll(), 413).getString("code")).isEqualTo("request_too_large");
    client.awaitClosed(SOON);
  }

  @Test
  void callerWhoSendsOnAfterTheRefusalStillHearsIt() {
    RawClient client = client();
    client.send(authorized("").header("transfer-encoding", "chunked"));
    byte[] chunk = ("100000\r\n" + "x".repeat(MEBIBYTE) + "\r\n").getBytes(UTF_8);
    for (int i = 0; i < 48; i++) {
      client.send(chunk);
    }
    client.send("0\r\n\r\n");
    assertThat(refusal(client.readAll(), 413).getString("code")).isEqualTo("request_too_large");
    client.awaitClosed(SOON);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "br", "deflate, gzip"})
  void bodyInAnotherEncoding(String encoding) {
    refused(
        authorized("x").header("content-encoding", encoding), 415, "unsupported_content_encoding");
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/,404,unknown_url",
    "POST,/v1/completions,404,unknown_url",
    "GET,/v1/chat/completions/,404,unknown_url",
    "GET,/v1/chat/completions,405,method_not_supported",
    "DELETE,/v1/models,405,method_not_supported",
    "BREW,/v1/models,405,method_not_supported",
  })
  void unknownPathsAndMethods(String method, String target, int status, String code) {
    Response answer = call(Request.of(method, target).bearer(gateway().key()));
    assertThat(refusal(answer, status).getString("code")).isEqualTo(code);
    assertThat(answer.headers().has("allow")).isEqualTo(status == 405);
  }

  @Test
  void modelsAreListedAndFoundUnderTheirEncodedIds() {
    start(RunningGateway.before(upstream));
    Request list = Request.get("/v1/models").bearer(gateway().key());
    JsonObject models = new JsonObject(call(list).text());
    assertThat(models.getString("object")).isEqualTo("list");
    JsonObject model = models.getJsonArray("data").getJsonObject(0);
    assertThat(model.getString("id")).isEqualTo("m");
    assertThat(model.getString("object")).isEqualTo("model");
    Request one = Request.get("/v1/models/%6d").bearer(gateway().key());
    assertThat(new JsonObject(call(one).text())).isEqualTo(model);
    refused(Request.get("/v1/models/a%2Fb").bearer(gateway().key()), 404, "model_not_found");
  }

  @Test
  void refusedConnectionServesTheNextCall() {
    RawClient client = client();
    refusal(client.call(authorized("{")), 400);
    refusal(client.call(authorized("{\"model\":\"x\",\"messages\":[{}]}")), 404);
    refusal(client.call(Request.get("/nowhere")), 404);
  }

  @Test
  void formTypeOfCurlIsTakenForJson() {
    Response answer =
        call(
            Request.of("POST", CHAT)
                .bearer(gateway().key())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Bytes.of("{\"model\":\"x\",\"messages\":[{}]}")));
    refusal(answer, 404);
  }

  @Test
  void clientThatExpectsToContinueIsToldTo() {
    RawClient client = client();
    String body = "{\"model\":\"x\",\"messages\":[{}]}";
    client.send(
        authorized("")
            .header("expect", "100-continue")
            .header("content-length", String.valueOf(body.length())));
    assertThat(client.readHead().status()).isEqualTo(100);
    refusal(client.send(body).readAll(), 404);
  }
}
