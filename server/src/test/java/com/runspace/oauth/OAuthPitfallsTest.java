package com.runspace.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.oauth2.sdk.AccessTokenResponse;
import com.nimbusds.oauth2.sdk.AuthorizationResponse;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.client.ClientInformationResponse;
import com.nimbusds.oauth2.sdk.client.ClientRegistrationResponse;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.web.Form;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.UnknownHostException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * What has gone wrong between other servers and the clients of today, each with its number in the
 * list of them; what concerns the whole service is in {@link WholeOAuthTest}. Nimbus reads what we
 * say, as somebody who has read the standards apart from us.
 */
class OAuthPitfallsTest extends OAuthDoors {
  private static HTTPResponse nimbus(Response response) throws Exception {
    HTTPResponse read = new HTTPResponse(response.status());
    read.setHeader("Content-Type", response.header("content-type"));
    read.setHeader("Cache-Control", response.header("cache-control"));
    read.setBody(response.text());
    return read;
  }

  @Test
  void nimbusReadsAllThatWeSay() throws Exception {
    AuthorizationServerMetadata metadata =
        AuthorizationServerMetadata.parse(send(Request.get("/meta/server")).text());
    assertThat(metadata.getIssuer()).isEqualTo(new Issuer(ISSUER));
    assertThat(metadata.getAuthorizationEndpointURI()).hasToString(ISSUER + "/authorize");
    assertThat(metadata.getTokenEndpointURI()).hasToString(ISSUER + "/token");
    assertThat(metadata.getRegistrationEndpointURI()).hasToString(ISSUER + "/register");
    assertThat(metadata.getRevocationEndpointURI()).hasToString(ISSUER + "/revoke");
    assertThat(metadata.getCodeChallengeMethods()).containsExactly(CodeChallengeMethod.S256);
    assertThat(metadata.supportsAuthorizationResponseIssuerParam()).isTrue();
    String body =
        new JsonObject()
            .put("redirect_uris", new JsonArray().add(BACK))
            .put("client_name", "Nimbus")
            .encode();
    ClientRegistrationResponse registered =
        ClientRegistrationResponse.parse(nimbus(send(Request.post("/oauth/register", body))));
    assertThat(registered.indicatesSuccess()).isTrue();
    ClientInformationResponse client = (ClientInformationResponse) registered;
    assertThat(client.getClientInformation().getMetadata().getTokenEndpointAuthMethod())
        .isEqualTo(ClientAuthenticationMethod.NONE);
    String id = client.getClientInformation().getID().getValue();
    Visitor anne = new Visitor().signedIn(ANNE);
    Response back = anne.approve(anne.consent(ask(id, BACK)));
    AuthorizationResponse answer = AuthorizationResponse.parse(URI.create(back.header("location")));
    assertThat(answer.getIssuer()).isEqualTo(new Issuer(ISSUER));
    assertThat(answer.getState().getValue()).isEqualTo("a state&=+ü");
    String code = answer.toSuccessResponse().getAuthorizationCode().getValue();
    Response issued = post("/oauth/token", redeem(id, code, BACK));
    AccessTokenResponse tokens = TokenResponse.parse(nimbus(issued)).toSuccessResponse();
    assertThat(tokens.getTokens().getBearerAccessToken().getLifetime()).isEqualTo(3600);
    assertThat(tokens.getTokens().getRefreshToken()).isNotNull();
    TokenErrorResponse error =
        TokenResponse.parse(nimbus(post("/oauth/token", redeem(id, code, BACK)))).toErrorResponse();
    assertThat(error.getErrorObject().getCode()).isEqualTo("invalid_grant");
    Response page = anne.consent(ask(id, BACK));
    Response denied = anne.submit(anne.form(page, "deny"));
    assertThat(AuthorizationResponse.parse(URI.create(denied.header("location"))).toErrorResponse())
        .satisfies(
            refusal -> assertThat(refusal.getErrorObject().getCode()).isEqualTo("access_denied"));
  }

