package com.runspace.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Router;
import com.runspace.testkit.Bytes;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import io.vertx.core.http.HttpMethod;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebTest {
  private static final String OURS = "http://127.0.0.1:8080";
  private static final String FORM = "application/x-www-form-urlencoded";

  private final MemoryBudget budget = new MemoryBudget(1 << 20);
  private final SameOrigin sameOrigin = new SameOrigin(URI.create(OURS + "/"));
  private final StaticFiles files = new StaticFiles(Pages.files());
  private final Pages pages = new Pages(files);
  private final LoopSite site = LoopSite.of(Time.system(), this::doors);

  private void doors(Router router, Watch watch) {
    router
        .below(HttpMethod.GET, StaticFiles.PATH, files)
        .on(
            HttpMethod.GET,
            "/page",
            exchange -> pages.say(exchange, 404, null, "<b>Gone</b>", "\"&'<script>"))
        .on(HttpMethod.GET, "/cookie", WebTest::cookies)
        .on(
            HttpMethod.POST,
            "/origin",
            exchange ->
                text(
                    exchange,
                    sameOrigin.allowsForm(exchange) + " " + sameOrigin.allowsScript(exchange)))
        .on(HttpMethod.GET, "/away", exchange -> Page.redirect(exchange, "/page"))
        .on(HttpMethod.POST, "/form", exchange -> form(exchange, watch));
  }

  private static void cookies(Exchange exchange) {
    Cookies plain = new Cookies(false);
    Cookies encrypted = new Cookies(true);
    plain.set(exchange, "sid", "a-b", Duration.ofDays(1));
    encrypted.clear(exchange, "sid");
    text(
        exchange,
        plain.find(exchange, "sid").orElse("none")
            + " "
            + encrypted.find(exchange, "sid").orElse("none"));
  }

  private void form(Exchange exchange, Watch watch) {
    Form.read(
        exchange,
        watch,
        budget,
        new Form.Listener() {
          @Override
          public void filled(Form form) {
            text(exchange, form.text("name") + form.all("model") + form.has("other"));
          }

          @Override
          public void refused(Form.Problem problem) {
            exchange.answer(problem.status(), "text/plain", problem.name().getBytes(Page.CHARSET));
          }
        });
  }

  private static void text(Exchange exchange, String text) {
    exchange.answer(200, "text/plain", text.getBytes(StandardCharsets.UTF_8));
  }

  private Response call(Request request) {
    try (RawClient client = RawClient.to(site.port())) {
      return client.call(request);
    }
  }

  @AfterEach
  void stop() {
    site.close();
    assertThat(budget.taken()).isZero();
  }

  @Test
  void aPageEscapesWhatItSaysAndCannotBeFramed() {
    Response page = call(Request.get("/page"));
    assertThat(page.status()).isEqualTo(404);
    assertThat(page.header("content-security-policy"))
        .startsWith("default-src 'none'")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe");
    assertThat(page.header("x-frame-options")).isEqualTo("DENY");
    assertThat(page.header("x-content-type-options")).isEqualTo("nosniff");
    assertThat(page.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(page.header("cache-control")).isEqualTo("no-store");
    assertThat(page.text())
        .contains("&lt;b&gt;Gone", "&amp;'&lt;script&gt;")
        .doesNotContain("<b>", " style=", " onclick=")
        .contains(files.path("app.css"), files.path("app.js"));
  }

  @Test
  void aFileIsPackedKeptAndAskedForAgain() throws IOException {
    String path = files.path("app.css");
    Response plain = call(Request.get(path));
    assertThat(plain.header("content-type")).startsWith("text/css");
    assertThat(plain.header("cache-control")).contains("immutable");
    Response packed = call(Request.get("/static/app.css").header("accept-encoding", "br, gzip"));
    assertThat(packed.header("cache-control")).contains("no-cache");
    assertThat(packed.header("content-encoding")).isEqualTo("gzip");
    byte[] bytes = packed.body().toArray();
    try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      assertThat(new String(unpacked.readAllBytes(), StandardCharsets.UTF_8))
          .isEqualTo(plain.text());
    }
    String tag = plain.header("etag");
    assertThat(packed.header("etag")).isNotEqualTo(tag);
    Response same = call(Request.get(path).header("if-none-match", "\"x\", W/" + tag));
    assertThat(same.status()).isEqualTo(304);
    assertThat(same.body().size()).isZero();
    assertThat(call(Request.get("/static/../keys")).status()).isEqualTo(404);
    assertThat(call(Request.get("/static/package-info.class")).status()).isEqualTo(404);
    assertThat(StaticFiles.takesGzip("gzip;q=0, br")).isFalse();
  }

  @Test
  void aPlantedCookieIsAsGoodAsNone() {
    Request both = Request.get("/cookie").header("cookie", "sid=a; __Host-sid=b; xsid=c");
    Response answer = call(both);
    assertThat(answer.text()).isEqualTo("a b");
    assertThat(answer.headers().all("set-cookie"))
        .containsExactly(
            "sid=a-b; Path=/; Max-Age=86400; HttpOnly; SameSite=Lax",
            "__Host-sid=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    assertThat(call(both.header("cookie", "sid=z")).text()).isEqualTo("none b");
    assertThat(call(both.header("cookie", "sid=a")).text()).isEqualTo("a b");
  }

  @Test
  void onlyOurPagesPostForms() {
    Request post = Request.of("POST", "/origin");
    assertThat(call(post).text()).as("nothing is said").isEqualTo("false true");
    assertThat(call(post.header("origin", OURS)).text()).isEqualTo("true true");
    assertThat(call(post.header("origin", "null")).text()).isEqualTo("false false");
    assertThat(call(post.header("origin", OURS + ".evil.example")).text()).isEqualTo("false false");
    Request ours = post.header("sec-fetch-site", "same-origin");
    assertThat(call(ours).text()).isEqualTo("true true");
    assertThat(call(ours.header("origin", "null")).text()).isEqualTo("true false");
    assertThat(call(ours.header("origin", "http://evil.example")).text()).isEqualTo("false false");
    assertThat(call(ours.header("origin", OURS).header("origin", OURS + "1")).text())
        .isEqualTo("false false");
    for (String site :
        new String[] {"cross-site", "same-site", "none", "same-origin, cross-site"}) {
      assertThat(call(post.header("origin", OURS).header("sec-fetch-site", site)).text())
          .isEqualTo("false false");
    }
  }

  @Test
  void aFormIsReadWithinBounds() {
    Request post = Request.of("POST", "/form").header("content-type", FORM + "; charset=utf-8");
    assertThat(call(post.body(Bytes.of("name=+J%C3%BCrgen%26+&model=a&model=b%0d%0a"))).text())
        .isEqualTo("Jürgen&[a, b\r\n]false");
    assertThat(call(post.body(Bytes.of("name=%zz"))).status()).isEqualTo(400);
    assertThat(call(post.body(Bytes.of("name=%ff"))).status()).isEqualTo(400);
    assertThat(call(post.body(Bytes.of("a=" + "x".repeat(65_534)))).status()).isEqualTo(200);
    assertThat(call(post.body(Bytes.of("a=" + "x".repeat(65_535)))).status()).isEqualTo(413);
    assertThat(call(post.body(Bytes.of("a&".repeat(501)))).status()).isEqualTo(413);
    Request other = Request.of("POST", "/form").body(Bytes.of("{}"));
    assertThat(call(other.header("content-type", "application/json")).status()).isEqualTo(415);
    assertThat(call(other).status()).isEqualTo(415);
  }

  @Test
  void aRedirectStaysHere() {
    Response away = call(Request.get("/away"));
    assertThat(away.status()).isEqualTo(303);
    assertThat(away.header("location")).isEqualTo("/page");
    for (String path :
        new String[] {"//evil.example", "/\\evil.example", "https://evil.example", "", "/a\r\nb"}) {
      assertThat(Page.isOurs(path)).as(path).isFalse();
    }
    assertThat(Page.isOurs("/\t/evil.example")).isFalse();
    assertThat(Page.isOurs("/usage?from=2026-11-01&by=day")).isTrue();
    assertThatThrownBy(() -> SameOrigin.originOf(URI.create("https://[broken")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(SameOrigin.originOf(URI.create("HTTPS://Run-Space.com:443/x")))
        .isEqualTo("https://run-space.com");
  }
}
