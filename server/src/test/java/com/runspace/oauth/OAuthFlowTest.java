package com.runspace.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.web.Form;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The way of an app from not being known to a token, and of its user beside it. */
class OAuthFlowTest extends OAuthDoors {
  @Test
  void anAppIsLetInByAWalletAndRefreshes() {
    String client = register(BACK);
    Visitor anne = new Visitor();
    Response sent = anne.get("/oauth/authorize?" + query(ask(client, BACK)));
    String consent = sent.header("location");
    Response stranger = anne.get(consent);
    assertThat(stranger.status()).isEqualTo(303);
    assertThat(stranger.header("location"))
        .isEqualTo(
            "/sign-in?next=" + consent.replace("/", "%2F").replace("?", "%3F").replace("=", "%3D"));
    anne.signedIn(ANNE);
    Response page = anne.get(consent);
    assertThat(page.text())
        .contains("An app", "Nobody has checked that name", "app.example", ANNE.address().shown())
        .doesNotContain("This app runs on your computer");
    Form answer = answered(anne.approve(page), BACK);
    assertThat(answer.text("state")).isEqualTo("a state&=+ü");
    Response issued = post("/oauth/token", redeem(client, answer.text("code"), BACK));
    assertThat(issued.status()).as(issued.text()).isEqualTo(200);
    assertThat(issued.header("cache-control")).isEqualTo("no-store");
    JsonObject tokens = json(issued);
    assertThat(tokens.getString("token_type")).isEqualTo("Bearer");
    assertThat(tokens.getLong("expires_in")).isEqualTo(3600);
    assertThat(tokens.getString("scope")).isEqualTo("mcp offline_access");
    Caller caller = grants.tokens().find(tokens.getString("access_token")).orElseThrow();
    assertThat(caller.doors()).containsExactly(Door.MCP);
    assertThat(caller.dailyCap()).hasToString("$0.25");
    assertThat(caller.expires()).isEqualTo("2026-12-22T12:00:30Z");
    assertThat(keyring.find(tokens.getString("access_token"))).isEmpty();
    JsonObject next =
        json(post("/oauth/token", refresh(client, tokens.getString("refresh_token"))));
    assertThat(grants.tokens().find(next.getString("access_token"))).contains(caller);
    assertThat(next.getString("refresh_token")).isNotEqualTo(tokens.getString("refresh_token"));
    Map<String, String> end = Map.of("token", next.getString("refresh_token"), "client_id", client);
    assertThat(post("/oauth/revoke", end).status()).isEqualTo(200);
    assertThat(caller.isRevoked()).isTrue();
    assertThat(grants.tokens().find(next.getString("access_token"))).isEmpty();
    assertThat(post("/oauth/revoke", end).status()).as("again").isEqualTo(200);
  }

  @Test
  void denyingTellsTheAppAndNothingElse() {
    String client = register(BACK);
    Visitor anne = new Visitor().signedIn(ANNE);
    Response page = anne.consent(ask(client, BACK));
    Form answer = answered(anne.submit(anne.form(page, "deny")), BACK);
    assertThat(answer.text("error")).isEqualTo("access_denied");
    assertThat(answer.text("state")).isEqualTo("a state&=+ü");
    assertThat(answer.has("code")).isFalse();
    assertThat(anne.approve(page).status()).as("after that").isEqualTo(400);
  }

  @Test
  void claudesOwnDocumentsNeedNoFetch() {
    String web = "https://claude.ai/oauth/mcp-oauth-client-metadata";
    Visitor anne = new Visitor().signedIn(ANNE);
    assertThat(anne.consent(ask(web, "https://claude.ai/api/mcp/auth_callback")).text())
        .contains("<b>Claude</b> of <b>claude.ai</b>");
    String code = "https://claude.ai/oauth/claude-code-client-metadata";
    Response page = anne.consent(ask(code, "http://localhost:3118/callback"));
    assertThat(page.text()).contains("This app runs on your computer", "localhost (this computer)");
    assertThat(tokens(code, "http://127.0.0.1:54321/callback").getString("access_token"))
        .startsWith("rso_at_");
    assertThat(resolved).hasValue(0);
  }

