package com.runspace.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;
import org.openqa.selenium.Cookie;

/**
 * What another site can try against who is signed in here. It is on another port of this host, so
 * to the browser it is of the same site, and the cookies go along: what refuses it is the service.
 */
@ExtendWith(InBrowser.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttackTest {
  private static final String NASTY =
      "<img src=x onerror=\"pwned=1\">'\"></td></script><script>pwned=2</script>{{7*7}}";

  private final Browser browser;
  private final Premises premises = Premises.open();
  private final Cookie session;

  AttackTest(Browser browser) {
    this.browser = browser;
    premises.signIn(browser, premises.holder());
    session = Objects.requireNonNull(browser.driver().manage().getCookieNamed("sid"));
  }

  @AfterAll
  void close() {
    premises.close();
  }

  @BeforeEach
  void beSignedIn() {
    browser.open(premises.url() + "/healthz");
    browser.driver().manage().addCookie(session);
  }

  private String keysPage() {
    browser.open(premises.url() + "/keys");
    browser.read("API keys");
    return browser.words();
  }

  @Test
  void scriptsDoNotSeeTheSession() {
    assertThat(session.isHttpOnly()).isTrue();
    assertThat(session.getSameSite()).isEqualTo("Lax");
    assertThat(session.getPath()).isEqualTo("/");
    assertThat(session.getDomain()).isEqualTo("127.0.0.1");
    keysPage();
    assertThat(browser.run("return document.cookie")).isEqualTo("");
  }

  @Test
  void noOtherPageFramesOurs() {
    try (Site other = Site.start()) {
      for (String path : List.of("/", "/keys", "/account", "/sign-in", "/docs")) {
        String frame = "<iframe src=\"" + premises.url() + path + "\"></iframe>";
        other.html("/", frame);
        browser.open(other.origin());
        browser.driver().switchTo().frame(0);
        assertThat(browser.run("return document.documentURI"))
            .as(path)
            .asString()
            .startsWith("chrome-error:");
        browser.driver().switchTo().defaultContent();
        assertThat(browser.console()).as(path).anyMatch(line -> line.contains("frame-ancestors"));
      }
    }
  }

  @Test
  void noOtherPageSendsOurForms() {
    String before = keysPage();
    try (Site other = Site.start()) {
      for (String type : List.of("application/x-www-form-urlencoded", "text/plain")) {
        for (String path :
            List.of(
                "/keys",
                "/connect/key",
                "/account/sign-out",
                "/account/sign-out-everywhere",
                "/auth/logout",
                "/auth/challenge",
                "/auth/unlink",
                "/playground/key",
                "/playground/chat")) {
          other.html("/", forged(premises.url() + path, type));
          for (String origin : List.of(other.origin(), other.otherOrigin())) {
            browser.open(origin);
            browser.await("answer", () -> browser.words().isBlank() ? null : true);
            assertThat(status())
                .as(path + " from " + origin + " as " + type)
                .isIn(400, 401, 403, 415);
          }
        }
      }
    }
    assertThat(keysPage()).isEqualTo(before);
  }

  /** A page that sends a form as soon as it is opened; as plain text it is JSON as well. */
  private static String forged(String action, String type) {
    return """
    <form method=post action="%s" enctype="%s"><input name=name value=forged>
    <input name='{"chain":"eip155","a":"' value='"}'></form>
    <script>document.forms[0].submit()</script>\
    """
        .formatted(action, type);
  }

  /** Of the page that is open. */
  private int status() {
    String script = "return performance.getEntriesByType('navigation')[0].responseStatus";
    return ((Number) Objects.requireNonNull(browser.run(script))).intValue();
  }

  @Test
  void noOtherPageReadsOurs() {
    try (Site other = Site.start()) {
      other.html("/", "<p>other</p>");
      browser.open(other.origin());
      for (String path : List.of("/", "/keys", "/usage.csv", "/account")) {
        assertThat(fetched(path, "cors")).as(path).isEqualTo("refused");
        assertThat(fetched(path, "no-cors")).as(path).isIn("opaque 0", "refused");
      }
    }
  }

  private Object fetched(String path, String mode) {
    String script =
        """
        const [url, mode, done] = arguments;
        fetch(url, { mode, credentials: 'include' }).then(
          async answer => done(answer.type + ' ' + (await answer.text()).length),
          () => done('refused'));
        """;
    return Objects.requireNonNull(
        browser.driver().executeAsyncScript(script, premises.url() + path, mode));
  }

  @Test
  void nameOfAKeyIsOnlyText() {
    keysPage();
    browser.type("Name", NASTY);
    browser.press("Create key");
    browser.read("Copy your key now");
    String key = browser.see("#secret").getText();
    assertThat(browser.words()).contains(NASTY);
    premises.call(key);
    for (String path : List.of("/keys", "/usage?by=key", "/", "/connect", "/account")) {
      browser.open(premises.url() + path);
      assertThat(browser.run("return globalThis.pwned ?? null")).as(path).isNull();
      assertThat(browser.driver().findElements(By.cssSelector("img[src=x]"))).as(path).isEmpty();
      assertThat(browser.console()).as(path).isEmpty();
    }
    assertThat(keysPage()).contains(NASTY);
    browser.await(
        "usage of that key",
        () -> {
          // It is there a second or so after the end of the call.
          browser.open(premises.url() + "/usage?by=key");
          return browser.words().contains(NASTY) ? true : null;
        });
  }

  @Test
  void nameAndIconOfAWalletAreOnlyTextAndPicture() {
    browser.driver().manage().deleteAllCookies();
    browser.installs(
        """
        [{"name": "<img src=x onerror='pwned=1'>", "icon": "javascript:pwned=2"},
         {"name": "W2", "icon": "https://tracker.example/pixel.png"},
         {"name": "W3", "icon": "data:text/html,<script>pwned=3</script>"}]\
        """);
    browser.open(premises.url() + "/sign-in");
    browser.read("<img src=x onerror='pwned=1'>");
    browser.read("W3");
    assertThat(browser.run("return globalThis.pwned ?? null")).isNull();
    Object sources =
        browser.run("return [...document.querySelectorAll('main img')].map(i => i.src)");
    assertThat((List<?>) sources).allMatch(source -> source.toString().matches("(data:image/.*)?"));
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void sessionOfAnotherIsNotTakenOver() {
    browser.driver().manage().deleteAllCookies();
    String planted = "A".repeat(43);
    browser.driver().manage().addCookie(new Cookie("sid", planted, "/"));
    browser.open(premises.url() + "/keys");
    assertThat(browser.words()).doesNotContain("Create key");
    premises.signIn(browser, premises.holder());
    Set<Cookie> cookies = browser.driver().manage().getCookies();
    assertThat(cookies)
        .filteredOn(cookie -> cookie.getName().equals("sid"))
        .hasSize(1)
        .noneMatch(cookie -> cookie.getValue().equals(planted));
  }

  @Test
  void linkLeadsNowhereElse() {
    browser.driver().manage().deleteAllCookies();
    try (Site other = Site.start()) {
      other.html("/", "<h1>Elsewhere</h1>");
      for (String next : List.of(other.origin(), "//" + other.host(), "/\\" + other.host())) {
        browser.driver().manage().deleteAllCookies();
        premises.signInAt(browser, "/sign-in?next=" + encoded(next), premises.holder());
        assertThat(browser.driver().getCurrentUrl()).as(next).startsWith(premises.url() + "/");
      }
      assertThat(other.asked()).isEmpty();
    }
  }

  private static String encoded(String text) {
    return java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void nothingIsLeftBehindTheBackButton() {
    keysPage();
    Map<?, ?> answer =
        (Map<?, ?>)
            Objects.requireNonNull(
                browser
                    .driver()
                    .executeAsyncScript(
                        """
                        const done = arguments[0];
                        fetch('/keys').then(a => done(Object.fromEntries(a.headers)));
                        """));
    assertThat(answer.get("cache-control")).asString().contains("no-store");
    assertThat(answer.get("x-content-type-options")).isEqualTo("nosniff");
    assertThat(answer.get("referrer-policy")).isEqualTo("no-referrer");
    browser.driver().manage().deleteAllCookies();
    browser.open("about:blank");
    browser.driver().navigate().back();
    assertThat(browser.words()).doesNotContain("Create key");
  }
}
