package com.runspace.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Bytes;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.web.Form;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What attackers try at the authorization server, each of it refused. */
class OAuthAttackTest extends OAuthDoors {
  private static final String CALLBACK = "http://localhost/callback";

  private String code(String client) {
    Visitor anne = new Visitor().signedIn(ANNE);
    return answered(anne.approve(anne.consent(ask(client, BACK))), BACK).text("code");
  }

  @Test
  void aCodeThatIsReplayedTakesBackWhatItGave() {
    String client = register(BACK);
    String code = code(client);
    JsonObject tokens = json(post("/oauth/token", redeem(client, code, BACK)));
    assertError(post("/oauth/token", redeem(client, code, BACK)), 400, "invalid_grant");
    assertThat(grants.tokens().find(tokens.getString("access_token"))).isEmpty();
    assertError(
        post("/oauth/token", refresh(client, tokens.getString("refresh_token"))),
        400,
        "invalid_grant");
  }

  @Test
  void aCodeOfOneClientIsNothingToAnother() {
    String client = register(BACK);
    String thief = register(BACK, "https://thief.example/back");
    assertError(post("/oauth/token", redeem(thief, code(client), BACK)), 400, "invalid_grant");
    Map<String, String> elsewhere = redeem(client, code(client), "https://thief.example/back");
    assertError(post("/oauth/token", elsewhere), 400, "invalid_grant");
  }

