package com.runspace.browser;

import com.runspace.testkit.SourceTree;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** Draws every page into docs/screens for {@code acceptance/screens}; checks nothing. */
@ExtendWith(InBrowser.class)
@EnabledIfSystemProperty(named = "runspace.screens", matches = "true")
class ScreensTest {
  private static final Path SCREENS = SourceTree.root().resolve("docs/screens");

  private static final Map<String, String> PAGES = new LinkedHashMap<>();

  static {
    PAGES.put("overview", "/");
    PAGES.put("keys", "/keys");
    PAGES.put("usage", "/usage");
    PAGES.put("models", "/models");
    PAGES.put("connect", "/connect");
    PAGES.put("playground", "/playground");
    PAGES.put("docs", "/docs");
    PAGES.put("apps", "/apps");
    PAGES.put("account", "/account");
    PAGES.put("operator", "/operator");
  }

  private final Browser browser;

  ScreensTest(Browser browser) {
    this.browser = browser;
  }

  @Test
  void everyPage() throws IOException {
    try (Premises premises = Premises.open()) {
      browser.installs("[{\"name\": \"MetaMask\"}, {\"name\": \"Phantom\"}]");
      browser.open(premises.url() + "/sign-in");
      browser.read("Phantom");
      draw("sign-in");
      premises.signIn(browser, premises.holder());
      for (String name : List.of("ci", "notebook", "laptop")) {
        browser.open(premises.url() + "/keys");
        browser.type("Name", name);
        browser.press("Create key");
        browser.read("Copy your key now");
        premises.call(browser.see("#secret").getText());
      }
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
      for (Map.Entry<String, String> page : PAGES.entrySet()) {
        browser.open(premises.url() + page.getValue());
        draw(page.getKey());
      }
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
