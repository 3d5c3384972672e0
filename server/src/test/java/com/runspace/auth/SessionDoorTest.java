package com.runspace.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.testkit.EvmKey;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.wallet.Session;
import com.runspace.wallet.Wallet;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What can be done with a session, and what cannot. */
class SessionDoorTest extends AuthDoors {
  private static final JsonObject NOTHING = new JsonObject();

  private Session session(Browser browser) {
    return sessions.find(browser.cookie("__Host-sid")).orElseThrow();
  }

  private boolean isIn(Browser browser) {
    return sessions.find(browser.cookie("__Host-sid")).isPresent();
  }

  @Test
  void anIdThatAnAttackerSetIsNeverASession() {
    Browser victim = new Browser();
    victim.cookies.put("__Host-sid", "f".repeat(43));
    victim.signedIn(ANNE);
    assertThat(victim.cookie("__Host-sid")).isNotEqualTo("f".repeat(43));
    assertThat(sessions.find("f".repeat(43))).isEmpty();
  }

  /** An attacker who gives a victim his own session first does not see the victim's. */
  @Test
  void signingInEndsTheSessionThatWasThereBefore() {
    Browser attacker = new Browser().signedIn(BOB);
    Browser victim = new Browser();
    victim.cookies.putAll(attacker.cookies);
    victim.signedIn(ANNE);
    assertThat(isIn(attacker)).isFalse();
    assertThat(session(victim).wallet()).isEqualTo(ANNE.address().shown());
  }

  /** With a challenge that an attacker asked for, a victim is not signed in as the attacker. */
  @Test
  void aReplyOfAnotherBrowserSignsNobodyIn() {
    JsonObject attackers = new Browser().reply(BOB, "sign_in");
    Browser victim = new Browser();
    victim.challenge(ANNE, "sign_in");
    assertError(victim.post("/auth/verify", attackers), 400, "challenge_expired");
    assertThat(isIn(victim)).isFalse();
  }

  @Test
  void logoutEndsTheSessionOnTheServer() {
    Browser browser = new Browser().signedIn(ANNE);
    Browser copy = new Browser();
    copy.cookies.putAll(browser.cookies);
    Response out = browser.post("/auth/logout", NOTHING);
    assertThat(out.status()).isEqualTo(204);
    assertThat(browser.cookies).doesNotContainKey("__Host-sid");
    assertThat(isIn(copy)).isFalse();
    assertThat(new Browser().post("/auth/logout", NOTHING).status()).isEqualTo(204);
  }

  @Test
  void logoutByAnotherSiteIsRefused() {
    Browser browser = new Browser().signedIn(ANNE);
    for (String path : List.of("/auth/logout", "/auth/logout-everywhere", "/auth/unlink")) {
      Response response =
          browser.send(Request.post(path, "{}").header("origin", "https://evil.example"));
      assertError(response, 403, "cross_origin");
      assertThat(browser.send(Request.get(path)).status()).isEqualTo(405);
    }
    assertThat(isIn(browser)).isTrue();
  }

  @Test
  void logoutEverywhereEndsAllSessionsOfThatAccountAlone() {
    Browser one = new Browser().signedIn(ANNE);
    Browser two = new Browser().signedIn(ANNE);
    Browser bob = new Browser().signedIn(BOB);
    assertThat(one.post("/auth/logout-everywhere", NOTHING).status()).isEqualTo(204);
    assertThat(isIn(one)).isFalse();
    assertThat(isIn(two)).isFalse();
    assertThat(isIn(bob)).isTrue();
    assertError(one.post("/auth/logout-everywhere", NOTHING), 401, "not_signed_in");
  }

  @Test
  void aSessionCanEndAnotherOfItsAccountAlone() {
    Browser here = new Browser().signedIn(ANNE);
    Browser there = new Browser().signedIn(ANNE);
    Browser bob = new Browser().signedIn(BOB);
    JsonObject wish = new JsonObject().put("session", session(there).id());
    assertError(bob.post("/auth/end-session", wish), 400, "invalid_value");
    assertThat(isIn(there)).isTrue();
    assertThat(here.post("/auth/end-session", wish).status()).isEqualTo(204);
    assertThat(isIn(there)).isFalse();
    assertThat(isIn(here)).isTrue();
    assertError(here.post("/auth/end-session", wish), 400, "invalid_value");
    assertError(new Browser().post("/auth/end-session", wish), 401, "not_signed_in");
  }