  @Test
  void everyAnswerNamesItsIssuerAgainstMixUp() {
    String client = register(BACK);
    Map<String, String> wrong = ask(client, BACK);
    wrong.put("response_type", "token");
    // That `iss` is there is asserted for each answer in here.
    Form answer = answered(send(Request.get("/oauth/authorize?" + query(wrong))), BACK);
    assertThat(answer.text("error")).isEqualTo("unsupported_response_type");
    assertThat(answer.text("state")).isEqualTo("a state&=+ü");
    assertThat(json(send(Request.get("/meta/server"))))
        .contains(
            Map.entry("issuer", ISSUER),
            Map.entry("authorization_response_iss_parameter_supported", true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example/back",
        "https://app.example@evil.example/back",
        "https://user@app.example/back",
        "https://app.example.evil.example/back",
        "https://app.example/back/../evil",
        "https://app.example/back/",
        "https://app.example/back?to=evil",
        "https://app.example/back#evil",
        "https://app.example/back%00",
        "https://app.example/%62ack",
        "https://app.example:444/back",
        "https://app.example\\@evil.example/back",
        "HTTPS://app.example/back",
        "http://app.example/back",
        "//app.example/back",
        "javascript:alert(1)//https://app.example/back",
        "http://localhost@evil.example/callback",
        "http://localhost:80@evil.example/callback",
        "http://localhost.evil.example/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.2:80/callback",
        "http://[::1]:80/callback",
        "http://0.0.0.0/callback",
        "http://2130706433/callback",
        "http://LOCALHOST/callback",
        "http://localhost:99999/callback",
        "http://localhost:/../callback",
        "http://localhost:80/callback/../evil",
        "http://localhost:80/callback#evil",
        "http://localhost:80/callback?to=evil",
        "https://localhost/callback"
      })
  void answersGoOnlyWhereTheAppRegistered(String redirect) {
    String client = register(BACK, CALLBACK);
    Response answer = new Visitor().get("/oauth/authorize?" + query(ask(client, redirect)));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.headers().has("location")).isFalse();
    assertThat(answer.text()).contains("The answer would go to the wrong place", "req_");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://app.example/back",
        "https://user:pass@app.example/back",
        "https://app.example/back#part",
        "https:///back",
        "https:back",
        "javascript:alert(1)",
        "data:text/html,hi",
        "app://back",
        "http://127.0.0.1.evil.example/",
        "http://localhost:1@evil.example/",
        "http://127.1/callback",
        "https://app.example/a b",
        "https://app.example\\evil",
        "https://app.example/\u0430"
      })
  void noAppRegistersSuchAnAddress(String redirect) {
    JsonObject metadata = new JsonObject().put("redirect_uris", new JsonArray().add(redirect));
    assertError(
        send(Request.post("/oauth/register", metadata.encode())), 400, "invalid_redirect_uri");
  }

  @Test
  void pkceCanBeNeitherLeftOutNorWeakened() {
    String client = register(BACK);
    for (Map<String, String> change :
        List.of(
            Map.of("code_challenge", ""),
            Map.of("code_challenge_method", ""),
            Map.of("code_challenge_method", "plain"),
            Map.of("code_challenge_method", "s256"),
            Map.of("code_challenge", "short"),
            Map.of("code_challenge", VERIFIER + "="))) {
      Map<String, String> ask = ask(client, BACK);
      ask.putAll(change);
      ask.values().removeIf(String::isEmpty);
      Form answer = answered(send(Request.get("/oauth/authorize?" + query(ask))), BACK);
      assertThat(answer.text("error")).as(change.toString()).isEqualTo("invalid_request");
    }
    Map<String, String> bare = redeem(client, code(client), BACK);
    bare.remove("code_verifier");
    assertError(post("/oauth/token", bare), 400, "invalid_request");
    for (String verifier :
        List.of("x".repeat(43), Tokens.challenge(VERIFIER), "x", "ü".repeat(43))) {
      Map<String, String> wrong = redeem(client, code(client), BACK);
      wrong.put("code_verifier", verifier);
      assertError(post("/oauth/token", wrong), 400, "invalid_grant");
    }
  }

  @Test
  void aStolenRefreshTokenRevokesTheFamily() {
    String client = register(BACK);
    JsonObject first = tokens(client, BACK);
    String stolen = first.getString("refresh_token");
    JsonObject second = json(post("/oauth/token", refresh(client, stolen)));
    time.advance(Duration.ofSeconds(61));
    assertError(post("/oauth/token", refresh(client, stolen)), 400, "invalid_grant");
    assertThat(grants.tokens().find(second.getString("access_token"))).isEmpty();
    assertError(
        post("/oauth/token", refresh(client, second.getString("refresh_token"))),
        400,
        "invalid_grant");
    assertThat(grants.tokens().size()).isZero();
  }

  @Test
  void nobodyApprovesForSomebodyElse() {
    String client = register(BACK);
    Visitor anne = new Visitor().signedIn(ANNE);
    Visitor bob = new Visitor().signedIn(BOB);
    Response page = anne.consent(ask(client, BACK));
    Map<String, String> form = anne.form(page, "approve");
    Request bare = formOf("/oauth/consent", form);
    assertThat(anne.send(bare).status()).as("from nowhere").isEqualTo(403);
    for (String origin : List.of("https://evil.example", "http://run-space.example", "null")) {
      Request foreign = bare.header("origin", origin).header("sec-fetch-site", "cross-site");
      assertThat(anne.send(foreign).status()).as(origin).isEqualTo(403);
    }
    Map<String, String> without = new LinkedHashMap<>(form);
    without.remove("token");
    assertThat(anne.submit(without).status()).as("without the token").isEqualTo(403);
    Map<String, String> other = new LinkedHashMap<>(form);
    other.put("request", field(anne.consent(ask(client, BACK)), "request"));
    assertThat(anne.submit(other).status()).as("the token of another request").isEqualTo(403);
    assertThat(bob.submit(form).status()).as("in another session").isEqualTo(403);
    assertThat(new Visitor().submit(form).status()).as("in no session").isEqualTo(401);
    assertThat(anne.get("/oauth/consent?decision=approve&" + query(form)).status())
        .as("by a link")
        .isEqualTo(200);
    assertThat(grants.tokens().size()).isZero();
    assertThat(anne.submit(form).status()).as("and then by herself").isEqualTo(303);
  }

  @Test
  void thePageOfApprovalIsShownInNoFrameAndKeptByNobody() {
    Visitor anne = new Visitor().signedIn(ANNE);
    Response page = anne.consent(ask(register(BACK), BACK));
    assertThat(page.header("content-security-policy"))
        .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
        .doesNotContain("unsafe", "form-action");
    assertThat(page.header("x-frame-options")).isEqualTo("DENY");
    assertThat(page.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(page.header("cache-control")).isEqualTo("no-store");
    assertThat(page.text()).doesNotContain("<script>", "onclick", "style=");
    Request cross = Request.get("/oauth/authorize").header("origin", "https://evil.example");
    assertThat(send(cross).headers().has("access-control-allow-origin")).isFalse();
    Request token = formOf("/oauth/token", Map.of()).header("origin", "https://evil.example");
    assertThat(send(token).header("access-control-allow-origin")).isEqualTo("*");
  }

  @Test
  void aFloodOfRegistrationsIsStopped() {
    String body = "{\"redirect_uris\":[\"" + BACK + "\"]}";
    for (int i = 0; i < 100; i++) {
      assertThat(send(Request.post("/oauth/register", body)).status()).isEqualTo(201);
    }
    assertError(send(Request.post("/oauth/register", body)), 503, "temporarily_unavailable");
    for (int i = 101; i < 120; i++) {
      send(Request.post("/oauth/register", body));
    }
    Response often = send(Request.post("/oauth/register", body));
    assertError(often, 429, "temporarily_unavailable");
    assertThat(often.header("retry-after")).isEqualTo("1");
    time.advance(Duration.ofMinutes(16));
    assertThat(send(Request.post("/oauth/register", body)).status()).isEqualTo(201);
  }

  @Test
  void whatCannotBeMetadataIsRefused() {
    String deep = "{\"redirect_uris\":" + "[".repeat(2000) + "]".repeat(2000) + "}";
    String large = "{\"redirect_uris\":[\"" + BACK + "\"],\"x\":\"" + "x".repeat(17_000) + "\"}";
    for (String body :
        List.of("", "[]", "{", "{\"redirect_uris\":1}", "{\"a\":1,\"a\":2}", deep, large)) {
      Response answer = send(Request.post("/oauth/register", body));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(json(answer).getString("error")).startsWith("invalid_");
    }
  }

  @Test
  void aTokenIsForThisResourceOnly() {
    String client = register(BACK);
    Map<String, String> ask = ask(client, BACK);
    ask.put("resource", "https://other.example/mcp");
    Form answer = answered(send(Request.get("/oauth/authorize?" + query(ask))), BACK);
    assertThat(answer.text("error")).isEqualTo("invalid_target");
    Map<String, String> redeem = redeem(client, code(client), BACK);
    redeem.put("resource", SITE);
    assertError(post("/oauth/token", redeem), 400, "invalid_target");
    Map<String, String> refresh = refresh(client, tokens(client, BACK).getString("refresh_token"));
    refresh.put("resource", "https://run-space.example.evil.example/mcp");
    assertError(post("/oauth/token", refresh), 400, "invalid_target");
  }

  @Test
  void oddRequestsForTokensAreRefusedInTheFormOfTheStandard() {
    String client = register(BACK);
    Map<String, String> good = refresh(client, "rso_rt_" + "x".repeat(43));
    assertError(post("/oauth/token", good), 400, "invalid_grant");
    assertError(send(Request.post("/oauth/token", "{}")), 400, "invalid_request");
    assertError(post("/oauth/token", Map.of()), 400, "invalid_request");
    assertError(
        post("/oauth/token", Map.of("grant_type", "password")), 400, "unsupported_grant_type");
    Request twice = formOf("/oauth/token", good);
    String body = twice.body().utf8() + "&grant_type=refresh_token";
    assertError(send(twice.body(Bytes.of(body))), 400, "invalid_request");
    Response basic = send(formOf("/oauth/token", good).header("authorization", "Basic eDp5"));
    assertError(basic, 401, "invalid_client");
    assertThat(basic.header("www-authenticate")).startsWith("Basic");
  }
}
