package com.runspace.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.web.Form;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** A person lets an app in, or does not, in a real browser with a wallet. */
@ExtendWith(InBrowser.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConsentTest {
  /** The verifier and challenge of RFC 7636, appendix B. */
  private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

  private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  private final Browser browser;
  private final Premises premises = Premises.open();
  private final Site app = Site.start().html("/callback", "<h1>Back in the app</h1>");
  private final HttpClient http = HttpClient.newHttpClient();

  ConsentTest(Browser browser) {
    this.browser = browser;
  }

  @AfterAll
  void close() {
    http.close();
    app.close();
    premises.close();
  }

  private JsonObject post(String path, String type, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(premises.url() + path))
            .header("content-type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return new JsonObject(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  private String callback() {
    return app.origin() + "/callback";
  }

  private String registered() throws Exception {
    String metadata =
        new JsonObject()
            .put("client_name", "Tool for tests")
            .put("redirect_uris", new JsonArray().add(callback()))
            .encode();
    return post("/oauth/register", "application/json", metadata).getString("client_id");
  }

  private String link(String client) {
    return "/oauth/authorize?response_type=code&state=s1&code_challenge_method=S256&client_id="
        + client
        + "&redirect_uri="
        + URLEncoder.encode(callback(), StandardCharsets.UTF_8)
        + "&code_challenge="
        + CHALLENGE;
  }

  private Form answer() {
    browser.awaitAt("/callback");
    browser.read("Back in the app");
    URI at = URI.create(browser.driver().getCurrentUrl());
    return Form.of(at.getRawQuery());
  }

  @Test
  void approvingAfterSigningInLetsTheAppIn() throws Exception {
    String client = registered();
    premises.signInAt(browser, link(client), premises.holder());
    browser.read("Tool for tests");
    assertThat(browser.words()).contains("This app runs on your computer", "move tokens");
    assertThat(Axe.findings(browser)).isEmpty();
    browser.type("At most a day", "0.50");
    browser.press("Approve");
    Form answer = answer();
    assertThat(answer.text("state")).isEqualTo("s1");
    assertThat(answer.text("iss")).isEqualTo(premises.url() + "/oauth");
    String form =
        "grant_type=authorization_code&client_id=%s&code=%s&redirect_uri=%s&code_verifier=%s"
            .formatted(
                client,
                answer.text("code"),
                URLEncoder.encode(callback(), StandardCharsets.UTF_8),
                VERIFIER);
    JsonObject tokens = post("/oauth/token", "application/x-www-form-urlencoded", form);
    assertThat(tokens.getString("access_token")).startsWith("rso_at_");
    browser.open(premises.url() + "/apps");
    browser.read("Tool for tests");
    assertThat(browser.words()).contains("$0.50 a day");
    assertThat(Axe.findings(browser)).isEmpty();
    browser.press("End access of Tool for tests");
    browser.read("Its access is taken away.");
    assertThat(browser.console()).allMatch(line -> line.startsWith(app.origin() + "/favicon.ico"));
  }

  @Test
  void denyingGivesTheAppNothingAndAStaleSignatureIsAskedForAgain() throws Exception {
    String client = registered();
    premises.signIn(browser, premises.holder());
    browser.open(premises.url() + link(client));
    browser.press("Deny");
    Form denied = answer();
    assertThat(denied.text("error")).isEqualTo("access_denied");
    assertThat(denied.has("code")).isFalse();
    premises.passes(Duration.ofMinutes(16));
    browser.open(premises.url() + link(client));
    browser.press("Approve");
    browser.read("Sign to confirm");
    browser.press("Test Wallet");
    assertThat(answer().text("code")).startsWith("rso_ac_");
  }
}
