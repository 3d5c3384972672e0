package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.cluster.Announcements;
import com.runspace.testkit.Heard;
import com.runspace.testkit.Postgres;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two nodes with the same keys, on one real PostgreSQL. */
@Timeout(120)
class SharedKeysTest {
  private static final AccountId ACCOUNT = new AccountId("acc");

  private static final class Node implements AutoCloseable {
    final Db db;
    final StoredKeyring keys;
    final Announcements news;

    Node(String url) throws SQLException {
      db = Db.postgres(url);
      keys = new StoredKeyring(db, Time.system(), Randomness.secure());
      news = new Announcements(db, Map.of("key", Heard.by(keys::heard, keys::resync)));
      news.start();
      Heard.await("hearing", news::isHearing);
    }

    boolean has(StoredKeyring.Created key) {
      return keys.find(key.secret().reveal()).isPresent();
    }

    @Override
    public void close() {
      news.close();
      db.close();
    }
  }

  private String url = "";
  private final List<Node> nodes = new ArrayList<>();

  private Node node() throws SQLException {
    Node node = new Node(url);
    nodes.add(node);
    return node;
  }

  @BeforeEach
  void database() {
    url = Postgres.freshDatabase();
  }

  @AfterEach
  void close() {
    nodes.forEach(Node::close);
  }

  @Test
  void aKeyWorksEverywhereAndItsRevocationEndsItsCallsEverywhereWithinASecond() throws Exception {
    Node one = node();
    Node two = node();
    for (int i = 0; i < 100; i++) {
      StoredKeyring.Created key = one.keys.create(ACCOUNT, KeySettings.named("k" + i));
      Heard.await("a key of another node", () -> two.has(key));
      Caller running = two.keys.find(key.secret().reveal()).orElseThrow();
      long before = System.nanoTime();
      one.keys.revoke(key.key().id());
      Heard.await("a revocation on another node", running::isRevoked);
      assertThat(System.nanoTime() - before).as("round %d", i).isLessThan(1_000_000_000L);
      assertThat(two.has(key)).isFalse();
    }
  }

  @Test
  void aRotationIsHeardWithBothItsKeys() throws Exception {
    Node one = node();
    Node two = node();
    StoredKeyring.Created old = one.keys.create(ACCOUNT, KeySettings.named("old"));
    Heard.await("the key", () -> two.has(old));
    StoredKeyring.Created next = two.keys.rotate(old.key().id(), Duration.ofHours(1)).orElseThrow();
    Heard.await("the new key", () -> one.has(next));
    Caller before = one.keys.find(old.secret().reveal()).orElseThrow();
    Heard.await("the end of the old key", () -> before.expires() != null);
    StoredKeyring.Created last = one.keys.rotate(next.key().id(), Duration.ZERO).orElseThrow();
    Heard.await("the last key", () -> two.has(last) && !two.has(next));
  }

  @Test
  void whatWasMissedIsMadeUpForWhenTheConnectionIsBack() throws Exception {
    Node one = node();
    Node two = node();
    StoredKeyring.Created key = one.keys.create(ACCOUNT, KeySettings.named("key"));
    Heard.await("the key", () -> two.has(key));
    two.news.close();
    one.keys.revoke(key.key().id());
    StoredKeyring.Created more = one.keys.create(ACCOUNT, KeySettings.named("more"));
    assertThat(two.has(key)).isTrue();
    Postgres.run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            + " AND datname = current_database() AND query IN ('LISTEN runspace', 'SELECT 1')");
    two.keys.resync();
    assertThat(two.has(key)).isFalse();
    assertThat(two.has(more)).isTrue();
    StoredKeyring.Created after = two.keys.create(ACCOUNT, KeySettings.named("after"));
    Heard.await("news on a connection that was cut", () -> one.has(after));
  }

  @Test
  void aKeyThatWasRevokedHereIsNotLetInAgainByNews() throws Exception {
    Node one = node();
    StoredKeyring.Created key = one.keys.create(ACCOUNT, KeySettings.named("key"));
    Postgres.run(url, "ALTER TABLE api_key RENAME TO api_key_away");
    assertThatThrownBy(() -> one.keys.revoke(key.key().id())).hasMessageContaining("is off now");
    Postgres.run(url, "ALTER TABLE api_key_away RENAME TO api_key");
    one.keys.heard(key.key().id());
    one.keys.resync();
    assertThat(one.has(key)).isFalse();
    one.keys.flushLastUsed();
    assertThat(one.keys.key(key.key().id()).orElseThrow().revoked()).isNotNull();
  }

  @Test
  void anAccountHasAHundredKeysOverAllNodes() throws Exception {
    Node one = node();
    Node two = node();
    List<Callable<Integer>> makers = new ArrayList<>();
    for (Node node : List.of(one, two, one, two)) {
      makers.add(() -> {
        int made = 0;
        for (int i = 0; i < 40; i++) {
          made += node.keys.createWithin(ACCOUNT, KeySettings.named("k")).isPresent() ? 1 : 0;
        }
        return made;
      });
    }
    int sum = 0;
    try (ExecutorService pool = Executors.newFixedThreadPool(makers.size())) {
      for (Future<Integer> each : pool.invokeAll(makers)) {
        sum += each.get();
      }
    }
    assertThat(sum).isEqualTo(StoredKeyring.LIVE_MAX);
    Heard.await("all keys", () -> one.keys.size() == sum(two) && sum(two) == 100);
  }

  private static int sum(Node node) {
    return node.keys.size();
  }
}
