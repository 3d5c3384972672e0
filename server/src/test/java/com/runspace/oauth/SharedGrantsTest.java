package com.runspace.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.cluster.Announcements;
import com.runspace.keys.Caller;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import com.runspace.oauth.Grants.Answer.Issued;
import com.runspace.testkit.Heard;
import com.runspace.testkit.Postgres;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Apps whose requests come to two nodes, on one real PostgreSQL. */
@Timeout(60)
class SharedGrantsTest {
  private static final AccountId ANNE = new AccountId("anne");
  private static final String BACK = "https://app.example/back";
  private static final Client CLIENT = new Client("app-1", "An app", List.of(BACK), true);
  private static final String VERIFIER = "v".repeat(43);

  private static final class Node implements AutoCloseable {
    final Db db;
    final StoredKeyring keys;
    final Grants grants;
    final Announcements news;

    Node(String url) throws SQLException {
      db = Db.postgres(url);
      keys = new StoredKeyring(db, Time.system(), Randomness.secure());
      Issuer issuer = new Issuer("https://a.example/oauth", "https://a.example");
      grants = new Grants(db, keys, Limits.NONE, issuer, 10, Time.system(), Randomness.secure());
      Tokens tokens = grants.tokens();
      news =
          new Announcements(
              db,
              Map.of(
                  "key", Heard.by(keys::heard, keys::resync),
                  "grant", Heard.by(tokens::heard, tokens::resync)));
      news.start();
      Heard.await("hearing", news::isHearing);
    }

    @Override
    public void close() {
      news.close();
      db.close();
    }
  }

  private final List<Node> nodes = new ArrayList<>();

  @BeforeEach
  void open() throws SQLException {
    String url = Postgres.freshDatabase();
    nodes.add(new Node(url));
    nodes.add(new Node(url));
  }

  @AfterEach
  void close() {
    nodes.forEach(Node::close);
  }

  private static String text(@Nullable Secret secret) {
    return Objects.requireNonNull(secret).reveal();
  }

  /** Approved on the first node and redeemed on the second. */
  private Issued issued() throws SQLException {
    String challenge = Tokens.challenge(VERIFIER);
    Grants.Approval approval =
        new Grants.Approval(ANNE, CLIENT, BACK, challenge, "mcp", /* refreshes= */ true, 30, null);
    String code = nodes.getFirst().grants.approve(approval).reveal();
    return (Issued) nodes.getLast().grants.redeem(code, "app-1", BACK, VERIFIER);
  }

  @Test
  void aTokenOfOneNodeOpensTheOtherAndItsRevocationEndsItsCallsThere() throws Exception {
    Tokens one = nodes.getFirst().grants.tokens();
    Issued issued = issued();
    String access = issued.access().reveal();
    Heard.await("the token", () -> one.find(access).isPresent());
    Caller running = one.find(access).orElseThrow();
    nodes.getLast().grants.revokeToken(text(issued.refresh()), "app-1");
    Heard.await("its end", running::isRevoked);
    assertThat(one.find(access)).isEmpty();
  }

  @Test
  void aRefreshTokenThatComesToBothNodesAtOnceHasOneAnswer() throws Exception {
    String refresh = text(issued().refresh());
    for (int round = 0; round < 20; round++) {
      String token = refresh;
      CyclicBarrier start = new CyclicBarrier(2);
      List<Future<Grants.Answer>> answers = new ArrayList<>();
      try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
        for (Node node : nodes) {
          answers.add(
              pool.submit(() -> {
                start.await();
                return node.grants.refresh(token, "app-1");
              }));
        }
      }
      Issued one = (Issued) answers.getFirst().get();
      Issued two = (Issued) answers.getLast().get();
      assertThat(text(one.refresh())).as("round %d", round).isEqualTo(text(two.refresh()));
      assertThat(one.access().reveal()).isEqualTo(two.access().reveal());
      refresh = text(one.refresh());
    }
  }
}