  @Test
  void linkingNeedsAFreshSignatureOfTheAccount() throws SQLException {
    Browser browser = new Browser().signedIn(ANNE);
    AccountId account = session(browser).account();
    time.advance(Duration.ofMinutes(15));
    Response asked =
        browser.post(
            "/auth/challenge",
            new JsonObject()
                .put("chain", "eip155")
                .put("address", BOB.address().shown())
                .put("purpose", "link"));
    assertError(asked, 403, "confirmation_required");
    assertError(browser.proves(BOB, "confirm"), 401, "signature_invalid");
    assertThat(browser.proves(ANNE, "confirm").status()).isEqualTo(200);
    Response linked = browser.proves(BOB, "link");
    assertThat(linked.status()).as(linked.text()).isEqualTo(200);
    assertThat(accounts.wallets(account)).hasSize(2);
    assertThat(new JsonObject(new Browser().proves(BOB, "sign_in").text()).getString("account"))
        .isEqualTo(account.value());
  }

  @Test
  void aWalletOfAnotherAccountIsNotLinked() throws SQLException {
    new Browser().signedIn(BOB);
    Browser browser = new Browser().signedIn(ANNE);
    Response refused = browser.proves(BOB, "link");
    assertError(refused, 409, "wallet_conflict");
    assertThat(refused.text()).contains("another account");
    assertThat(accounts.wallets(session(browser).account())).hasSize(1);
  }

  /** What confirms or links in one session is worth nothing in another, even of the same person. */
  @Test
  void aSignatureForOneSessionIsNoneForAnother() {
    Browser anne = new Browser().signedIn(ANNE);
    JsonObject reply = anne.reply(EvmKey.number(9), "link");
    Browser other = new Browser();
    other.cookies.putAll(anne.cookies);
    other.signedIn(BOB);
    assertError(other.post("/auth/verify", reply), 400, "challenge_expired");
  }

  @Test
  void unlinking() throws SQLException {
    Browser browser = new Browser().signedIn(ANNE);
    AccountId account = session(browser).account();
    Wallet first = accounts.wallets(account).getFirst();
    JsonObject wish = new JsonObject().put("wallet", first.id());
    Response last = browser.post("/auth/unlink", wish);
    assertError(last, 409, "wallet_conflict");
    assertThat(last.text()).contains("only wallet");
    assertThat(browser.proves(BOB, "link").status()).isEqualTo(200);
    Browser stranger = new Browser().signedIn(EvmKey.number(9));
    assertError(stranger.post("/auth/unlink", wish), 400, "invalid_value");
    assertError(new Browser().post("/auth/unlink", wish), 401, "not_signed_in");
    Browser bob = new Browser().signedIn(BOB);
    time.advance(Duration.ofMinutes(15));
    assertError(bob.post("/auth/unlink", wish), 403, "confirmation_required");
    assertThat(bob.proves(BOB, "confirm").status()).isEqualTo(200);
    assertThat(bob.post("/auth/unlink", wish).status()).isEqualTo(204);
    assertThat(isIn(browser)).as("what the wallet opened is over").isFalse();
    assertThat(isIn(bob)).isTrue();
    assertThat(accounts.wallets(account)).hasSize(1);
  }

  @Test
  void twoCookiesOfOneNameAreNone() {
    Browser browser = new Browser().signedIn(ANNE);
    Request request =
        browser
            .with(Request.post("/auth/logout-everywhere", "{}"))
            .header("cookie", "__Host-sid=" + "f".repeat(43));
    assertError(send(request), 401, "not_signed_in");
    // Nor is one without the prefix, which a neighbour could have set.
    Request bare =
        Request.post("/auth/logout-everywhere", "{}")
            .header("cookie", "sid=" + browser.cookie("__Host-sid"));
    assertError(send(bare), 401, "not_signed_in");
  }
}