  @Test
  void pitfall2NoRuleLooksAtWhatAClientCallsItself() {
    for (String agent : List.of("Claude-User", "python-httpx/0.27", "curl/8", "")) {
      Request ask = Request.get("/meta/server").header("user-agent", agent);
      assertThat(send(ask).status()).as(agent).isEqualTo(200);
    }
  }

  @Test
  void pitfall3TheAnswerToTheFormIs303() {
    Visitor anne = new Visitor().signedIn(ANNE);
    assertThat(anne.approve(anne.consent(ask(register(BACK), BACK))).status()).isEqualTo(303);
  }

  @Test
  void pitfall4ThePolicyOfThePageLetsTheFormLeadToTheApp() {
    Visitor anne = new Visitor().signedIn(ANNE);
    Response page = anne.consent(ask(register(BACK), BACK));
    assertThat(page.header("content-security-policy")).doesNotContain("form-action");
    assertThat(page.header("cross-origin-opener-policy")).isEqualTo("unsafe-none");
  }

  @Test
  void pitfall6ALoopbackRedirectMayHaveAnyPort() {
    for (String host : List.of("localhost", "127.0.0.1", "[::1]")) {
      String client = register("http://" + host + ":1/callback?a=b");
      for (String port : List.of("", ":1", ":3118", ":65535")) {
        String redirect = "http://" + host + port + "/callback?a=b";
        Response page = new Visitor().signedIn(ANNE).consent(ask(client, redirect));
        assertThat(page.status()).as(redirect).isEqualTo(200);
        time.advance(Duration.ofMinutes(1));
      }
    }
  }

  @Test
  void pitfall7TwentyRefreshesAtOnceHaveOneAnswer() throws Exception {
    String client = register(BACK);
    String token = tokens(client, BACK).getString("refresh_token");
    List<String> answers = new ArrayList<>();
    Callable<Response> call = () -> post("/oauth/token", refresh(client, token));
    try (ExecutorService threads = Executors.newFixedThreadPool(20)) {
      for (Future<Response> each : threads.invokeAll(Collections.nCopies(20, call))) {
        assertThat(each.get().status()).isEqualTo(200);
        answers.add(json(each.get()).getString("refresh_token"));
      }
    }
    assertThat(new HashSet<>(answers)).hasSize(1);
    time.advance(Duration.ofSeconds(60));
    Response late = post("/oauth/token", refresh(client, token));
    assertThat(json(late).getString("refresh_token")).isEqualTo(answers.getFirst());
    assertThat(post("/oauth/token", refresh(client, answers.getFirst())).status()).isEqualTo(200);
  }

  @Test
  void pitfall8ARefreshTokenIsGivenToWhoeverRefreshes() {
    JsonObject metadata = new JsonObject().put("redirect_uris", new JsonArray().add(BACK));
    String plain =
        json(send(Request.post("/oauth/register", metadata.encode()))).getString("client_id");
    for (boolean isOffline : List.of(true, false)) {
      Visitor anne = new Visitor().signedIn(ANNE);
      Map<String, String> ask = ask(plain, BACK);
      ask.put("scope", isOffline ? "mcp offline_access" : "mcp");
      String code = answered(anne.approve(anne.consent(ask)), BACK).text("code");
      JsonObject tokens = json(post("/oauth/token", redeem(plain, code, BACK)));
      assertThat(tokens.containsKey("refresh_token")).isEqualTo(isOffline);
    }
    String client = register(BACK);
    Map<String, String> ask = ask(client, BACK);
    ask.remove("scope");
    Visitor anne = new Visitor().signedIn(ANNE);
    String code = answered(anne.approve(anne.consent(ask)), BACK).text("code");
    JsonObject tokens = json(post("/oauth/token", redeem(client, code, BACK)));
    assertThat(tokens.getString("refresh_token")).startsWith("rso_rt_");
    assertThat(tokens.getString("scope")).isEqualTo("mcp");
    assertThat(json(send(Request.get("/meta/server"))).getJsonArray("scopes_supported"))
        .contains("offline_access");
    assertThat(json(send(Request.get("/meta/resource"))).getJsonArray("scopes_supported"))
        .containsExactly("mcp");
  }

