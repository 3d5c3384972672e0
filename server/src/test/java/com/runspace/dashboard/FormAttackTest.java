package com.runspace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.dashboard.SignInPage.Entrance;
import com.runspace.keys.KeySettings;
import com.runspace.keys.StoredKeyring;
import com.runspace.models.Model;
import com.runspace.testkit.Bytes;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What others try with the forms of who is signed in. */
@Timeout(60)
class FormAttackTest {
  private static final String EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'";

  @TempDir private Path folder;
  private SampleSite site;
  private Browser anna;
  private Browser stale;
  private Browser bert;

  @BeforeEach
  void start() throws Exception {
    site = new SampleSite(folder, Entrance.WALLET, _ -> {});
    anna = new Browser(site.port(), site.anna);
    stale = new Browser(site.port(), site.stale);
    bert = new Browser(site.port(), site.bert);
  }

  @AfterEach
  void stop() {
    site.close();
    assertThat(site.budget.taken()).isZero();
  }

  private StoredKeyring.Created key(String name) throws SQLException {
    return site.keyring.create(site.account, KeySettings.named(name));
  }

  private long keys() throws SQLException {
    return site.keyring.listAll().size();
  }

  @Test
  void aFormOfAnotherSiteDoesNothing() throws SQLException {
    Request create = Browser.form("/keys", "name", "x");
    List<Request> forged =
        List.of(
            create,
            create.header("origin", "https://evil.example"),
            create.header("origin", "null"),
            create.header("origin", SampleSite.ORIGIN + ".evil.example"),
            create.header("origin", "http://127.0.0.1:8081"),
            create.header("origin", SampleSite.ORIGIN).header("sec-fetch-site", "cross-site"),
            create.header("sec-fetch-site", "same-site"),
            create.header("sec-fetch-site", "none"));
    for (Request each : forged) {
      assertThat(anna.send(each).status()).as(each.toString()).isEqualTo(403);
    }
    assertThat(keys()).isZero();
    String id = key("mine").key().id();
    for (String path :
        List.of(
            "/keys/" + id + "/revoke",
            "/keys/" + id + "/rotate",
            "/account/sign-out",
            "/account/sign-out-everywhere",
            "/account/sessions/x/end",
            "/account/wallets/x/unlink")) {
      Request post = Browser.form(path, "overlap", "0").header("origin", "https://evil.example");
      assertThat(anna.send(post).status()).as(path).isEqualTo(403);
    }
    assertThat(site.keyring.key(id).orElseThrow().revoked()).isNull();
    assertThat(anna.get("/").status()).isEqualTo(200);
    assertThat(anna.send(create.header("sec-fetch-site", "same-origin")).status()).isEqualTo(200);
  }

  @Test
  void everyPageHasThePolicyAndNothingThatItForbids() throws Exception {
    String id = key("k").key().id();
    for (String path :
        List.of("/", "/keys", "/keys/" + id, "/usage", "/account", "/apps", "/keys/none")) {
      Response page = anna.get(path);
      assertThat(page.header("content-security-policy"))
          .contains("frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'");
      assertThat(page.header("x-frame-options")).isEqualTo("DENY");
      assertThat(page.header("cache-control")).as(path).isEqualTo("no-store");
      assertThat(page.text())
          .doesNotContainPattern("<script(?! type=\"module\" src=\"/static/)")
          .doesNotContainPattern(" (style|on[a-z]+)=\"")
          .doesNotContain("<style", "javascript:");
    }
  }

  @Test
  void signInLeadsNowhereElse() {
    Browser nobody = new Browser(site.port(), "");
    for (String next :
        List.of(
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "%2F%2Fevil.example",
            "/%09/evil.example",
            "javascript:alert(1)",
            "/x%0d%0aset-cookie:%20a=b",
            "%zz",
            "%22%3E%3Cscript%3E")) {
      Response page = nobody.get("/sign-in?next=" + next);
      assertThat(page.text()).as(next).contains("data-next=\"/\"");
      assertThat(page.headers().has("set-cookie")).isFalse();
      Response away = anna.get("/sign-in?next=" + next);
      assertThat(away.status()).isEqualTo(303);
      assertThat(away.header("location")).as(next).isEqualTo("/");
    }
    assertThat(nobody.get("/sign-in?next=/usage%3Fby%3Dkey").text())
        .contains("data-next=\"/usage?by=key\"");
    assertThat(nobody.get("/keys").header("location")).isEqualTo("/sign-in?next=%2Fkeys");
    assertThat(nobody.get("//evil.example/%2e%2e").status()).isEqualTo(404);
  }

