package com.runspace.wallet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.testkit.EvmKey;
import com.runspace.testkit.Store;
import com.runspace.wallet.Accounts.Unlinked;
import com.runspace.wallet.SignIn.Linked;
import com.runspace.wallet.SignIn.Outcome;
import com.runspace.wallet.SignIn.Reason;
import com.runspace.wallet.SignIn.Refused;
import com.runspace.wallet.SignIn.SignedIn;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Whose wallet is whose. */
@ParameterizedClass
@EnumSource(Store.class)
class AccountsTest extends WalletRoom {
  AccountsTest(Store store) {
    super(store);
  }

  private Outcome links(Session session, EvmKey key) throws SQLException {
    return act(key, Purpose.LINK, signedInAs(session));
  }

  private static void assertReason(Outcome outcome, Reason reason) {
    assertThat(outcome).isInstanceOf(Refused.class);
    assertThat(((Refused) outcome).reason()).isEqualTo(reason);
  }

  /** The same session with a fresh signature. */
  private Session confirmed(SignedIn in, EvmKey by) throws SQLException {
    act(by, Purpose.CONFIRM, signedInAs(sessions.find(in.cookie().reveal()).orElseThrow()));
    return sessions.find(in.cookie().reveal()).orElseThrow();
  }

  @Test
  void theMessageOfALinkNamesTheAccount() throws SQLException {
    Session session = signsIn(ANNE).session();
    var challenge = challenge("eip155", BOB.address(), Purpose.LINK, signedInAs(session));
    assertThat(challenge.message())
        .contains("\nLink this wallet to the RunSpace account " + session.account() + ". ")
        .endsWith("\nRequest ID: link");
    var confirm = challenge("eip155", ANNE.address(), Purpose.CONFIRM, signedInAs(session));
    assertThat(confirm.message())
        .contains(" of the RunSpace account " + session.account() + ". ")
        .endsWith("\nRequest ID: confirm");
  }

  @Test
  void aLinkedWalletSignsInToTheAccount() throws SQLException {
    Session session = signsIn(ANNE).session();
    moved.clear();
    assertThat(links(session, BOB)).isInstanceOf(Linked.class);
    assertThat(moved).containsExactly(session.account());
    assertThat(links(session, BOB)).as("again").isInstanceOf(Linked.class);
    assertThat(accounts.wallets(session.account()))
        .extracting(Wallet::address)
        .containsExactlyInAnyOrder(ANNE.address(), BOB.address());
    assertThat(signsIn(BOB).session().account()).isEqualTo(session.account());
  }

  @Test
  void aWalletBelongsToOneAccount() throws SQLException {
    Session anne = signsIn(ANNE).session();
    Session bob = signsIn(BOB).session();
    Outcome outcome = links(anne, BOB);
    assertReason(outcome, Reason.ELSEWHERE);
    assertThat(((Refused) outcome).message()).contains("unlink");
    assertThat(accounts.wallets(bob.account())).hasSize(1);
    assertThat(accounts.wallets(anne.account())).hasSize(1);
    // The store itself would refuse a second row.
    assertThatThrownBy(() ->
            db.write(connection -> {
              try (var statement = connection.createStatement()) {
                return statement.executeUpdate(
                    "INSERT INTO wallet SELECT 'wal_x', 'acc_x', namespace, address, chain,"
                        + " linked_at, NULL FROM wallet");
              }
            }))
        .isInstanceOf(SQLException.class);
  }

