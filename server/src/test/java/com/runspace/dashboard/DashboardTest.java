package com.runspace.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import com.runspace.dashboard.SignInPage.Entrance;
import com.runspace.gate.Entitlement;
import com.runspace.keys.StoredKey;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.LedgerTable.Usage;
import com.runspace.testkit.Response;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pages with a month of calls behind them. */
@Timeout(60)
class DashboardTest {
  @TempDir private Path folder;
  private SampleSite site;
  private Browser anna;

  @BeforeEach
  void start() throws Exception {
    site = new SampleSite(folder, Entrance.WALLET, SampleSite::month);
    anna = new Browser(site.port(), site.anna);
  }

  @AfterEach
  void stop() {
    site.close();
  }

  private StoredKey named(String name) throws Exception {
    return site.keyring.list(site.account).stream()
        .filter(key -> key.settings().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theOverviewTellsTierDayAndWhatComes() {
    String page = anna.get("/").text();
    assertThat(page)
        .contains("Gold", "52,400", "12,400", "310.5", "Base", "Solana")
        .contains("of $5.00", "$0.39", "Platinum", "$20.00")
        .contains("datetime=\"2026-11-23T00:00:00Z\"", "kimi-k2")
        .doesNotContain("cannot be read just now");
    Entitlement before = site.entitlement;
    site.entitlement =
        new Entitlement(
            site.account,
            "",
            Nanos.ZERO,
            "",
            before.holdings(),
            null,
            before.asOf(),
            Instant.parse("2026-11-22T08:00:00Z"),
            null);
    assertThat(anna.get("/").text())
        .contains("Holdings cannot be read just now", "22 Nov 2026, 08:00 UTC", "None yet")
        .doesNotContain("Platinum");
  }

  @Test
  void aKeyIsShownOnceWorksAndEnds() throws Exception {
    String once = Browser.find(anna.get("/keys"), "name=\"once\" value=\"(\\w+)\"");
    String[] form = {
      "once",
      once,
      "name",
      "ci 2",
      "expires",
      "30",
      "cap",
      "$1.25",
      "requests",
      "1,000",
      "tokens",
      "",
      "concurrent",
      "3",
      "model",
      "glm-5",
      "model",
      "kimi-k2"
    };
    Response made = anna.post("/keys", form);
    assertThat(made.status()).isEqualTo(200);
    assertThat(made.header("cache-control")).isEqualTo("no-store");
    String secret = Browser.find(made, "id=\"secret\">(rsk_live_\\w+)<");
    assertThat(site.keyring.find(secret)).isPresent();
    StoredKey key = named("ci 2");
    assertThat(key.settings().dailyCap()).isEqualTo(new Nanos(1_250_000_000));
    assertThat(key.settings().models()).containsExactlyInAnyOrder("glm-5", "kimi-k2");
    assertThat(key.settings().limits().requestsPerMinute()).isEqualTo(1000);
    assertThat(key.settings().limits().concurrentCalls()).isEqualTo(3);
    assertThat(key.settings().expires()).isEqualTo(key.created().plus(Duration.ofDays(30)));

    Response again = anna.post("/keys", form);
    assertThat(again.header("location")).isEqualTo("/keys?done=again");
    assertThat(anna.get("/keys?done=again").text())
        .contains("made already", "ci 2", "$1.25 a day", "2 models", "Expires in 30 d")
        .doesNotContain(secret);

    assertThat(anna.get("/keys/" + key.id()).text()).contains("$1.25 left today", "glm-5, kimi-k2");
    assertThat(anna.post("/keys/" + key.id() + "/revoke").header("location"))
        .isEqualTo("/keys?done=revoked");
    assertThat(site.keyring.find(secret)).isEmpty();
    assertThat(anna.get("/keys/" + key.id()).text()).contains("Revoked").doesNotContain("/rotate");
  }

  @Test
  void nothingThatWasWrittenIsLost() throws Exception {
    int before = site.keyring.listAll().size();
    Response page =
        anna.post(
            "/keys",
            "name",
            "",
            "expires",
            "30",
            "cap",
            "1.0000000001",
            "requests",
            "-1",
            "tokens",
            "100000001",
            "concurrent",
            "many",
            "model",
            "glm-5",
            "model",
            "gone");
    assertThat(page.status()).isEqualTo(422);
    assertThat(page.text())
        .contains("Give the key a name", "up to nine decimals", "There is no model gone")
        .contains("value=\"1.0000000001\"", "value=\"-1\"", "value=\"100000001\"", "value=\"many\"")
        .containsPattern("value=\"30\" selected")
        .containsPattern("value=\"glm-5\" checked")
        .contains("At most 100,000,000", "aria-describedby=\"cap-wrong\"");
    assertThat(anna.post("/keys", "name", "x".repeat(101)).text()).contains("up to 100");
    assertThat(anna.post("/keys", "name", "a\nb").text()).contains("line breaks");
    assertThat(anna.post("/keys", "name", "n", "cap", "1e3").status()).isEqualTo(422);
    assertThat(anna.post("/keys", "name", "n", "cap", "9999999999").status()).isEqualTo(422);
    assertThat(site.keyring.listAll()).hasSize(before);
  }

  @Test
  void aRotatedKeyLivesOnAndThePlaygroundsIsNotShown() throws Exception {
    StoredKey ci = named("ci");
    Response made = anna.post("/keys/" + ci.id() + "/rotate", "overlap", "1h");
    String secret = Browser.find(made, "id=\"secret\">(rsk_live_\\w+)<");
    assertThat(made.text()).contains("works until 22 Nov 2026, 13:16 UTC");
    assertThat(site.keyring.find(secret)).isPresent();
    assertThat(site.keyring.key(ci.id()).orElseThrow().settings().expires()).isNotNull();
    assertThat(anna.post("/keys/" + ci.id() + "/rotate", "overlap", "9d").status()).isEqualTo(422);
    StoredKey chat = named("Playground");
    assertThat(anna.get("/keys/" + chat.id()).text()).doesNotContain("/rotate");
    assertThat(anna.post("/keys/" + chat.id() + "/rotate", "overlap", "0").status()).isEqualTo(404);
  }

  @Test
  void usageSumsUpAndCanBeTaken() throws Exception {
    Day to = new Day(Day.ofEpochMillis(site.time.epochMillis()).epochDay());
    Day from = new Day(to.epochDay() - 29);
    List<Usage> all = site.ledger.history().usage(site.account, from, to, Set.of());
    Nanos sum = all.getFirst().charge();
    String page = anna.get("/usage").text();
    assertThat(page).contains("Charges from 24 Oct 2026 to 22 Nov 2026: $19.", "llama-3.3-70b");
    assertThat(anna.get("/usage?by=key").text()).contains(">claude-code</th>", ">Playground</th>");
    Response csv = anna.get("/usage.csv?from=2026-10-24&to=2026-11-22");
    assertThat(csv.header("content-type")).startsWith("text/csv");
    assertThat(csv.header("content-disposition"))
        .isEqualTo("attachment; filename=\"runspace-usage-2026-10-24-to-2026-11-22.csv\"");
    long charged =
        csv.text().lines().skip(1).mapToLong(l -> Long.parseLong(l.split(",", -1)[7])).sum();
    assertThat(charged).isEqualTo(sum.value());
    List<Usage> parts =
        site.ledger.history().usage(site.account, from, to, Set.of(By.DAY, By.MODEL));
    Chart chart = Chart.of(from, to, parts);
    assertThat(chart.columns()).hasSize(30);
    assertThat(chart.legend()).hasSize(5);
    assertThat(anna.get("/usage?from=2020-01-01").text()).contains("at most 366 days");
    assertThat(anna.get("/usage?from=2026-11-20&to=2026-11-01").status()).isEqualTo(422);
    assertThat(new Browser(site.port(), site.bert).get("/usage").text())
        .contains("Nothing was used in these days");
  }

  @Test
  void sessionsAndWalletsEnd() throws Exception {
    Response account = anna.get("/account");
    assertThat(account.text())
        .contains(SampleSite.WALLET.address().shown(), "Safari on iPhone", "Chrome on Linux")
        .contains("Every EVM chain", "Solana", "This one");
    String other = Browser.find(account, "/account/sessions/(\\w+)/end");
    assertThat(anna.post("/account/sessions/" + other + "/end").header("location"))
        .isEqualTo("/account?done=ended");
    assertThat(anna.post("/account/sessions/" + other + "/end").status()).isEqualTo(404);
    assertThat(new Browser(site.port(), site.stale).get("/keys").status()).isEqualTo(303);

    String solana =
        site.accounts.wallets(site.account).stream()
            .filter(wallet -> !wallet.address().equals(SampleSite.WALLET.address()))
            .findFirst()
            .orElseThrow()
            .id();
    assertThat(anna.post("/account/wallets/" + solana + "/unlink").status()).isEqualTo(303);
    String last = site.accounts.wallets(site.account).getFirst().id();
    Response kept = anna.post("/account/wallets/" + last + "/unlink");
    assertThat(kept.status()).isEqualTo(409);
    assertThat(kept.text()).contains("The last wallet cannot be unlinked");

    Response out = anna.post("/account/sign-out");
    assertThat(out.header("set-cookie")).startsWith("sid=; Path=/; Max-Age=0");
    assertThat(anna.get("/account").status()).isEqualTo(303);
  }

  @Test
  void everySessionEndsAtOnce() {
    assertThat(anna.post("/account/sign-out-everywhere").status()).isEqualTo(303);
    assertThat(anna.get("/account").status()).isEqualTo(303);
    assertThat(new Browser(site.port(), site.stale).get("/account").status()).isEqualTo(303);
    assertThat(new Browser(site.port(), site.bert).get("/account").status()).isEqualTo(200);
  }

  @Test
  void scalesAreRound() {
    assertThat(Chart.roundAbove(Nanos.ZERO)).isEqualTo(new Nanos(1));
    assertThat(Chart.roundAbove(new Nanos(1_460_000_000))).isEqualTo(new Nanos(2_000_000_000));
    assertThat(Chart.roundAbove(new Nanos(500))).isEqualTo(new Nanos(500));
    assertThat(Chart.roundAbove(new Nanos(Long.MAX_VALUE)).value()).isPositive();
  }
}
