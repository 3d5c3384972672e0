package com.runspace.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import com.runspace.oauth.Grants.Answer.Issued;
import com.runspace.oauth.Grants.Answer.Refused;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.OnEachStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Codes, grants and tokens over a real store. */
class GrantsTest extends OnEachStore {
  private static final AccountId ANNE = new AccountId("acc_1");
  private static final Issuer ISSUER = new Issuer("https://a.example/oauth", "https://a.example");
  private static final String BACK = "https://app.example/back";
  private static final Client CLIENT = new Client("app-1", "An app", List.of(BACK), true);
  private static final String VERIFIER = "v".repeat(43);

  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
  private final Randomness random = new Random(3)::nextBytes;
  private StoredKeyring keyring;
  private Grants grants;

  @BeforeEach
  void open() throws SQLException {
    read(ISSUER);
  }

  private void read(Issuer issuer) throws SQLException {
    keyring = new StoredKeyring(db, time, random);
    grants = new Grants(db, keyring, Limits.NONE, issuer, 10, time, random);
  }

  private String code() throws SQLException {
    Nanos cap = new Nanos(5);
    String challenge = Tokens.challenge(VERIFIER);
    Grants.Approval approval =
        new Grants.Approval(ANNE, CLIENT, BACK, challenge, "mcp", /* refreshes= */ true, 30, cap);
    return grants.approve(approval).reveal();
  }

  private Issued issued() throws SQLException {
    return (Issued) grants.redeem(code(), "app-1", BACK, VERIFIER);
  }

  private static String text(@Nullable Secret secret) {
    return Objects.requireNonNull(secret).reveal();
  }

  @Test
  void aCodeGivesATokenThatStandsForACredentialOfTheMcpServerAlone() throws SQLException {
    Issued issued = issued();
    assertThat(issued.seconds()).isEqualTo(3600);
    Caller caller = grants.tokens().find(text(issued.access())).orElseThrow();
    assertThat(caller.account()).isEqualTo(ANNE);
    assertThat(caller.doors()).containsExactly(Door.MCP);
    assertThat(caller.dailyCap()).isEqualTo(new Nanos(5));
    assertThat(caller.expires()).isEqualTo("2026-12-22T12:00:00Z");
    assertThat(keyring.find(text(issued.access()))).isEmpty();
    assertThat(grants.tokens().find(text(issued.refresh()))).isEmpty();
    assertThat(grants.apps(ANNE)).singleElement().extracting(Grants.App::name).isEqualTo("An app");
    read(ISSUER);
    assertThat(grants.tokens().find(text(issued.access()))).as("after a restart").isPresent();
    time.advance(Duration.ofHours(1));
    assertThat(grants.tokens().find(text(issued.access()))).as("after an hour").isEmpty();
  }

  @Test
  void anythingOfACodeThatDoesNotFitIsRefusedAndTheCodeIsGone() throws SQLException {
    for (List<String> wrong :
        List.of(
            List.of("app-2", BACK, VERIFIER),
            List.of("app-1", BACK + "/", VERIFIER),
            List.of("app-1", BACK, "w".repeat(43)))) {
      String code = code();
      assertRefused(grants.redeem(code, wrong.get(0), wrong.get(1), wrong.get(2)));
      assertRefused(grants.redeem(code, "app-1", BACK, VERIFIER));
    }
    String late = code();
    time.advance(Grants.CODE_LIFE);
    assertRefused(grants.redeem(late, "app-1", BACK, VERIFIER));
    assertRefused(grants.redeem("rso_ac_" + "0".repeat(43), "app-1", BACK, VERIFIER));
    assertThat(keyring.list(ANNE)).isEmpty();
  }

  private static void assertRefused(Grants.Answer answer) {
    assertThat(answer).isInstanceOf(Refused.class);
    assertThat(((Refused) answer).error()).isEqualTo("invalid_grant");
  }

  @Test
  void aCodeThatComesTwiceTakesBackWhatItGave() throws SQLException {
    String code = code();
    Issued issued = (Issued) grants.redeem(code, "app-1", BACK, VERIFIER);
    Caller caller = grants.tokens().find(text(issued.access())).orElseThrow();
    assertRefused(grants.redeem(code, "app-1", BACK, VERIFIER));
    assertThat(caller.isRevoked()).isTrue();
    assertThat(grants.tokens().find(text(issued.access()))).isEmpty();
    assertRefused(grants.refresh(text(issued.refresh()), "app-1"));
    assertThat(grants.apps(ANNE)).isEmpty();
  }