  @Test
  void pitfall9NobodyIsToldToHaveASecret() {
    assertThat(
            json(send(Request.get("/meta/server")))
                .getJsonArray("token_endpoint_auth_methods_supported"))
        .containsExactly("none");
  }

  @Test
  void pitfall10TheAnswerToARegistrationHasNoNullsAndNoSecrets() {
    String body =
        "{\"redirect_uris\":[\"%s\"],\"client_uri\":null,\"contacts\":null,\"scope\":\"mcp\"}"
            .formatted(BACK);
    Response answer = send(Request.post("/oauth/register", body));
    assertThat(answer.text()).doesNotContain("null", "secret", "scope", ".0");
    assertThat(answer.status()).isEqualTo(201);
  }

  @Test
  void pitfall11ManyUsersOfOneHostedAppRegisterFromOneAddress() {
    for (int i = 0; i < 60; i++) {
      register(BACK);
    }
    time.advance(Duration.ofHours(25));
    assertThatNoneIsLeft();
  }

  private void assertThatNoneIsLeft() {
    try {
      grants.sweep();
      assertThat(db.list("SELECT id FROM oauth_client", row -> row.getString(1))).isEmpty();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void pitfall12AClientThatIsGoneIsToldToRegisterAgain() {
    assertError(
        post("/oauth/token", refresh("client_0", "rso_rt_" + "x".repeat(43))),
        401,
        "invalid_client");
    Response page = send(Request.get("/oauth/authorize?" + query(ask("client_0", BACK))));
    assertThat(page.status()).isEqualTo(400);
    assertThat(page.text()).contains("Remove the RunSpace connector in the app and add it again");
    assertThat(page.headers().has("location")).isFalse();
  }

  @Test
  void pitfall13AHostOfDocumentsThatIsDownStopsNobodyWhoWasHere() {
    names =
        _ -> {
          throw new UnknownHostException("down");
        };
    Visitor anne = new Visitor().signedIn(ANNE);
    Map<String, String> claude =
        ask(
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "https://claude.com/api/mcp/auth_callback");
    assertThat(anne.consent(claude).status()).isEqualTo(200);
    Map<String, String> other = ask("https://other.example/app.json", BACK);
    assertThat(anne.get("/oauth/authorize?" + query(other)).status()).isEqualTo(400);
  }

  @Test
  void pitfall14WhatIsUnknownIsIgnored() {
    String client = register(BACK);
    Map<String, String> ask = ask(client, BACK);
    ask.put("scope", "claudeai");
    ask.put("prompt", "consent");
    ask.put("login_hint", "x");
    Visitor anne = new Visitor().signedIn(ANNE);
    String code = answered(anne.approve(anne.consent(ask)), BACK).text("code");
    Map<String, String> redeem = redeem(client, code, BACK);
    redeem.put("audience", "x");
    redeem.remove("resource");
    assertThat(json(post("/oauth/token", redeem)).getString("scope")).isEqualTo("mcp");
  }

  @Test
  void pitfall20ApprovalIsAskedForEachTime() {
    String client = register(BACK);
    tokens(client, BACK);
    Visitor anne = new Visitor().signedIn(ANNE);
    Map<String, String> ask = ask(client, BACK);
    ask.put("prompt", "none");
    assertThat(anne.consent(ask).text()).contains("Approve", "Deny");
  }

  @Test
  void pitfall21ACodeThatComesTwiceRevokes() {
    String client = register(BACK);
    Visitor anne = new Visitor().signedIn(ANNE);
    Form answer = answered(anne.approve(anne.consent(ask(client, BACK))), BACK);
    Map<String, String> redeem = redeem(client, answer.text("code"), BACK);
    String token = json(post("/oauth/token", redeem)).getString("access_token");
    assertThat(grants.tokens().find(token)).isPresent();
    assertError(post("/oauth/token", redeem), 400, "invalid_grant");
    assertThat(grants.tokens().find(token)).isEmpty();
  }
}
