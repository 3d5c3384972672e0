package com.runspace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.dashboard.SignInPage.Entrance;
import com.runspace.testkit.Response;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The start page of who is not signed in has a way on, however people come in. */
@Timeout(60)
class EntranceTest {
  @TempDir private Path folder;

  @Test
  void byWallet() throws Exception {
    try (SampleSite site = new SampleSite(folder, Entrance.WALLET, _ -> {})) {
      Response page = new Browser(site.port(), "").get("/");
      assertThat(page.status()).isEqualTo(200);
      assertThat(page.text())
          .contains("costs nothing and sends no transaction", "<noscript>", "role=\"status\"")
          .contains("data-next=\"/\"", "127.0.0.1:8080", "install one");
    }
  }

  @Test
  void onThisMachineWithoutSigning() throws Exception {
    try (SampleSite site = new SampleSite(folder, Entrance.LOCAL, _ -> {})) {
      assertThat(new Browser(site.port(), "").get("/").text()).contains("./runspace open");
      Browser stale = new Browser(site.port(), site.stale);
      assertThat(stale.get("/").text()).contains("No chain is configured", "Local");
      assertThat(stale.get("/account").text()).contains("This machine").doesNotContain("Unlink");
      assertThat(stale.post("/keys", "name", "x").status()).as("no signature").isEqualTo(200);
    }
  }

  @Test
  void notAtAll() throws Exception {
    try (SampleSite site = new SampleSite(folder, Entrance.CLOSED, _ -> {})) {
      assertThat(new Browser(site.port(), "").get("/").text()).contains("Ask who runs it");
    }
  }
}