  @Test
  void anAccountHasAtMostTenWalletsAndLinksFiveADay() throws SQLException {
    SignedIn in = signsIn(ANNE);
    Session session = in.session();
    for (int i = 10; i < 15; i++) {
      assertThat(links(session, EvmKey.number(i))).isInstanceOf(Linked.class);
    }
    assertReason(links(session, EvmKey.number(15)), Reason.TOO_OFTEN);
    time.advance(Duration.ofHours(23));
    session = confirmed(in, ANNE);
    assertReason(links(session, EvmKey.number(15)), Reason.TOO_OFTEN);
    time.advance(Duration.ofMinutes(61));
    session = confirmed(in, ANNE);
    for (int i = 15; i < 19; i++) {
      assertThat(links(session, EvmKey.number(i))).isInstanceOf(Linked.class);
    }
    assertThat(accounts.wallets(session.account())).hasSize(10);
    assertReason(links(session, EvmKey.number(19)), Reason.FULL);
  }

  /** Unlinking and linking again in a circle is counted too. */
  @Test
  void whatWasUnlinkedCountsForTheDay() throws SQLException {
    Session session = signsIn(ANNE).session();
    for (int i = 10; i < 15; i++) {
      assertThat(links(session, EvmKey.number(i))).isInstanceOf(Linked.class);
      Wallet newest = accounts.find(EvmKey.number(i).address()).orElseThrow();
      assertThat(accounts.unlink(session.account(), newest.id())).isEqualTo(Unlinked.DONE);
    }
    assertReason(links(session, EvmKey.number(15)), Reason.TOO_OFTEN);
  }

  @Test
  void theLastWalletStays() throws SQLException {
    SignedIn in = signsIn(ANNE);
    assertThat(accounts.unlink(in.wallet().account(), in.wallet().id())).isEqualTo(Unlinked.LAST);
    assertThat(accounts.unlink(in.wallet().account(), "wal_0")).isEqualTo(Unlinked.UNKNOWN);
    assertThat(accounts.unlink(new AccountId("x"), in.wallet().id())).isEqualTo(Unlinked.UNKNOWN);
  }

  @Test
  void twoUnlinkingsAtOnceLeaveOneWallet() throws Exception {
    Session session = signsIn(ANNE).session();
    links(session, BOB);
    List<Wallet> both = accounts.wallets(session.account());
    List<Thread> threads =
        both.stream()
            .map(wallet ->
                Thread.ofVirtual()
                    .start(() -> {
                      try {
                        accounts.unlink(session.account(), wallet.id());
                      } catch (SQLException fault) {
                        throw new IllegalStateException(fault);
                      }
                    }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(accounts.wallets(session.account())).hasSize(1);
  }

  @Test
  void anUnlinkedWalletBeginsAnew() throws SQLException {
    Session session = signsIn(ANNE).session();
    links(session, BOB);
    SignedIn bob = signsIn(BOB);
    Wallet wallet = accounts.find(BOB.address()).orElseThrow();
    moved.clear();
    assertThat(accounts.unlink(session.account(), wallet.id())).isEqualTo(Unlinked.DONE);
    assertThat(moved).containsExactly(session.account());
    assertThat(sessions.find(bob.cookie().reveal())).as("what it opened is over").isEmpty();
    assertThat(sessions.list(session.account())).containsExactly(session);
    SignedIn anew = signsIn(BOB);
    assertThat(anew.wallet().account()).isNotEqualTo(session.account());
    restart();
    assertThat(accounts.all()).hasSize(2);
  }

  @Test
  void settingsThatCannotBeAreRefused() {
    for (String url :
        List.of(
            "run-space.example",
            "ftp://run-space.example",
            "https://run-space.example/app",
            "https://user@run-space.example",
            "https://run-space.example?x",
            "https://run-space.example#x",
            "https://",
            "")) {
      assertThatThrownBy(() -> settings(url)).as(url).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> settings(SITE, 0L)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new WalletSettings(SITE, Set.of(), List.of(), "eip155:1"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(settings("HTTPS://Run-Space.Example:443/").publicUrl()).isEqualTo(SITE);
    assertThat(settings("http://127.0.0.1:8080").domain()).isEqualTo("127.0.0.1:8080");
    assertThat(settings("http://[::1]:8080").domain()).isEqualTo("[::1]:8080");
    assertThat(settings("http://localhost").isSecure()).isFalse();
  }
}
