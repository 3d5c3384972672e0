package com.runspace.wallet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.chain.EvmChain.SignatureAnswer;
import com.runspace.testkit.Store;
import com.runspace.wallet.SignIn.SignedIn;
import com.runspace.wallet.SignIn.Visitor;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Store.class)
class SessionsTest extends WalletRoom {
  SessionsTest(Store store) {
    super(store);
  }

  private static final AccountId LOCAL = new AccountId("local");

  private boolean isLive(SignedIn in) {
    return sessions.find(in.cookie().reveal()).isPresent();
  }

  private void statement(String sql) throws SQLException {
    db.write(connection -> {
      try (var statement = connection.createStatement()) {
        return statement.executeUpdate(sql);
      }
    });
  }

  @Test
  void aSessionOutlivesARestart() throws SQLException {
    SignedIn in = signsIn(ANNE);
    time.advance(Duration.ofHours(5));
    assertThat(isLive(in)).isTrue();
    sessions.save();
    Session before = sessions.find(in.cookie().reveal()).orElseThrow();
    restart();
    assertThat(sessions.find(in.cookie().reveal())).contains(before);
    assertThat(before.lastSeen()).isEqualTo(in.session().created().plus(Duration.ofHours(5)));
    assertThat(accounts.wallets(in.wallet().account())).containsExactly(in.wallet());
  }

  @Test
  void theStoreHoldsNoCookie() throws Exception {
    SignedIn in = signsIn(ANNE);
    db.close();
    assertThat(store.content(folder)).doesNotContain(in.cookie().reveal());
    assertThat(in.toString()).doesNotContain(in.cookie().reveal());
  }

  @Test
  void aSessionThatIsUsedLivesForSevenDays() throws SQLException {
    SignedIn in = signsIn(ANNE);
    for (int i = 1; i < 7 * 24; i++) {
      time.advance(Duration.ofHours(1));
      assertThat(isLive(in)).isTrue();
    }
    time.advance(Duration.ofHours(1));
    assertThat(isLive(in)).isFalse();
    assertThat(sessions.list(in.session().account())).isEmpty();
    sessions.save();
    assertThat(accounts.table().sessions()).isEmpty();
  }

  @Test
  void aSessionThatNobodyUsesEndsAfterADay() throws SQLException {
    SignedIn in = signsIn(ANNE);
    time.advance(Duration.ofDays(1).minusSeconds(1));
    assertThat(isLive(in)).isTrue();
    time.advance(Duration.ofDays(1));
    assertThat(isLive(in)).isFalse();
    restart();
    assertThat(isLive(in)).isFalse();
  }

  @Test
  void aSessionOfAContractEndsAfterADayOfUse() throws SQLException {
    contractsSay(SignatureAnswer.VALID);
    var challenge = forSignIn(ANNE);
    SignedIn in =
        (SignedIn)
            signIn.verify(
                reply(challenge, ANNE.address(), Purpose.SIGN_IN, BOB.signs("any")), HERE);
    for (int i = 1; i < 24; i++) {
      time.advance(Duration.ofHours(1));
      assertThat(isLive(in)).isTrue();
    }
    time.advance(Duration.ofHours(1));
    assertThat(isLive(in)).isFalse();
  }

  @Test
  void anEndedSessionIsNotBackAfterARestart() throws SQLException {
    SignedIn one = signsIn(ANNE);
    SignedIn two = signsIn(ANNE);
    AccountId account = one.session().account();
    assertThat(sessions.list(account)).containsExactlyInAnyOrder(one.session(), two.session());
    assertThat(sessions.end(new AccountId("other"), one.session().id())).isFalse();
    assertThat(sessions.end(account, one.session().id())).isTrue();
    assertThat(sessions.end(account, one.session().id())).isFalse();
    restart();
    assertThat(isLive(one)).isFalse();
    assertThat(isLive(two)).isTrue();
    assertThat(sessions.endAll(account)).isOne();
    restart();
    assertThat(isLive(two)).isFalse();
  }

