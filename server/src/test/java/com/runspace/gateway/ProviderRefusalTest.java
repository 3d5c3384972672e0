package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.RefusedPort;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider that refuses or fails before its answer has begun: what the caller is told. */
class ProviderRefusalTest extends EndToEnd {
  private static final String SECRET =
      "{\"error\":{\"message\":\"secret of the operator\",\"type\":\"t\",\"code\":\"c\"}}";

  private final ScriptedUpstream other = closing(ScriptedUpstream.start());

  private void startBeforeBoth() {
    start(RunningGateway.before(upstream, other));
    other.answersEach(_ -> Script.json(200, CHUNKS.completion("other", "stop", 1, 1)));
  }

  /** What both kinds of calls are refused with, when the provider answers both like this. */
  private Response refusedBoth(Script script, int status) {
    upstream.answers(script, script);
    refusal(call(plain("")), status);
    Response answer = call(stream(""));
    refusal(answer, status);
    return answer;
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 413, 415, 422})
  void callersFaultComesAsA400WithTheProvidersWords(int status) {
    String body = "{\"error\":{\"message\":\"top_p: \\u00fc must be < 1\",\"code\":\"bad\"}}";
    Response answer = refusedBoth(Script.json(status, body), 400);
    JsonObject error = refusal(answer, 400);
    assertThat(error.getString("message")).isEqualTo("top_p: ü must be < 1");
    assertThat(error.getString("type")).isEqualTo("invalid_request_error");
    assertThat(upstream.connections()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "{}", "{\"error\":null}", "<html>"})
  void faultWithoutWordsGetsOurs(String body) {
    Response answer = refusedBoth(Script.json(400, body), 400);
    assertThat(refusal(answer, 400).getString("message"))
        .isEqualTo("The provider refused this request.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"Too long.\",\"code\":\"context_length_exceeded\"}}",
        "{\"object\":\"error\",\"message\":\"The prompt exceeds the context window\",\"code\":400}",
        "{\"detail\":\"prompt is too long: 9000 tokens\"}",
        "{\"error\":{\"message\":\"This model's maximum context length is 10 tokens.\"}}",
        "{\"error\":{\"message\":\"Please reduce the length of the messages or completion.\"}}",
        "{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\","
            + "\"type\":\"exceed_context_size_error\"}}",
        "{\"error\":{\"message\":\"Input validation error: `inputs` tokens + `max_new_tokens` must"
            + " be <= 4097.\"}}",
        "{\"error\":{\"message\":\"Provider returned error\",\"code\":400,\"metadata\":{\"raw\":"
            + "\"{\\\"message\\\":\\\"Your request exceeded model token limit: 8\\\"}\"}}}",
      })
  void contextOverflowIsSaidInTheWordsThatClientsKnow(String body) {
    Response answer = refusedBoth(Script.json(400, body), 400);
    JsonObject error = refusal(answer, 400);
    assertThat(error.getString("code")).isEqualTo("context_length_exceeded");
    assertThat(error.getString("param")).isEqualTo("messages");
    assertThat(error.getString("message"))
        .matches("This model's maximum context length is \\d+ tokens\\..*");
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 402, 403})
  void troubleWithOurKeyIsTheOperatorsAndTakesTheRouteOut(int status) {
    upstream.answers(Script.json(status, SECRET));
    for (int i = 0; i < 2; i++) {
      Response answer = call(plain(""));
      JsonObject error = refusal(answer, 503);
      assertThat(error.getString("code")).isEqualTo("model_unavailable");
      assertThat(error.getString("message")).doesNotContain("secret");
      assertThat(answer.header("retry-after")).matches("[1-9][0-9]*");
    }
    assertThat(upstream.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 402, 403, 404, 429, 503})
  void anotherRouteIsTried(int status) {
    startBeforeBoth();
    upstream.answersEach(_ -> Script.json(status, SECRET));
    for (int i = 0; i < 2; i++) {
      Response answer = call(plain(""));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.text()).contains("other");
    }
    assertThat(upstream.requests()).hasSize(status <= 403 ? 1 : 2);
    assertThat(other.requests()).hasSize(2);
    assertThat(other.requests().getFirst().body()).isEqualTo(upstream.requests().getFirst().body());
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 422, 500, 502, 504, 418, 302})
  void anotherRouteIsNotTriedWhereTheCallMayHaveRun(int status) {
    startBeforeBoth();
    upstream.answersEach(_ -> Script.json(status, SECRET));
    assertThat(call(plain("")).status()).isGreaterThanOrEqualTo(400);
    assertThat(other.requests()).isEmpty();
  }

  @Test
  void refusalWithAnEndlessBodyDoesNotKeepTheNextRouteFromBeingTried() {
    startBeforeBoth();
    upstream.answers(Script.status(429).chunked().events(1_000, "x".repeat(1_000)).stall());
    Response answer = call(plain(""));
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.text()).contains("other");
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void allRoutesBusyIsA503ThatSaysWhenToComeAgain() {
    startBeforeBoth();
    upstream.answers(Script.status(429).header("retry-after", "3").json(SECRET));
    other.answers(Script.status(429).header("retry-after", "900").json(SECRET));
    Response answer = call(stream(""));
    JsonObject error = refusal(answer, 503);
    assertThat(error.getString("code")).isEqualTo("overloaded");
    assertThat(error.getString("message")).doesNotContain("secret");
    assertThat(answer.header("retry-after")).isEqualTo("60");
    assertThat(answer.header("x-should-retry")).isEqualTo("true");
  }

  @ParameterizedTest
  @CsvSource({"500,502", "502,502", "418,502", "302,502", "503,503", "529,503", "504,504"})
  void failuresOfTheProvider(int theirs, int ours) {
    Response answer = refusedBoth(Script.json(theirs, SECRET), ours);
    assertThat(answer.text()).doesNotContain("secret");
    assertThat(answer.headers().has("retry-after")).isEqualTo(ours == 503);
  }

  @Test
  void refusedConnectGoesToTheOtherRoute() {
    try (RefusedPort refused = RefusedPort.open()) {
      start(RunningGateway.before(refused.port(), other.port()));
      other.answers(Script.json(200, CHUNKS.completion("other", "stop", 1, 1)));
      assertThat(call(plain("")).text()).contains("other");
    }
  }

  @Test
  void refusedConnectWithoutAnotherRouteIsA503() {
    try (RefusedPort refused = RefusedPort.open()) {
      start(RunningGateway.before(refused.port()));
      Response answer = call(stream(""));
      assertThat(refusal(answer, 503).getString("code")).isEqualTo("model_unavailable");
      assertThat(answer.header("retry-after")).matches("[1-9][0-9]*");
    }
  }

  @Test
  void hangingConnectGoesToTheOtherRoute() {
    ScriptedUpstream held = closing(ScriptedUpstream.holdingConnects());
    start(RunningGateway.before(held, other).timeouts("connect: 300ms"));
    other.answers(Script.json(200, CHUNKS.completion("other", "stop", 1, 1)));
    assertThat(call(plain("")).text()).contains("other");
  }

  @Test
  void firstByteThatDoesNotComeIsA504() {
    start(RunningGateway.before(upstream, other).timeouts("firstByte: 300ms"));
    upstream.answers(Script.silence(), Script.silence());
    for (boolean streams : new boolean[] {true, false}) {
      Response answer = call(streams ? stream("") : plain(""));
      assertThat(refusal(answer, 504).getString("code")).isEqualTo("timeout");
      upstream.awaitClientClosed(PROMPTLY);
    }
    assertThat(other.connections()).isZero();
  }

  @Test
  void bodyOfARefusalThatDoesNotEndIsNotWaitedForForEver() {
    start(RunningGateway.before(upstream).timeouts("firstByte: 500ms, betweenBytes: 500ms"));
    upstream.answers(Script.status(500).chunked().text("{").stall());
    Response answer = call(plain(""));
    assertThat(answer.status()).isEqualTo(502);
    upstream.awaitClientClosed(PROMPTLY);
  }

  @ParameterizedTest
  @CsvSource({"400,400", "401,503", "429,503", "500,502", "504,504"})
  void bodyOfARefusalThatBreaksOffDoesNotChangeWhatItSays(int theirs, int ours) {
    Script half =
        Script.status(theirs).header("content-length", "100").bare().text("{\"error\":{\"mess");
    upstream.answers(half.close());
    refusal(call(plain("")), ours);
  }

  @Test
  void silenceInAPlainAnswerIsA504() {
    start(RunningGateway.before(upstream).timeouts("betweenBytes: 300ms"));
    upstream.answers(Script.status(200).chunked().text("{").stall());
    refusal(call(plain("")), 504);
    upstream.awaitClientClosed(PROMPTLY);
  }

  @Test
  void wholeCallThatTakesTooLongIsA504() {
    start(RunningGateway.before(upstream).timeouts("call: 500ms"));
    upstream.answers(Script.status(200).chunked().text("   ").stall());
    refusal(call(plain("")), 504);
    upstream.awaitClientClosed(PROMPTLY);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void connectionThatBreaksBeforeTheHeadIsA502(boolean reset) {
    startBeforeBoth();
    upstream.answers(reset ? Script.resetAtOnce() : Script.hangUp());
    refusal(call(stream("")), 502);
    assertThat(other.connections()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense\r\n\r\n", "HTTP/1.1 abc OK\r\n\r\n", "SSH-2.0-x\r\n"})
  void whatIsNoHttpIsA502(String bytes) {
    start(RunningGateway.before(upstream).timeouts("firstByte: 2s"));
    upstream.answers(Script.bytes(bytes).close());
    refusal(call(plain("")), 502);
  }

  @Test
  void gzipThatNobodyAskedForIsA502() {
    upstream.answers(Script.status(200).gzipJson(CHUNKS.completion("hi", "stop", 1, 1)));
    refusal(call(plain("")), 502);
  }

  @Test
  void routeThatIsOutDoesNotComeBackByItselfForTheOtherLoops() {
    start(RunningGateway.before(upstream, other).eventLoops(2));
    upstream.answers(Script.json(401, SECRET));
    other.answersEach(_ -> Script.json(200, CHUNKS.completion("other", "stop", 1, 1)));
    for (int i = 0; i < 8; i++) {
      assertThat(call(plain("")).status()).isEqualTo(200);
    }
    assertThat(upstream.requests()).hasSize(1);
  }
}
