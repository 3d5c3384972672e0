package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ReceivedRequest;
import com.runspace.testkit.RefusedPort;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which providers are asked, and which models are listed, as providers come and go. */
class RoutingTest extends EndToEnd {
  private static final String LISTED = "{\"data\":[{\"id\":\"x\"},{\"id\":\"%s\"}]}";
  private static final String OWN_LIST = LISTED.formatted(RunningGateway.PROVIDERS_MODEL);

  private final ScriptedUpstream other = closing(ScriptedUpstream.start());

  /** Answers looks with the list and calls with a completion. */
  private void alive(ScriptedUpstream provider, String list, String text) {
    provider.answersEach(request ->
        request.method().equals("GET")
            ? Script.json(200, list)
            // On connections of their own, so that none breaks under a call when it dies.
            : Script.status(200).closing().json(CHUNKS.completion(text, "stop", 1, 1)));
  }

  private static long calls(ScriptedUpstream provider) {
    return provider.requests().stream().filter(r -> r.method().equals("POST")).count();
  }

  private Response models() {
    return call(Request.get("/v1/models").bearer(gateway().key()));
  }

  private List<String> listed() {
    JsonArray data = new JsonObject(models().text()).getJsonArray("data");
    return data.stream().map(each -> ((JsonObject) each).getString("id")).toList();
  }

  private void awaitListed(String... ids) {
    await(() -> listed().equals(List.of(ids)), () -> "listed: " + listed());
  }

