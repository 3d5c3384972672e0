package com.runspace.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Bytes;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.ScriptedUpstream;
import com.runspace.web.Form;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The authorization server as the whole service has it, in local mode. */
@Timeout(60)
class WholeOAuthTest {
  private static final String BACK = "http://127.0.0.1:4711/callback";
  private static final String VERIFIER = "v".repeat(43);
  private static final Logger ALL = Logger.getLogger("com.runspace");

  @TempDir private Path folder;

  private final ScriptedUpstream upstream = ScriptedUpstream.start();
  private final Queue<String> log = new ConcurrentLinkedQueue<>();
  private final Handler keeping =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          Object[] parameters = entry.getParameters();
          log.add(
              RunningGateway.logged(entry)
                  + (parameters == null ? "" : List.of(parameters).toString()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };
  private RunningGateway gateway;
  private String url;

  @BeforeEach
  void start() {
    ALL.addHandler(keeping);
    gateway = RunningGateway.before(upstream).data(folder).more("log: {calls: true}").start();
    url = "http://127.0.0.1:" + gateway.port();
  }

  @AfterEach
  void close() {
    ALL.removeHandler(keeping);
    gateway.close();
    upstream.close();
  }

  private Response call(Request request) {
    try (RawClient client = RawClient.to(gateway.port())) {
      return client.call(request.header("connection", "close"));
    }
  }

  private static JsonObject json(Response response) {
    return new JsonObject(response.text());
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private Request form(String path, String body) {
    return new Request("POST", path, List.of(), Bytes.of(body))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", url)
        .header("sec-fetch-site", "same-origin");
  }

  @Test
  void pitfall1TheRootsWellKnownPathsAreUnknownToProgramsAndBrowsers() {
    for (Request ask :
        List.of(
            Request.get("/.well-known/oauth-protected-resource"),
            Request.get("/.well-known/oauth-authorization-server"),
            Request.get("/.well-known/openid-configuration"),
            Request.get("/.well-known/oauth-protected-resource/mcp/rsk_live_x"),
            Request.post("/register", "{}"))) {
      for (String accept : List.of("*/*", "text/html,*/*")) {
        Response answer = call(ask.header("accept", accept));
        assertThat(answer.status()).as(ask.target()).isEqualTo(404);
        assertThat(answer.header("content-type")).isEqualTo("application/json");
        assertThat(answer.text()).doesNotContain("rsk_live");
      }
    }
  }

  @Test
  void pitfall5TheMetadataNameWhatIsConfiguredAndNotWhatIsAsked() {
    Request ask = Request.get("/.well-known/oauth-protected-resource/mcp");
    for (String name : List.of("host", "x-forwarded-host")) {
      JsonObject resource = json(call(ask.header(name, "EVIL.example")));
      assertThat(resource.getString("resource")).isEqualTo(url + "/mcp");
      assertThat(resource.getJsonArray("authorization_servers")).containsExactly(url + "/oauth");
    }
  }

  @Test
  void pitfall18AllThreePlacesOfTheMetadataHaveThem() {
    for (String path :
        List.of(
            "/.well-known/oauth-authorization-server/oauth",
            "/.well-known/openid-configuration/oauth",
            "/oauth/.well-known/openid-configuration")) {
      Response answer = call(Request.get(path).header("origin", "https://inspector.example"));
      assertThat(json(answer).getString("issuer")).as(path).isEqualTo(url + "/oauth");
      assertThat(answer.header("access-control-allow-origin")).isEqualTo("*");
      assertThat(answer.header("cache-control")).isEqualTo("public, max-age=300");
    }
  }

  @Test
  void pitfall24AProbedKeyIsNotInTheLog() throws Exception {
    call(Request.get("/.well-known/oauth-protected-resource/mcp/rsk_live_secret"));
    call(Request.get("/oauth/consent?request=handle_secret"));
    call(form("/oauth/token", "grant_type=refresh_token&refresh_token=rso_rt_secret&client_id=c"));
    awaitLog("/oauth/token");
    assertThat(String.join("\n", log)).doesNotContain("secret");
  }

  private void awaitLog(String part) throws InterruptedException {
    long until = System.nanoTime() + 10_000_000_000L;
    while (log.stream().noneMatch(line -> line.contains(part)) && System.nanoTime() < until) {
      Thread.onSpinWait();
    }
    assertThat(log).anyMatch(line -> line.contains(part));
  }

  private String registered() {
    String metadata =
        new JsonObject()
            .put("client_name", "Tool")
            .put("redirect_uris", new JsonArray().add("http://127.0.0.1/callback"))
            .put("grant_types", new JsonArray().add("authorization_code").add("refresh_token"))
            .encode();
    return json(call(Request.post("/oauth/register", metadata))).getString("client_id");
  }

  private Response asked(String client) {
    return call(
        Request.get(
            "/oauth/authorize?response_type=code&code_challenge_method=S256&client_id="
                + client
                + "&redirect_uri="
                + encode(BACK)
                + "&code_challenge="
                + Tokens.challenge(VERIFIER)));
  }

  @Test
  void pitfall19EachStageHasItsLineAndLocalModeNeedsNoWallet() throws Exception {
    String client = registered();
    Response asked = asked(client);
    String consent = asked.header("location");
    Response stranger = call(Request.get(consent));
    assertThat(stranger.header("location")).isEqualTo("/sign-in?next=" + encode(consent));
    assertThat(call(Request.get(stranger.header("location"))).text())
        .contains("./runspace open", "href=\"" + consent + "\"");
    String link = gateway.signInLink();
    Response entered = call(Request.get(link.substring(link.indexOf("/auth/"))));
    String cookie = entered.header("set-cookie").split(";", 2)[0];
    Response page = call(Request.get(consent).header("cookie", cookie));
    assertThat(page.text()).contains("This app runs on your computer", "Tool", "This machine");
    String body =
        "decision=approve&life=7&cap=&request="
            + OAuthDoors.field(page, "request")
            + "&token="
            + OAuthDoors.field(page, "token");
    String to = call(form("/oauth/consent", body).header("cookie", cookie)).header("location");
    assertThat(to).startsWith(BACK + "?code=rso_ac_");
    Form answer = Form.of(to.substring(to.indexOf('?') + 1));
    assertThat(answer.text("iss")).isEqualTo(url + "/oauth");
    assertThat(answer.has("state")).isFalse();
    String redeem =
        "grant_type=authorization_code&client_id=%s&code=%s&redirect_uri=%s&code_verifier=%s"
            .formatted(client, answer.text("code"), encode(BACK), VERIFIER);
    JsonObject tokens = json(call(form("/oauth/token", redeem)));
    String access = tokens.getString("access_token");
    assertThat(call(Request.get("/v1/models").bearer(access)).status())
        .as("the API")
        .isEqualTo(401);
    assertThat(gateway.key(List.of("list"))).anyMatch(line -> line.contains("Tool"));
    Response apps = call(Request.get("/apps").header("cookie", cookie));
    assertThat(apps.text()).contains("Tool", "answers to 127.0.0.1", "Your allowance");
    assertThat(call(Request.get("/keys").header("cookie", cookie)).text()).doesNotContain("Tool");
    String end = apps.text().replaceAll("(?s).*action=\"(/apps/[^\"]+/end)\".*", "$1");
    assertThat(call(form(end, "")).status()).as("a stranger").isEqualTo(401);
    Response ended = call(form(end, "").header("cookie", cookie));
    assertThat(ended.header("location")).isEqualTo("/apps?done=ended");
    String refresh = "grant_type=refresh_token&client_id=" + client + "&refresh_token=";
    Response late = call(form("/oauth/token", refresh + tokens.getString("refresh_token")));
    assertThat(late.status()).isEqualTo(400);
    // Who looks for a connection that failed finds where and why.
    awaitLog("invalid_grant");
    String all = String.join("\n", log);
    assertThat(all).contains(late.header("x-request-id"));
    for (String secret :
        List.of(answer.text("code"), access, tokens.getString("refresh_token"), VERIFIER)) {
      assertThat(all).doesNotContain(secret);
    }
    assertThat(call(Request.get("/apps").header("cookie", cookie)).text())
        .contains("No app is connected");
  }
}
