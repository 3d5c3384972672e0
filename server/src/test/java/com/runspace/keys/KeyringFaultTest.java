package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.keys.StoredKeyring.Created;
import com.runspace.testkit.ManualTime;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a store that fails, a flood and a race do to the keys. */
@Timeout(60)
class KeyringFaultTest {
  private static final AccountId ANNE = new AccountId("anne");

  private final ManualTime time = ManualTime.at("2026-11-22T12:00:00Z");
  private final Randomness random = Randomness.secure();

  @TempDir private Path folder;
  private Db db;
  private StoredKeyring keyring;

  @BeforeEach
  void open() throws SQLException {
    db = Db.sqlite(folder.resolve("store.db"), Duration.ofMillis(50));
    keyring = new StoredKeyring(db, time, random);
  }

  @AfterEach
  void close() {
    db.close();
  }

  private Created make(String name) throws SQLException {
    return keyring.create(ANNE, KeySettings.named(name));
  }

  private boolean isLive(Created key) {
    return keyring.find(key.secret().reveal()).isPresent();
  }

  /** Runs something while another process, as it were, holds the store. */
  private void whileTheStoreIsHeld(Runnable work) throws SQLException {
    try (Db other = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(10))) {
      other.write(_ -> {
        work.run();
        return 0;
      });
    }
  }

  @Test
  void aRevocationThatTheStoreCannotKeepHoldsAndIsKeptLater() throws SQLException {
    Created key = make("one");
    Caller caller = keyring.find(key.secret().reveal()).orElseThrow();
    whileTheStoreIsHeld(() -> {
      assertThatThrownBy(() -> keyring.revoke(key.key().id()))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining(key.key().id())
          .hasMessageContaining("is off now");
      assertThat(caller.isRevoked()).isTrue();
      assertThat(isLive(key)).isFalse();
      assertThatThrownBy(() -> keyring.flushLastUsed()).isInstanceOf(SQLException.class);
    });
    assertThat(keyring.rotate(key.key().id(), Duration.ZERO)).isEmpty();
    StoredKeyring crashed = new StoredKeyring(db, time, random);
    assertThat(crashed.find(key.secret().reveal())).as("as the error has said").isPresent();
    time.advance(Duration.ofMinutes(1));
    keyring.flushLastUsed();
    StoredKeyring started = new StoredKeyring(db, time, random);
    assertThat(started.find(key.secret().reveal())).isEmpty();
    assertThat(started.key(key.key().id()).orElseThrow().revoked())
        .isEqualTo("2026-11-22T12:00:00Z");
  }

  @Test
  void allKeysOfAnAccountAreOffThoughTheStoreCannotKeepIt() throws SQLException {
    Created one = make("one");
    Created two = make("two");
    whileTheStoreIsHeld(() -> {
      assertThatThrownBy(() -> keyring.revokeAll(ANNE))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("is off now");
      assertThat(isLive(one) || isLive(two)).isFalse();
    });
    keyring.flushLastUsed();
    StoredKeyring started = new StoredKeyring(db, time, random);
    assertThat(started.list(ANNE)).hasSize(2).allMatch(key -> key.revoked() != null);
  }

  @Test
  void aKeyThatTheStoreCannotKeepIsNotMade() throws SQLException {
    Created old = make("old");
    whileTheStoreIsHeld(() -> {
      assertThatThrownBy(() -> make("new")).isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> keyring.rotate(old.key().id(), Duration.ZERO))
          .isInstanceOf(SQLException.class);
      assertThat(isLive(old)).as("all is as before").isTrue();
    });
    assertThat(keyring.listAll()).extracting(StoredKey::id).containsExactly(old.key().id());
    assertThat(keyring.size()).isOne();
    assertThat(isLive(old)).isTrue();
  }

  @Test
  void aStoreThatFailsHalfwayLeavesEverythingAsItWas() throws SQLException {
    Created old = make("old");
    db.write(connection -> {
      try (Statement statement = connection.createStatement()) {
        return statement.executeUpdate(
            "CREATE TRIGGER full BEFORE INSERT ON api_key"
                + " BEGIN SELECT RAISE(ABORT, 'no room'); END");
      }
    });
    for (Duration overlap : List.of(Duration.ZERO, Duration.ofDays(1))) {
      assertThatThrownBy(() -> keyring.rotate(old.key().id(), overlap))
          .hasMessageContaining("no room");
    }
    assertThatThrownBy(() -> make("new")).hasMessageContaining("no room");
    assertThat(keyring.size()).isOne();
    assertThat(keyring.listAll()).containsExactly(old.key());
    assertThat(isLive(old)).isTrue();
  }

  @Test
  void whatIsSavedIsNotWrittenAgain() throws SQLException {
    Created used = make("used");
    Created revoked = make("revoked");
    assertThat(isLive(used)).isTrue();
    assertThat(isLive(revoked)).isTrue();
    whileTheStoreIsHeld(() ->
        assertThatThrownBy(() -> keyring.revoke(revoked.key().id()))
            .isInstanceOf(SQLException.class));
    keyring.flushLastUsed();
    // Whoever asked the store now would hear that it is closed.
    db.close();
    keyring.flushLastUsed();
    time.advance(Duration.ofMinutes(1));
    assertThat(isLive(used)).isTrue();
    assertThatThrownBy(() -> keyring.flushLastUsed()).isInstanceOf(SQLException.class);
  }

  @Test
  void aFloodOfWrongKeysAsksTheStoreNothingAndLeavesNothing() throws SQLException {
    Created right = make("right");
    int known = keyring.size();
    // Whoever asked the store now would hear that it is closed.
    db.close();
    Random wrong = new Random(1);
    String text = right.secret().reveal();
    for (int i = 0; i < 100_000; i++) {
      String other =
          switch (i % 4) {
            case 0 -> KeySecret.make(wrong::nextBytes);
            case 1 -> text.substring(0, 20) + i;
            case 2 -> text.substring(0, text.length() - 6) + String.format("%06d", i);
            default -> "sk-" + i;
          };
      assertThat(keyring.find(other)).isEmpty();
    }
    assertThat(isLive(right)).isTrue();
    assertThat(keyring.size()).isEqualTo(known).isOne();
  }

  @Test
  void makingRevokingRotatingAndFindingRace() throws Exception {
    int threads = 8;
    int rounds = 20;
    Queue<Created> gone = new ConcurrentLinkedQueue<>();
    Queue<Created> kept = new ConcurrentLinkedQueue<>();
    Created always = make("always");
    AtomicBoolean over = new AtomicBoolean();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads + 2)) {
      List<Future<?>> finders = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        finders.add(
            pool.submit(() -> {
              while (!over.get()) {
                assertThat(isLive(always)).isTrue();
                gone.forEach(key -> assertThat(isLive(key)).isFalse());
                kept.forEach(key -> assertThat(isLive(key)).isTrue());
              }
            }));
      }
      List<Future<?>> makers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        makers.add(
            pool.submit(() -> {
              for (int round = 0; round < rounds; round++) {
                Created one = make("race");
                assertThat(isLive(one)).isTrue();
                Created two = keyring.rotate(one.key().id(), Duration.ZERO).orElseThrow();
                gone.add(one);
                if (round % 2 == 0) {
                  kept.add(two);
                } else {
                  keyring.revoke(two.key().id());
                  gone.add(two);
                }
                keyring.flushLastUsed();
              }
              return null;
            }));
      }
      for (Future<?> maker : makers) {
        maker.get(50, TimeUnit.SECONDS);
      }
      over.set(true);
      for (Future<?> finder : finders) {
        finder.get(10, TimeUnit.SECONDS);
      }
    } finally {
      over.set(true);
    }
    assertThat(keyring.size()).isEqualTo(kept.size() + 1).isEqualTo(threads * rounds / 2 + 1);
    keyring = new StoredKeyring(db, time, random);
    assertThat(keyring.size()).isEqualTo(kept.size() + 1);
    kept.forEach(key -> assertThat(isLive(key)).isTrue());
    gone.forEach(key -> assertThat(isLive(key)).isFalse());
  }

  @Test
  void ofManyRotationsAtOnceOneSucceeds() throws Exception {
    Created key = make("one");
    try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
      List<Future<Boolean>> tries = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        tries.add(pool.submit(() -> keyring.rotate(key.key().id(), Duration.ZERO).isPresent()));
      }
      int done = 0;
      for (Future<Boolean> each : tries) {
        done += each.get(30, TimeUnit.SECONDS) ? 1 : 0;
      }
      assertThat(done).isOne();
    }
    assertThat(keyring.size()).isOne();
    assertThat(keyring.listAll()).hasSize(2);
  }
}
