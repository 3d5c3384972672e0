package com.runspace.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.SourceTree;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The test wallet against a page of the test's own: what signs the logins of other tests, signs.
 */
@ExtendWith(InBrowser.class)
class WalletTest {
  private static final Path PAGE =
      SourceTree.root().resolve("server/src/test/resources/wallet-page");

  private final Browser browser;
  private final WalletOwner owner;
  private final Site site = Site.start();
  private final TestKey ethereum = TestKey.ethereum();
  private final TestKey solana = TestKey.solana();
  private final AtomicReference<JsonObject> verified = new AtomicReference<>();

  /** The authority in the texts to sign. */
  private String domain = site.host();

  private boolean raw;

  WalletTest(Browser browser) {
    this.browser = browser;
    owner = browser.owner();
  }

  @BeforeEach
  void openThePage() throws IOException {
    site.html("/", Files.readString(PAGE.resolve("index.html")))
        .script("/page.js", Files.readString(PAGE.resolve("page.js")))
        .answers("/challenge", asked -> challenge(new JsonObject(asked)).encode())
        .answers(
            "/verify",
            answer -> {
              verified.set(new JsonObject(answer));
              return "verified";
            })
        .header(
            "content-security-policy",
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self';"
                + " img-src 'self' data:; base-uri 'none'; form-action 'self';"
                + " frame-ancestors 'none'");
    owner.takes(ethereum);
    owner.takes(solana);
  }

  @AfterEach
  void close() {
    site.close();
  }

  private JsonObject challenge(JsonObject asked) {
    String uri = "http://" + domain;
    if (asked.getString("family").equals("eip155")) {
      String text =
          """
          %s wants you to sign in with your Ethereum account:
          %s

          Costs nothing, sends no transaction.

          URI: %s
          Version: 1
          Chain ID: 1
          Nonce: 12345678abcdefgh
          Issued At: 2026-11-22T00:00:00Z\
          """
              .formatted(domain, asked.getString("address"), uri);
      return new JsonObject().put("message", text);
    }
    JsonObject input =
        new JsonObject()
            .put("domain", domain)
            .put("statement", "Costs nothing, sends no transaction.")
            .put("uri", uri)
            .put("version", "1")
            .put("chainId", "mainnet")
            .put("nonce", "12345678abcdefgh")
            .put("issuedAt", "2026-11-22T00:00:00Z")
            .put("requestId", "r1");
    return new JsonObject().put("raw", raw).put("input", input).put("message", solanaText());
  }

  private String solanaText() {
    return """
    %s wants you to sign in with your Solana account:
    %s

    Costs nothing, sends no transaction.

    URI: http://%s
    Version: 1
    Chain ID: mainnet
    Nonce: 12345678abcdefgh
    Issued At: 2026-11-22T00:00:00Z
    Request ID: r1\
    """
        .formatted(domain, solana.address(), domain);
  }

  private void assertSigned(TestKey key) {
    browser.read("verified");
    JsonObject answer = verified.get();
    assertThat(answer.getString("address")).isEqualTo(key.address());
    assertThat(Signatures.hold(key, answer.getString("message"), answer.getString("signature")))
        .isTrue();
  }

  @Test
  void signsForEthereum() {
    browser.open(site.origin());
    browser.click("button.eip155");
    assertSigned(ethereum);
    assertThat(owner.questions())
        .extracting(WalletOwner.Question::method)
        .containsExactly("eth_requestAccounts", "personal_sign");
    assertThat(owner.questions().getFirst().origin()).isEqualTo(site.origin());
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void signsInToSolana() {
    browser.open(site.origin());
    browser.click("button.solana");
    assertSigned(solana);
    assertThat(verified.get().getString("message")).isEqualTo(solanaText());
    assertThat(owner.questions())
        .extracting(WalletOwner.Question::method)
        .containsExactly("solana:signIn");
  }

  @Test
  void signsPlainTextForSolana() {
    raw = true;
    browser.open(site.origin());
    browser.click("button.solana");
    assertSigned(solana);
    assertThat(owner.questions("solana:signMessage")).hasSize(1);
  }

  @Test
  void isDeclinedAndThenAgreedTo() {
    owner.refusesNext("personal_sign", WalletOwner.DECLINED);
    browser.open(site.origin());
    browser.click("button.eip155");
    browser.read("error 4001: The user rejected the request.");
    browser.click("button.eip155");
    assertSigned(ethereum);
  }

  @Test
  void signsWithAnotherAccountThanItShowed() {
    owner.signsWith(TestKey.ethereum());
    browser.open(site.origin());
    browser.click("button.eip155");
    browser.read("verified");
    JsonObject answer = verified.get();
    assertThat(
            Signatures.hold(ethereum, answer.getString("message"), answer.getString("signature")))
        .isFalse();
  }

  @Test
  void refusesWhatIsForAnotherPage() {
    domain = "bank.example";
    browser.open(site.origin());
    for (String family : new String[] {"eip155", "solana"}) {
      browser.click("button." + family);
      browser.read("error 4001: This message is not for " + site.origin());
    }
    assertThat(owner.questions())
        .extracting(WalletOwner.Question::method)
        .containsExactly("eth_requestAccounts", "refused:personal_sign", "refused:solana:signIn");
    assertThat(verified.get()).isNull();
  }

  @Test
  void thereCanBeMoreWalletsOrNone() {
    browser.installs(
        """
        [{"name": "First", "families": ["eip155"]}, {"name": "Second", "families": ["eip155"]}]\
        """);
    browser.open(site.origin());
    assertThat(browser.words()).isEqualTo("FirstSecond");
    browser.click("button.eip155:nth-child(2)");
    assertSigned(ethereum);
    assertThat(owner.questions("personal_sign").getFirst().wallet()).isEqualTo("Second");
    browser.installs("[]");
    browser.open(site.origin());
    assertThat(browser.words()).isEmpty();
  }
}