  @Test
  void aClientIsKnownByItsDocument() {
    String id = "https://localhost:" + host.actualPort() + "/app.json";
    document =
        request ->
            request
                .response()
                .putHeader("content-type", "application/json")
                .end(
                    new JsonObject()
                        .put("client_id", id)
                        .put("client_name", "Documented")
                        .put("redirect_uris", new JsonArray().add(BACK))
                        .encode());
    Visitor anne = new Visitor().signedIn(ANNE);
    assertThat(anne.consent(ask(id, BACK)).text())
        .contains("<b>Documented</b> of <b>localhost</b>");
    assertThat(tokens(id, BACK).getString("refresh_token")).startsWith("rso_rt_");
    assertThat(resolved).as("the document is kept").hasValue(1);
    time.advance(Duration.ofMinutes(6));
    document = request -> request.response().setStatusCode(500).end();
    assertThat(anne.consent(ask(id, BACK)).text()).as("stale").contains("Documented");
    time.advance(Duration.ofDays(6).plusHours(23));
    assertThat(new Visitor().signedIn(ANNE).consent(ask(id, BACK)).status()).isEqualTo(200);
    time.advance(Duration.ofHours(1));
    assertThat(anne.get("/oauth/authorize?" + query(ask(id, BACK))).status()).isEqualTo(400);
  }

  @Test
  void whatTheHolderChoosesIsJudged() {
    String client = register(BACK);
    Visitor anne = new Visitor().signedIn(ANNE);
    Response page = anne.consent(ask(client, BACK));
    Map<String, String> form = anne.form(page, "approve");
    form.put("cap", "a lot");
    Response wrong = anne.submit(form);
    assertThat(wrong.status()).isEqualTo(422);
    assertThat(wrong.text()).contains("Write an amount of dollars", "value=\"a lot\"");
    form = anne.form(wrong, "approve");
    form.put("life", "10000");
    assertThat(anne.submit(form).status()).isEqualTo(422);
    time.advance(Duration.ofMinutes(8));
    form = anne.form(wrong, "approve");
    assertThat(anne.submit(form).status()).as("8 minutes later").isEqualTo(303);
    page = anne.consent(ask(client, BACK));
    time.advance(Duration.ofMinutes(8));
    Response stale = anne.approve(page);
    assertThat(stale.status()).as("16 minutes after the signature").isEqualTo(403);
    assertThat(stale.text()).contains("Your wallet has to sign once more");
    anne.signedIn(ANNE);
    assertThat(anne.approve(anne.consent(ask(client, BACK))).status()).isEqualTo(303);
    page = anne.consent(ask(client, BACK));
    time.advance(Duration.ofMinutes(10));
    assertThat(anne.approve(page).text()).contains("This request has expired");
  }

  @Test
  void aStoreThatIsOutIsAPageToPeopleAndAnErrorToApps() {
    String client = register(BACK);
    Visitor anne = new Visitor().signedIn(ANNE);
    Response page = anne.consent(ask(client, BACK));
    db.close();
    Response answer = anne.approve(page);
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.text()).contains("Nothing was approved", "req_");
    answer = anne.get("/oauth/authorize?" + query(ask(client, BACK)));
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("content-type")).startsWith("text/html");
    assertError(
        post("/oauth/token", refresh(client, "rso_rt_" + "x".repeat(43))),
        503,
        "temporarily_unavailable");
  }

  @Test
  void registrationEchoesWhatWasTaken() {
    JsonObject metadata =
        new JsonObject()
            .put("client_name", "  Evil\u202e\n<b>app</b> ".repeat(10))
            .put("redirect_uris", new JsonArray().add(MORE))
            .put("token_endpoint_auth_method", "client_secret_post")
            .putNull("logo_uri");
    Response response = send(Request.post("/oauth/register", metadata.encode()));
    assertThat(response.status()).as(response.text()).isEqualTo(201);
    JsonObject client = json(response);
    assertThat(client.fieldNames())
        .containsExactly(
            "client_id",
            "client_id_issued_at",
            "client_name",
            "redirect_uris",
            "grant_types",
            "response_types",
            "token_endpoint_auth_method");
    assertThat(client.getString("client_name"))
        .startsWith("Evil <b>app</b> Evil")
        .hasSizeLessThan(61);
    assertThat(client.getString("token_endpoint_auth_method")).isEqualTo("none");
    assertThat(client.getLong("client_id_issued_at")).isEqualTo(1795348830L);
    Visitor anne = new Visitor().signedIn(ANNE);
    assertThat(anne.consent(ask(client.getString("client_id"), MORE)).text())
        .contains("Evil &lt;b&gt;app&lt;/b&gt;")
        .doesNotContain("<b>app</b>");
  }
}