  @Test
  void modelIsListedWhenALookHasFoundIt() {
    Gate gate = Gate.named("the list");
    upstream.answersEach(request ->
        request.method().equals("GET")
            ? Script.after(gate).answer(Script.json(200, OWN_LIST))
            : Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    start(RunningGateway.before(upstream).probe("100ms"));
    gate.awaitReached(SOON);
    assertThat(listed()).isEmpty();
    assertThat(call(Request.get("/readyz")).status()).isEqualTo(503);
    // It may be called all the same: a look that takes its time is no reason to refuse.
    assertThat(call(plain("")).status()).isEqualTo(200);
    gate.open();
    awaitListed(RunningGateway.MODEL);
    assertThat(call(Request.get("/readyz")).status()).isEqualTo(200);
  }

  @Test
  void theLookCarriesOurKeyAndNobodyElses() {
    alive(upstream, OWN_LIST, "hi");
    start(
        RunningGateway.before(upstream)
            .probe("1h")
            .provider("key: \"${PROVIDERS_KEY}\",")
            .environment(Map.of("PROVIDERS_KEY", "sk-ours")));
    ReceivedRequest look = upstream.take(SOON);
    assertThat(look.line()).isEqualTo("GET /v1/models HTTP/1.1");
    assertThat(look.headers().first("authorization")).contains("Bearer sk-ours");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[{\"id\":\"provider/model-7b\"}]", "<html>", "{}"})
  void listsOfOtherShapesAndNoneAtAll(String list) {
    alive(upstream, list, "hi");
    start(RunningGateway.before(upstream).probe("100ms"));
    awaitListed(RunningGateway.MODEL);
  }

  @Test
  void providerWithoutAListIsJudgedByItsCalls() {
    upstream.answersEach(_ -> Script.json(404, "{}"));
    start(RunningGateway.before(upstream).probe("100ms"));
    awaitListed(RunningGateway.MODEL);
  }

  @Test
  void routeThatTheProviderDoesNotNameIsOut() {
    alive(upstream, LISTED.formatted("another"), "first");
    alive(other, OWN_LIST, "second");
    start(RunningGateway.before(upstream, other).probe("100ms"));
    awaitListed(RunningGateway.MODEL);
    assertThat(call(plain("")).text()).contains("second");
    assertThat(calls(upstream)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 500, 503})
  void providerThatRefusesALookIsOutAndComesBack(int status) {
    AtomicReference<Integer> now = new AtomicReference<>(status);
    upstream.answersEach(_ -> Script.json(now.get(), now.get() == 200 ? OWN_LIST : "{}"));
    start(RunningGateway.before(upstream).probe("50ms"));
    assertThat(upstream.take(SOON).method()).isEqualTo("GET");
    await(() -> upstream.requests().size() > 1, () -> "it was looked at once only");
    JsonObject error = refusal(call(plain("")), 503);
    assertThat(error.getString("code")).isEqualTo("model_unavailable");
    assertThat(calls(upstream)).isZero();
    now.set(200);
    awaitListed(RunningGateway.MODEL);
  }

  @Test
  void providerThatDiesIsOutWithinItsProbeTimeAndCallersSeeFailover() {
    alive(upstream, OWN_LIST, "first");
    alive(other, OWN_LIST, "second");
    start(RunningGateway.before(upstream, other).probe("200ms"));
    awaitListed(RunningGateway.MODEL);
    assertThat(call(plain("")).text()).contains("first");
    upstream.close();
    for (int i = 0; i < 10; i++) {
      Response answer = call(plain(""));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
      assertThat(answer.text()).contains("second");
    }
    awaitListed(RunningGateway.MODEL);
    other.close();
    awaitListed();
    assertThat(refusal(call(plain("")), 503).getString("code")).isEqualTo("model_unavailable");
  }

  @Test
  void routeWhoseCallsFailRestsAndItsModelIsNotListed() {
    upstream.answersEach(_ -> Script.json(500, "{}"));
    start(RunningGateway.before(upstream));
    assertThat(listed()).containsExactly(RunningGateway.MODEL);
    for (int i = 0; i < 3; i++) {
      refusal(call(plain("")), 502);
    }
    assertThat(listed()).isEmpty();
    Response resting = call(plain(""));
    assertThat(refusal(resting, 503).getString("code")).isEqualTo("model_unavailable");
    assertThat(Integer.parseInt(resting.header("retry-after"))).isBetween(1, 5);
    assertThat(calls(upstream)).isEqualTo(3);
  }

  @Test
  void callersFaultsNeverTakeARouteOut() {
    upstream.answersEach(_ -> Script.json(400, "{\"error\":{\"message\":\"no\"}}"));
    start(RunningGateway.before(upstream));
    for (int i = 0; i < 5; i++) {
      refusal(call(plain("")), 400);
    }
    assertThat(listed()).containsExactly(RunningGateway.MODEL);
  }

  @Test
  void refusedConnectionsLeadToTheNextRouteAndThenToNoTryAtAll() {
    alive(other, OWN_LIST, "second");
    try (RefusedPort refused = RefusedPort.open()) {
      start(RunningGateway.before(refused.port(), other.port()));
      for (int i = 0; i < 5; i++) {
        assertThat(call(plain("")).text()).contains("second");
      }
    }
  }

  @Test
  void aPauseThatTheProviderAsksForIsKept() {
    upstream.answers(Script.status(429).header("retry-after", "30").json("{}"));
    alive(other, OWN_LIST, "second");
    start(RunningGateway.before(upstream, other));
    assertThat(call(plain("")).text()).contains("second");
    assertThat(call(plain("")).text()).contains("second");
    assertThat(calls(upstream)).isEqualTo(1);
  }

  @Test
  void routeWithTooSmallAWindowIsTheLast() {
    alive(upstream, OWN_LIST, "small");
    alive(other, OWN_LIST, "large");
    start(RunningGateway.before(upstream, other).routes("window: 100,", ""));
    assertThat(call(plain(",\"max_tokens\":10")).text()).contains("small");
    assertThat(call(plain(",\"max_tokens\":200")).text()).contains("large");
    other.close();
    assertThat(call(plain(",\"max_tokens\":200")).text()).contains("small");
  }

  @Test
  void aliasFindsTheModelAndTheAnswerBearsItsId() {
    alive(upstream, OWN_LIST, "hi");
    start(RunningGateway.before(upstream).model("aliases: [Vendor/Model-7B],"));
    String sent = "{\"model\":\"vendor/MODEL-7b\",\"messages\":" + MESSAGES + "}";
    JsonObject answer = new JsonObject(call(authorized(sent)).text());
    assertThat(answer.getString("model")).isEqualTo(RunningGateway.MODEL);
    for (String path : List.of("vendor/model-7b", "vendor%2Fmodel-7b", "m")) {
      Response one = call(Request.get("/v1/models/" + path).bearer(gateway().key()));
      assertThat(new JsonObject(one.text()).getString("id")).isEqualTo(RunningGateway.MODEL);
    }
  }

  @Test
  void anEntryHasTheFieldsOfEveryClient() {
    alive(upstream, OWN_LIST, "hi");
    start(
        RunningGateway.before(upstream)
            .model("created: 2026-01-31, window: 1000, maxOutput: 100, modalities: [image],"));
    JsonObject list = new JsonObject(models().text());
    assertThat(list.getString("object")).isEqualTo("list");
    JsonObject model = list.getJsonArray("data").getJsonObject(0);
    assertThat(model.getString("object")).isEqualTo("model");
    assertThat(model.getLong("created")).isEqualTo(1_769_817_600L);
    assertThat(model.getString("owned_by")).isEqualTo("runspace");
    assertThat(model.getLong("context_length")).isEqualTo(1000);
    assertThat(model.getJsonObject("top_provider").getLong("max_completion_tokens")).isEqualTo(100);
    assertThat(model.getJsonObject("architecture").getString("modality"))
        .isEqualTo("text+image->text");
    assertThat(model.getJsonObject("pricing").getString("prompt")).isEqualTo("0");
    assertThat(model.getJsonObject("pricing").getString("completion")).isEqualTo("0.000001");
    assertThat(model.getJsonArray("supported_parameters")).contains("tools", "response_format");
    assertThat(model.getString("created_at")).isEqualTo("2026-01-31T00:00:00Z");
  }

  @Test
  void whatTheModelCannotReadIsA400() {
    start(RunningGateway.before(upstream));
    String part = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\"}}";
    String sent = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" + part + "]}]}";
    JsonObject error = refusal(call(authorized(sent)), 400);
    assertThat(error.getString("code")).isEqualTo("unsupported_value");
    assertThat(error.getString("message"))
        .isEqualTo("The model `m` does not take parts of type 'image_url'. It takes: text.");
  }

  @Test
  void providerInOurNetworkIsNotSentToFetchMedia() {
    alive(upstream, OWN_LIST, "hi");
    start(RunningGateway.before(upstream).model("modalities: [image],"));
    String sent =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
            + "\"image_url\":{\"url\":\"%s\"}}]}]}";
    String inside = sent.formatted("data:image/png;base64,AA");
    assertThat(call(authorized(inside)).status()).isEqualTo(200);
    JsonObject error =
        refusal(call(authorized(sent.formatted("http://169.254.169.254/latest"))), 400);
    assertThat(error.getString("message")).contains("only inside of the request, as data: URLs");
    assertThat(calls(upstream)).isEqualTo(1);
  }
}
