package com.runspace.browser;

import com.runspace.testkit.SourceTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Draws every page into docs/screens, for {@code acceptance/screens}. It checks nothing, so it is
 * no test, and by its name none of those that are run.
 */
@ExtendWith(InBrowser.class)
class Screens {
  private static final Path SCREENS = SourceTree.root().resolve("docs/screens");

  private static final String WALLETS =
      """
      [['Amber Wallet', '%23e8912d', 'eip155'], ['Violet Wallet', '%237a5af5', 'solana']].map(
        ([name, colour, family]) => ({ name, families: [family], icon:
          'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">' +
          '<rect width="8" height="8" rx="2" fill="' + colour + '"/></svg>' }))\
      """;

  /** As claude.ai asks; its published description comes with the service. */
  private static final String CLAUDE =
      "/oauth/authorize?response_type=code&state=s&code_challenge_method=S256"
          + "&client_id=https%3A%2F%2Fclaude.ai%2Foauth%2Fmcp-oauth-client-metadata"
          + "&redirect_uri=https%3A%2F%2Fclaude.ai%2Fapi%2Fmcp%2Fauth_callback&code_challenge="
          + "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  private static final Map<String, String> PAGES = new LinkedHashMap<>();

  static {
    PAGES.put("overview", "/");
    PAGES.put("keys", "/keys");
    PAGES.put("usage", "/usage");
    PAGES.put("models", "/models");
    PAGES.put("connect", "/connect");
    PAGES.put("docs", "/docs");
    PAGES.put("apps", "/apps");
    PAGES.put("account", "/account");
  }

  private final Browser browser;

  Screens(Browser browser) {
    this.browser = browser;
  }

  @Test
  void everyPage() throws IOException {
    try (Premises premises = Premises.open()) {
      browser.installs(WALLETS);
      browser.open(premises.url() + "/sign-in");
      browser.read("Violet Wallet");
      draw("sign-in");
      premises.signIn(browser, premises.holder());
      for (String name : List.of("ci", "notebook", "laptop")) {
        browser.open(premises.url() + "/keys");
        browser.type("Name", name);
        browser.press("Create key");
        browser.read("Copy your key now");
        String key = browser.see("#secret").getText();
        for (String model : List.of("llama-3.3-70b", "kimi-k2", "deepseek-v4", "glm-5")) {
          premises.call(key, model);
        }
      }
      browser.run(
          """
          const key = document.getElementById('secret').textContent;
          const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          while (walk.nextNode()) {
            const example = 'rsk_live_' + 'Example'.repeat(7);
            walk.currentNode.data = walk.currentNode.data.replaceAll(key, example);
          }\
          """);
      draw("key-made");
      browser.open(premises.url() + "/usage?by=key");
      browser.await(
          "use",
          () -> {
            browser.driver().navigate().refresh();
            return browser.words().contains("laptop") ? true : null;
          });
      premises.hasBeenUsed();
      browser.open(premises.url() + "/keys");
      browser.press("Manage laptop");
      draw("key");
      browser.open(premises.url() + "/playground");
      browser.type("Message", "Write a short poem about a reed in the wind.");
      browser.press("Send");
      browser.read("400 tokens in");
      draw("playground");
      browser.open(premises.url() + CLAUDE);
      browser.read("use your allowance?");
      draw("consent");
      for (Map.Entry<String, String> page : PAGES.entrySet()) {
        browser.open(premises.url() + page.getValue());
        draw(page.getKey());
      }
      browser.driver().manage().deleteAllCookies();
      premises.signIn(browser, premises.operator());
      browser.open(premises.url() + "/operator");
      draw("operator");
    }
  }

  private void draw(String name) throws IOException {
    for (boolean dark : new boolean[] {false, true}) {
      browser.darken(dark);
      String shade = dark ? "dark" : "light";
      browser.resize(1280, 800);
      Picture.write(browser.picture(), SCREENS.resolve(name + "-desktop-" + shade + ".png"));
      browser.resize(390, 844);
      Picture.write(browser.picture(), SCREENS.resolve(name + "-phone-" + shade + ".png"));
    }
    browser.darken(false);
    browser.resize(1280, 800);
  }
}
