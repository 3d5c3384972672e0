package com.runspace.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.By;

/** What a holder does on the pages for clients: sets one up, and talks to a model. */
@ExtendWith(InBrowser.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  private final Browser browser;
  private final Premises premises = Premises.open();

  ClientsTest(Browser browser) {
    this.browser = browser;
  }

  @AfterAll
  void close() {
    premises.close();
  }

  @Test
  void clientGetsAKeyOfItsOwn() {
    premises.signIn(browser, premises.holder());
    browser.open(premises.url() + "/connect");
    browser.press("Make a key for Python");
    String key = browser.see("#secret").getText();
    assertThat(browser.driver().findElement(By.id("main")).getText())
        .contains(premises.url() + "/v1");
    assertThat(browser.see("pre").getText() + browser.words()).contains(key);
    assertThat(Axe.findings(browser)).isEmpty();
    assertThat(premises.call(key)).isEqualTo(200);
    browser.open(premises.url() + "/keys");
    browser.read("Python");
    assertThat(browser.words()).doesNotContain(key);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void modelAnswersInThePlayground() {
    premises.signIn(browser, premises.solanaHolder());
    browser.open(premises.url() + "/playground");
    browser.type("Message", "Write a poem in HTML.");
    browser.press("Send");
    browser.read("the oak stands firm and breaks. <b>Not bold.</b>");
    browser.read("400 tokens in, 600 out, $0.0");
    assertThat(browser.driver().findElements(By.cssSelector("main b"))).isEmpty();
    assertThat(Axe.findings(browser)).isEmpty();
    browser.type("Message", Premises.SLOWLY);
    browser.press("Send");
    browser.read("Once ");
    browser.press("Stop");
    browser.read("Stopped.");
    premises.provider().awaitClientClosed(SOON);
    browser.open(premises.url() + "/keys");
    browser.press("Manage Playground");
    browser.press("Revoke key");
    browser.awaitAt("done=revoked");
    browser.open(premises.url() + "/playground");
    browser.press("Switch it on");
    browser.read("Message");
    assertThat(browser.console()).isEmpty();
  }
}