  @Test
  void theSameRefreshHasTheSameAnswerWithinTheGrace() throws Exception {
    String refresh = text(issued().refresh());
    Set<String> answers = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(20)) {
      Callable<String> call =
          () -> {
            Issued next = (Issued) grants.refresh(refresh, "app-1");
            return text(next.access()) + " " + text(next.refresh());
          };
      for (Future<String> each : threads.invokeAll(Collections.nCopies(20, call))) {
        answers.add(each.get());
      }
    }
    assertThat(answers).hasSize(1);
    time.advance(Grants.GRACE);
    read(ISSUER);
    Issued again = (Issued) grants.refresh(refresh, "app-1");
    assertThat(answers).containsExactly(text(again.access()) + " " + text(again.refresh()));
    assertThat(again.seconds()).isEqualTo(3540);
    assertThat(grants.tokens().find(text(again.access()))).isPresent();
  }

  @Test
  void aRefreshTokenThatComesBackLateRevokesTheFamily() throws SQLException {
    Issued first = issued();
    Issued second = (Issued) grants.refresh(text(first.refresh()), "app-1");
    assertRefused(grants.refresh(text(second.refresh()), "app-2"));
    time.advance(Grants.GRACE.plusMillis(1));
    assertRefused(grants.refresh(text(first.refresh()), "app-1"));
    assertRefused(grants.refresh(text(second.refresh()), "app-1"));
    assertThat(grants.tokens().find(text(second.access()))).isEmpty();
    assertThat(grants.tokens().find(text(first.access()))).isEmpty();
  }

  @Test
  void aRevokedAppIsGoneAtOnceAndOnlyItsHolderCanRevokeIt() throws SQLException {
    Issued issued = issued();
    Caller caller = grants.tokens().find(text(issued.access())).orElseThrow();
    String id = grants.apps(ANNE).getFirst().id();
    assertThat(grants.revoke(new AccountId("acc_2"), id)).isFalse();
    assertThat(caller.isRevoked()).isFalse();
    assertThat(grants.revoke(ANNE, id)).isTrue();
    assertThat(caller.isRevoked()).isTrue();
    assertThat(grants.tokens().size()).isZero();
    assertThat(keyring.rotate(issued.keyId(), Duration.ZERO)).isEmpty();
  }

  @Test
  void anAppsCredentialCannotBeRotatedIntoAKeyThatSomebodyHas() throws SQLException {
    Issued issued = issued();
    assertThat(keyring.rotate(issued.keyId(), Duration.ZERO)).isEmpty();
    assertThat(keyring.key(issued.keyId()).orElseThrow().hint()).isEmpty();
    assertThat(grants.tokens().find(text(issued.access()))).isPresent();
  }

  @Test
  void aTokenOfAnotherResourceOpensNothing() throws SQLException {
    Issued issued = issued();
    String code = code();
    read(new Issuer("https://b.example/oauth", "https://b.example"));
    assertThat(grants.tokens().find(text(issued.access()))).isEmpty();
    assertThat(((Refused) grants.refresh(text(issued.refresh()), "app-1")).error())
        .isEqualTo("invalid_target");
    assertThat(((Refused) grants.redeem(code, "app-1", BACK, VERIFIER)).error())
        .isEqualTo("invalid_target");
  }

  @Test
  void registeredClientsAreBoundedAndOldUnusedOnesAreDropped() throws SQLException {
    for (int i = 0; i < 10; i++) {
      assertThat(grants.register(new Client("c" + i, "n", List.of(BACK), false))).isTrue();
    }
    Client late = new Client("late", "n", List.of(BACK), false);
    assertThat(grants.register(late)).isFalse();
    time.advance(Duration.ofMinutes(16));
    assertThat(grants.register(late)).isTrue();
    assertThat(grants.client("c1")).isEmpty();
    assertThat(grants.client("late")).contains(late);
    time.advance(Duration.ofHours(25));
    grants.sweep();
    assertThat(grants.client("late")).isEmpty();
  }

  @Test
  void theStoreHasNoTokenInIt() throws SQLException {
    Issued issued = issued();
    Issued next = (Issued) grants.refresh(text(issued.refresh()), "app-1");
    String all =
        String.join(
            "\n",
            db.list(
                "SELECT hash, kind, seed FROM oauth_token",
                row -> row.getString(1) + row.getString(3)));
    for (String each :
        List.of(
            text(issued.access()),
            text(issued.refresh()),
            text(next.access()),
            text(next.refresh()))) {
      assertThat(all).doesNotContain(each).contains(Tokens.hash(each));
    }
  }
}