  @Test
  void aSessionIsOverAlsoWhenTheStoreFailsAndIsDeletedLater() throws SQLException {
    SignedIn in = signsIn(ANNE);
    statement("ALTER TABLE session RENAME TO stuck");
    assertThatThrownBy(() -> sessions.endAll(in.session().account()))
        .isInstanceOf(SQLException.class);
    assertThat(isLive(in)).isFalse();
    statement("ALTER TABLE stuck RENAME TO session");
    sessions.save();
    restart();
    assertThat(isLive(in)).isFalse();
  }

  @Test
  void aFreshSignatureIsAskedForAfterFifteenMinutes() throws SQLException {
    SignedIn in = signsIn(ANNE);
    assertThat(sessions.isConfirmed(in.session())).isTrue();
    time.advance(Duration.ofMinutes(15));
    Session old = sessions.find(in.cookie().reveal()).orElseThrow();
    assertThat(sessions.isConfirmed(old)).isFalse();
    assertThat(act(BOB, Purpose.CONFIRM, signedInAs(old)))
        .as("a wallet of somebody else")
        .isInstanceOf(SignIn.Refused.class);
    assertThat(act(ANNE, Purpose.CONFIRM, signedInAs(old))).isInstanceOf(SignIn.Confirmed.class);
    Session fresh = sessions.find(in.cookie().reveal()).orElseThrow();
    assertThat(sessions.isConfirmed(fresh)).isTrue();
    restart();
    assertThat(sessions.isConfirmed(sessions.find(in.cookie().reveal()).orElseThrow())).isTrue();
  }

  @Test
  void anAccountHasAtMostFiftySessions() throws SQLException {
    SignedIn first = signsIn(ANNE);
    for (int i = 0; i < 49; i++) {
      time.advance(Duration.ofMinutes(1));
      signsIn(ANNE);
    }
    assertThat(isLive(first)).isTrue();
    time.advance(Duration.ofMinutes(1));
    signsIn(ANNE);
    assertThat(sessions.list(first.session().account())).hasSize(50);
    assertThat(accounts.table().sessions()).hasSize(50);
    assertThat(isLive(first)).as("it was seen a minute ago").isTrue();
  }

  @Test
  void whatABrowserCallsItselfIsMadePlain() throws SQLException {
    String odd = "a\r\nset-cookie: x\u202e\u0000" + "é".repeat(300) + "😀";
    Session session = sessions.openLocal(LOCAL, odd).session();
    assertThat(session.agent()).hasSizeLessThanOrEqualTo(200).startsWith("a  set-cookie: x  é");
    restart();
    assertThat(sessions.list(LOCAL)).containsExactly(session);
  }

  @Test
  void nothingButACookieFindsASession() throws SQLException {
    SignedIn in = signsIn(ANNE);
    String cookie = in.cookie().reveal();
    for (String text :
        List.of("", "x", cookie + "x", cookie.substring(1), "é".repeat(43), "x".repeat(100_000))) {
      assertThat(sessions.find(text)).isEmpty();
    }
  }

  @Test
  void noncesAreForgottenWhenTheyCouldNotBeUsedAnyMore() throws SQLException {
    var challenge = forSignIn(ANNE);
    signIn.verify(honest(ANNE, challenge, Purpose.SIGN_IN), HERE);
    time.advance(Duration.ofMinutes(9));
    sessions.save();
    assertThat(accounts.table().isUsed(challenge.id())).isTrue();
    time.advance(Duration.ofMinutes(2));
    sessions.save();
    assertThat(accounts.table().isUsed(challenge.id())).isFalse();
  }

  @Test
  void noncesOfTwoStartsAreOneFamily() throws SQLException {
    var reply = honest(ANNE, forSignIn(ANNE), Purpose.SIGN_IN);
    restart();
    assertThat(signIn.verify(reply, HERE)).as("the key is kept").isInstanceOf(SignedIn.class);
    Set<String> ids = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      ids.add(challenge("solana", null, Purpose.SIGN_IN, HERE).id());
    }
    assertThat(ids).hasSize(1000);
  }

  @Test
  void aSessionThatEndedMeanwhileConfirmsNothing() throws SQLException {
    SignedIn in = signsIn(ANNE);
    Visitor visitor = signedInAs(in.session());
    sessions.endAll(in.session().account());
    act(ANNE, Purpose.CONFIRM, visitor);
    assertThat(isLive(in)).isFalse();
    restart();
    assertThat(isLive(in)).isFalse();
  }
}
