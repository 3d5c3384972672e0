package com.runspace.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every page: axe-core finds nothing serious, light and dark, on a desktop and a phone; it weighs
 * less than 100 kB with all that it loads; no policy is violated; nothing is wider than a narrow
 * screen.
 */
@ExtendWith(InBrowser.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesTest {
  /** What a visitor without a session sees. */
  static final List<String> OPEN = List.of("/sign-in", "/models", "/connect", "/docs", "/nowhere");

  /** What a holder sees, beside the pages of single keys. */
  static final List<String> SIGNED_IN =
      List.of(
          "/",
          "/keys",
          "/usage?by=model",
          "/models",
          "/connect",
          "/playground",
          "/docs",
          "/apps",
          "/account",
          "/operator",
          "/nowhere");

  private static final String ARTICLES =
      """
      const links = document.querySelectorAll('main a[href^="/docs/"]:not([href$=".md"])');
      return [...new Set([...links].map(a => a.getAttribute('href').replace(/#.*/, '')))]\
      """;

  private final Browser browser;
  private final Premises premises = Premises.open();

  PagesTest(Browser browser) {
    this.browser = browser;
  }

  @AfterAll
  void close() {
    premises.close();
  }

  @Test
  void pagesForVisitors() {
    PageCheck check = new PageCheck(browser);
    for (String page : OPEN) {
      check.visit(page, premises.url() + page);
    }
    browser.open(premises.url() + "/docs");
    List<?> articles = (List<?>) Objects.requireNonNull(browser.run(ARTICLES));
    assertThat(articles).hasSizeGreaterThan(5);
    for (Object article : articles) {
      check.glance(article.toString(), premises.url() + article);
    }
    assertThat(check.problems()).isEmpty();
  }

  @Test
  void pagesForHolders() {
    PageCheck check = new PageCheck(browser);
    premises.signIn(browser, premises.holder());
    browser.open(premises.url() + "/keys");
    browser.type("Name", "laptop");
    browser.press("Create key");
    String key = browser.see("#secret").getText();
    check.look("/keys after the form");
    premises.call(key);
    for (String page : SIGNED_IN) {
      check.visit(page, premises.url() + page);
    }
    browser.open(premises.url() + "/keys");
    browser.press("Manage laptop");
    browser.read("Rotate");
    check.look("/keys/ID");
    browser.open(premises.url() + "/keys");
    browser.press("Create key");
    browser.read("The key was not made");
    check.look("/keys with a mistake");
    browser.open(premises.url() + "/keys");
    browser.press("Expiry, cap, models and limits");
    check.look("/keys with all fields");
    browser.driver().manage().deleteAllCookies();
    premises.signIn(browser, premises.operator());
    check.visit("/operator", premises.url() + "/operator");
    assertThat(browser.words()).contains("Operator");
    assertThat(check.problems()).isEmpty();
  }
}
