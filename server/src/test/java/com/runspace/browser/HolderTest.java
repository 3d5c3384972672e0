package com.runspace.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.openqa.selenium.Keys;
import org.openqa.selenium.interactions.Actions;

/** A holder's way from an empty data folder to a key that was used and revoked. */
@ExtendWith(InBrowser.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HolderTest {
  private final Browser browser;
  private final WalletOwner owner;
  private final Premises premises = Premises.open();

  HolderTest(Browser browser) {
    this.browser = browser;
    owner = browser.owner();
  }

  @AfterAll
  void close() {
    premises.close();
  }

  @Test
  void holderOnAnEvmChainMakesAndRevokesAKey() {
    premises.signIn(browser, premises.holder());
    fromTierToRevokedKey("silver", "laptop");
    assertThat(owner.questions())
        .extracting(WalletOwner.Question::method)
        .containsExactly("eth_requestAccounts", "personal_sign");
  }

  @Test
  void holderOnSolanaMakesAndRevokesAKey() {
    premises.signIn(browser, premises.solanaHolder());
    fromTierToRevokedKey("gold", "phone");
    assertThat(owner.questions())
        .extracting(WalletOwner.Question::method)
        .containsExactly("solana:signIn");
  }

  private void fromTierToRevokedKey(String tier, String name) {
    browser.await(
        "tier " + tier,
        () -> {
          if (browser.words().contains(tier)) {
            return true;
          }
          browser.driver().navigate().refresh();
          return null;
        });
    browser.open(premises.url() + "/keys");
    browser.type("Name", name);
    browser.press("Create key");
    browser.read("Copy your key now");
    String key = browser.see("#secret").getText();
    assertThat(key).matches("rsk_live_[0-9A-Za-z]{49}");
    assertThat(premises.call(key)).isEqualTo(200);
    browser.open(premises.url() + "/usage?by=key");
    browser.await(
        "usage of " + name,
        () -> {
          if (browser.words().contains("1 calls") || browser.words().contains("1 call")) {
            return true;
          }
          browser.driver().navigate().refresh();
          return null;
        });
    assertThat(browser.words()).contains(name).contains("llama-3.3-70b").contains("600");
    browser.open(premises.url() + "/keys");
    assertThat(browser.words()).contains(name).doesNotContain(key);
    browser.press("Manage " + name);
    browser.press("Revoke key");
    browser.await("end", () -> premises.call(key) == 401 ? true : null);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void walletOfSolanaThatOnlySignsTextIsEnough() {
    owner.takes(premises.solanaHolder());
    browser.installs(
        """
        [{"name": "Plain", "families": ["solana"], "solana": ["signMessage"]}]\
        """);
    browser.open(premises.url() + "/sign-in");
    browser.press("Plain");
    browser.read("Overview");
    assertThat(owner.questions("solana:signMessage")).hasSize(1);
  }

  @Test
  void declinedInTheWalletIsSaidAndCanBeTriedAgain() {
    owner.takes(premises.holder());
    owner.refusesNext("personal_sign", WalletOwner.DECLINED);
    browser.installs("[{\"name\": \"Test Wallet\", \"families\": [\"eip155\"]}]");
    browser.open(premises.url() + "/sign-in");
    browser.press("Test Wallet");
    String said = browser.see("[role=alert]").getText();
    assertThat(said).isNotBlank().doesNotContain("4001", "undefined", "Error");
    assertThat(focused()).contains("Test Wallet");
    owner.refusesNext("eth_requestAccounts", WalletOwner.PENDING);
    browser.press("Test Wallet");
    browser.await(
        "word on the open window",
        () -> {
          String now = browser.see("[role=alert]").getText();
          return (now.isBlank() || now.equals(said)) ? null : true;
        });
    browser.press("Test Wallet");
    browser.read("Overview");
  }

  private String focused() {
    return String.valueOf(browser.run("return document.activeElement.innerText"));
  }

  @Test
  void signatureOfAnotherAccountDoesNotSignIn() {
    owner.takes(premises.holder());
    owner.signsWith(TestKey.ethereum());
    browser.installs("[{\"name\": \"Test Wallet\", \"families\": [\"eip155\"]}]");
    browser.open(premises.url() + "/sign-in");
    browser.press("Test Wallet");
    assertThat(browser.see("[role=alert]").getText()).isNotBlank();
    assertThat(browser.driver().manage().getCookieNamed("sid")).isNull();
  }

  @Test
  void walletsRefuseOurMessageOnAnotherPage() {
    owner.takes(premises.holder());
    owner.takes(premises.solanaHolder());
    String message = premises.challenge(premises.holder());
    assertThat(message).startsWith(premises.url().substring("http://".length()) + " wants you");
    String page =
        """
        <p id=said></p><button>Prize</button>
        <script>
        let wallet;
        addEventListener('eip6963:announceProvider', e => wallet = e.detail.provider);
        dispatchEvent(new Event('eip6963:requestProvider'));
        document.querySelector('button').onclick = async () => {
          const hex = [...new TextEncoder().encode(`%s`)]
            .map(b => b.toString(16).padStart(2, '0')).join('');
          const [address] = await wallet.request({ method: 'eth_requestAccounts' });
          wallet.request({ method: 'personal_sign', params: ['0x' + hex, address] }).then(
            () => said.textContent = 'signed', e => said.textContent = 'refused ' + e.code);
        };
        </script>\
        """
            .formatted(message);
    try (Site other = Site.start()) {
      other.html("/", page);
      browser.open(other.origin());
      browser.press("Prize");
      browser.read("refused 4001");
    }
    assertThat(owner.questions("refused:personal_sign")).hasSize(1);
    assertThat(owner.questions("personal_sign")).isEmpty();
  }

  @Test
  void aKeyNeedsAFreshSignatureAfterAQuarterOfAnHour() {
    premises.signIn(browser, premises.holder());
    premises.passes(Duration.ofMinutes(16));
    browser.open(premises.url() + "/keys");
    browser.type("Name", "later");
    owner.refusesNext("personal_sign", WalletOwner.DECLINED);
    browser.press("Create key");
    browser.read("Sign to confirm");
    assertThat(Axe.findings(browser)).isEmpty();
    browser.press("Test Wallet");
    browser.await(
        "word on it", () -> browser.see("dialog [role=alert]").getText().isBlank() ? null : true);
    browser.press("Test Wallet");
    browser.read("Copy your key now");
    assertThat(owner.questions("personal_sign")).hasSize(3);
    assertThat(premises.call(browser.see("#secret").getText())).isEqualTo(200);
  }

  @Test
  void anotherWalletIsLinkedAndUnlinked() {
    TestKey other = TestKey.solana();
    premises.signIn(browser, premises.holder());
    owner.takes(other);
    browser.installs(
        """
        [{"name": "First", "families": ["eip155"]}, {"name": "Other", "families": ["solana"]}]\
        """);
    browser.open(premises.url() + "/account");
    assertThat(browser.words()).contains(premises.holder().address()).doesNotContain("Unlink 0x");
    browser.press("Link another wallet");
    browser.press("Other");
    browser.read("The wallet is linked.");
    assertThat(browser.words()).contains(other.address());
    String shown = "dispatchEvent(new CustomEvent('test-wallet:accounts', { detail: ['0x1'] }))";
    browser.run(shown);
    browser.read("your wallet shows 0x1");
    browser.press("Unlink " + other.address());
    browser.read("The wallet is unlinked.");
    assertThat(browser.words()).doesNotContain(other.address());
    browser.press("Sign out");
    browser.read("Sign in with your wallet");
    assertThat(browser.driver().manage().getCookieNamed("sid")).isNull();
  }

  @Test
  void keyboardIsEnough() {
    owner.takes(premises.holder());
    browser.installs(
        """
        [{"name": "First", "families": ["eip155"]}, {"name": "Second", "families": ["eip155"]}]\
        """);
    browser.open(premises.url() + "/sign-in");
    browser.see("main ul button");
    tabTo("Skip to content");
    new Actions(browser.driver()).sendKeys(Keys.ENTER).perform();
    tabTo("Second");
    Object ring =
        browser.run(
            """
            const style = getComputedStyle(document.activeElement);
            return style.outlineStyle + ' ' + style.outlineWidth\
            """);
    assertThat(ring).isNotEqualTo("none 0px");
    new Actions(browser.driver()).sendKeys(Keys.ENTER).perform();
    browser.read("Overview");
    assertThat(owner.questions("personal_sign").getFirst().wallet()).isEqualTo("Second");
    tabTo("API keys");
    new Actions(browser.driver()).sendKeys(Keys.ENTER).perform();
    browser.read("Create a key");
    tabTo("Create key");
  }

  private void tabTo(String name) {
    for (int i = 0; i < 60; i++) {
      new Actions(browser.driver()).sendKeys(Keys.TAB).perform();
      if (focused().trim().startsWith(name)) {
        return;
      }
    }
    throw new AssertionError("no " + name + " by keyboard at " + browser.driver().getCurrentUrl());
  }

  @Test
  void pageWithoutAWalletIsNoDeadEnd() {
    browser.installs("[]");
    browser.open(premises.url() + "/sign-in");
    browser.await("help", () -> browser.words().contains("Looking for") ? null : true);
    assertThat(browser.words()).containsIgnoringCase("install");
    List<?> buttons =
        (List<?>)
            Objects.requireNonNull(
                browser.run("return [...document.querySelectorAll('main ul button')]"));
    assertThat(buttons).isEmpty();
  }
}
