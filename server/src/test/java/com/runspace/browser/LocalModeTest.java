package com.runspace.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.ScriptedUpstream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The pages of a service that runs for who owns the machine, without a chain. */
@ExtendWith(InBrowser.class)
class LocalModeTest {
  private final Browser browser;

  LocalModeTest(Browser browser) {
    this.browser = browser;
  }

  @Test
  void linkSignsInOnce(@TempDir Path folder) {
    try (ScriptedUpstream provider = ScriptedUpstream.start();
        RunningGateway gateway = RunningGateway.before(provider).data(folder).start()) {
      String url = "http://127.0.0.1:" + gateway.port();
      browser.open(url);
      browser.read("./runspace open");
      assertThat(Axe.findings(browser)).isEmpty();
      String link = gateway.signInLink();
      browser.open(link);
      browser.read("Overview");
      assertThat(browser.driver().getCurrentUrl()).isEqualTo(url + "/");
      assertThat(browser.words()).contains("Local").contains("$1.00");
      browser.open(url + "/keys");
      browser.type("Name", "laptop");
      browser.press("Create key");
      browser.read("Copy your key now");
      assertThat(browser.console()).isEmpty();
      browser.driver().manage().deleteAllCookies();
      browser.open(link);
      assertThat(browser.words()).doesNotContain("Overview");
      browser.open(url + "/keys");
      assertThat(browser.words()).doesNotContain("Create key");
    }
  }
}