  @Test
  void namesThatAreMarkupStayText() throws Exception {
    Model model = site.catalogue.list().getFirst();
    site.catalogue.put(
        new Model(
            EVIL,
            model.card(),
            model.window(),
            model.outputMax(),
            false,
            model.tokens(),
            model.inputs(),
            model.price(),
            model.routes()));
    Response made = anna.post("/keys", "name", EVIL, "model", EVIL);
    assertThat(made.status()).isEqualTo(200);
    String id = site.keyring.listAll().getFirst().id();
    Response wrong = anna.post("/keys", "name", EVIL, "model", EVIL, "cap", EVIL, "tokens", EVIL);
    assertThat(wrong.status()).isEqualTo(422);
    Response unknown = anna.post("/keys", "name", "x", "model", EVIL + "2", "expires", EVIL);
    for (Response page :
        List.of(made, wrong, unknown, anna.get("/keys"), anna.get("/keys/" + id))) {
      assertThat(page.text()).contains("alert(1)").doesNotContain("<script>", "<img");
    }
    assertThat(anna.get("/usage?from=" + "%3Cscript%3E&by=%22%3E%3Cscript%3E").text())
        .contains("&lt;script&gt;")
        .doesNotContain("<script>");
    Response csv = anna.get("/usage.csv?from=2026-01-01%0d%0aX-A:%20b&to=2026-01-02");
    assertThat(csv.status()).isEqualTo(422);
    assertThat(csv.headers().has("x-a")).isFalse();
  }

  @Test
  void whatIsNoFormOrTooLargeIsRefused() throws SQLException {
    Request post = Request.of("POST", "/keys").header("origin", SampleSite.ORIGIN);
    Request form = post.header("content-type", Browser.FORM);
    assertThat(anna.send(form.body(Bytes.of("name=" + "x".repeat(70_000)))).status())
        .isEqualTo(413);
    assertThat(anna.send(form.header("content-length", "99999999999")).status()).isEqualTo(413);
    assertThat(anna.send(form.body(Bytes.of("name=%ff"))).status()).isEqualTo(400);
    assertThat(
            anna.send(post.header("content-type", "text/plain").body(Bytes.of("name=x"))).status())
        .isEqualTo(415);
    assertThat(keys()).isZero();
    assertThat(anna.get("/keys?done=%zz").status()).isEqualTo(400);
  }

  @Test
  void theKeyOfSomebodyElseIsNotThere() throws SQLException {
    StoredKeyring.Created created = key("annas secret plan");
    String id = created.key().id();
    Response theirs = bert.get("/keys/" + id);
    assertThat(theirs.status()).isEqualTo(404);
    assertThat(theirs.text()).isEqualTo(bert.get("/keys/key_0000000000000000").text());
    assertThat(bert.post("/keys/" + id + "/revoke").status()).isEqualTo(404);
    assertThat(bert.post("/keys/" + id + "/rotate", "overlap", "0").status()).isEqualTo(404);
    assertThat(bert.post("/keys/" + id + "/other").status()).isEqualTo(404);
    assertThat(bert.get("/keys").text()).doesNotContain("annas");
    assertThat(site.keyring.find(created.secret().reveal())).isPresent();
    assertThat(keys()).isEqualTo(1);
  }

  @Test
  void theSessionsAndWalletsOfSomebodyElseAreNotThere() throws SQLException {
    String session = site.sessions.list(site.account).getFirst().id();
    String wallet = site.accounts.wallets(site.account).getFirst().id();
    assertThat(bert.post("/account/sessions/" + session + "/end").status()).isEqualTo(404);
    assertThat(bert.post("/account/wallets/" + wallet + "/unlink").status()).isEqualTo(404);
    assertThat(site.accounts.wallets(site.account)).hasSize(2);
    assertThat(anna.get("/").status()).isEqualTo(200);
  }

  @Test
  void anOldSignatureIsNotEnough() throws SQLException {
    String id = key("k").key().id();
    Response asked = stale.post("/keys", "name", "ci 7", "cap", "0.50", "model", "glm-5");
    assertThat(asked.status()).isEqualTo(403);
    assertThat(asked.text())
        .contains("sign once more", "data-confirm=\"create a key\"", "value=\"ci 7\"", "0.50")
        .containsPattern("value=\"glm-5\" checked");
    Response rotate = stale.post("/keys/" + id + "/rotate", "overlap", "1h");
    assertThat(rotate.status()).isEqualTo(403);
    assertThat(rotate.text()).containsPattern("value=\"1h\" selected");
    String wallet = site.accounts.wallets(site.account).getFirst().id();
    assertThat(stale.post("/account/wallets/" + wallet + "/unlink").status()).isEqualTo(403);
    assertThat(keys()).isEqualTo(1);
    assertThat(site.accounts.wallets(site.account)).hasSize(2);
    assertThat(stale.post("/keys/" + id + "/revoke").status()).as("ending is free").isEqualTo(303);
  }

  @Test
  void whoIsNotSignedInDoesNothing() throws SQLException {
    Browser nobody = new Browser(site.port(), "");
    Browser liar = new Browser(site.port(), "A".repeat(43));
    for (Browser each : List.of(nobody, liar)) {
      assertThat(each.post("/keys", "name", "x").status()).isEqualTo(401);
      assertThat(each.get("/usage").status()).isEqualTo(303);
      assertThat(each.get("/").text()).contains("Sign in with your wallet");
    }
    assertThat(keys()).isZero();
  }
}
