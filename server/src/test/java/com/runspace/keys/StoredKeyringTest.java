package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.keys.KeySecret.Hash;
import com.runspace.keys.StoredKeyring.Created;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.OnEachStore;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StoredKeyringTest extends OnEachStore {
  private static final Instant NOON = Instant.parse("2026-11-22T12:00:30Z");
  private static final AccountId ANNE = new AccountId("anne");
  private static final AccountId BOB = new AccountId("bob");

  private final ManualTime time = ManualTime.at(NOON.toString());
  private final Randomness random = new Random(5)::nextBytes;

  private StoredKeyring keyring;

  @BeforeEach
  void open() throws SQLException {
    keyring = new StoredKeyring(db, time, random);
  }

  private void restart() throws SQLException {
    db.close();
    openStore();
    open();
  }

  private Created make(String name) throws SQLException {
    return keyring.create(ANNE, KeySettings.named(name));
  }

  private @Nullable Caller find(Created key) {
    return keyring.find(key.secret().reveal()).orElse(null);
  }

  private Caller caller(Created key) {
    return keyring.find(key.secret().reveal()).orElseThrow();
  }

  private static KeySettings expiring(@Nullable Instant expires) {
    return new KeySettings("e", Set.of(Door.MCP), Set.of(), null, Limits.NONE, expires);
  }

  @Test
  void aRestartKeepsKeysWithAllTheirSettings() throws SQLException {
    KeySettings settings =
        new KeySettings(
            "it's \"one\" of Zoë's",
            Set.of(Door.API),
            Set.of("a/b", "c d"),
            new Nanos(0),
            new Limits(60, 100_000, 7),
            NOON.plusSeconds(100));
    Created narrow = keyring.create(ANNE, settings);
    Created wide = keyring.create(BOB, KeySettings.named("wide"));
    assertThat(narrow.key())
        .isEqualTo(
            new StoredKey(
                narrow.key().id(),
                ANNE,
                settings,
                narrow.secret().toString().substring(1),
                NOON,
                null,
                null));
    assertThat(keyring.listAll()).containsExactlyInAnyOrder(narrow.key(), wide.key());
    restart();
    assertThat(keyring.list(ANNE)).containsExactly(narrow.key());
    assertThat(keyring.key(wide.key().id())).contains(wide.key());
    assertThat(keyring.key("key_0")).isEmpty();
    Caller one = caller(narrow);
    assertThat(one.keyId()).isEqualTo(narrow.key().id());
    assertThat(one.account()).isEqualTo(ANNE);
    assertThat(one.name()).isEqualTo(settings.name());
    assertThat(one.doors()).containsExactly(Door.API);
    assertThat(one.models()).containsExactlyInAnyOrder("a/b", "c d");
    assertThat(one.dailyCap()).isEqualTo(Nanos.ZERO);
    assertThat(one.limits()).isEqualTo(settings.limits());
    Caller two = caller(wide);
    assertThat(two.dailyCap()).isNull();
    assertThat(two.models()).isEmpty();
    assertThat(two.doors()).containsExactlyInAnyOrder(Door.API, Door.MCP);
    assertThat(two.limits()).isEqualTo(Limits.NONE);
    time.advance(Duration.ofSeconds(100));
    assertThat(find(narrow)).isNull();
    assertThat(find(wide)).isSameAs(two);
  }

  @Test
  void theLimitsOfAKeyAreTheKeysOwn() throws SQLException {
    Limits limits = new Limits(1, 0, 0);
    KeySettings settings = new KeySettings("one", Set.of(Door.API), Set.of(), null, limits, null);
    Created one = keyring.create(ANNE, settings);
    Created two = keyring.create(ANNE, settings);
    long now = time.nanos();
    assertThat(caller(one).admit(now, 1)).isInstanceOf(Admission.Admitted.class);
    assertThat(caller(one).admit(now, 1)).isInstanceOf(Admission.Limited.class);
    assertThat(caller(one).rates(now).requests().remaining()).isZero();
    assertThat(caller(two).admit(now, 1)).isInstanceOf(Admission.Admitted.class);
  }

  @Test
  void revokedStaysRevoked() throws SQLException {
    Created one = make("one");
    Created two = make("two");
    Caller caller = caller(one);
    assertThat(keyring.revoke(one.key().id())).isTrue();
    assertThat(caller.isRevoked()).isTrue();
    assertThat(find(one)).isNull();
    time.advance(Duration.ofSeconds(1));
    assertThat(keyring.revoke(one.key().id())).as("once more").isTrue();
    assertThat(keyring.revoke("key_0")).isFalse();
    assertThat(keyring.key(one.key().id()).orElseThrow().revoked()).isEqualTo(NOON);
    restart();
    assertThat(find(one)).isNull();
    assertThat(caller(two).isRevoked()).isFalse();
    assertThat(keyring.revoke(one.key().id())).isTrue();
    assertThat(keyring.rotate(one.key().id(), Duration.ZERO)).isEmpty();
  }

  @Test
  void expiredKeysAreNoKeysAndAreForgottenLater() throws SQLException {
    Created key = keyring.create(ANNE, expiring(NOON.plusSeconds(60)));
    assertThatThrownBy(() -> keyring.create(ANNE, expiring(NOON)))
        .isInstanceOf(IllegalArgumentException.class);
    Caller caller = caller(key);
    time.advance(Duration.ofMillis(59_999));
    assertThat(caller.isRevoked()).isFalse();
    time.advance(Duration.ofMillis(1));
    assertThat(caller.isRevoked()).isTrue();
    assertThat(find(key)).isNull();
    assertThat(keyring.rotate(key.key().id(), Duration.ofDays(1))).isEmpty();
    keyring.flushLastUsed();
    time.jumpTo("2026-11-22T12:01:00Z");
    assertThat(find(key)).as("the clock was put back").isSameAs(caller);
    time.advance(Duration.ofDays(2));
    keyring.flushLastUsed();
    time.jumpTo("2026-11-22T12:01:00Z");
    assertThat(find(key)).as("forgotten").isNull();
    assertThat(keyring.list(ANNE)).hasSize(1);
  }

  @Test
  void aRotatedKeyHasTheSameSettingsAndTheOldOneEndsInTime() throws SQLException {
    KeySettings settings =
        new KeySettings(
            "r", Set.of(Door.API), Set.of("m"), new Nanos(5), new Limits(1, 2, 3), null);
    Created one = keyring.create(ANNE, settings);
    Created two = keyring.rotate(one.key().id(), Duration.ofHours(1)).orElseThrow();
    assertThat(two.key().settings()).isEqualTo(settings);
    assertThat(two.key().account()).isEqualTo(ANNE);
    assertThat(two.key().id()).isNotEqualTo(one.key().id());
    assertThat(caller(two).limits()).isEqualTo(settings.limits());
    Caller old = caller(one);
    assertThat(old.expires()).isEqualTo(NOON.plus(Duration.ofHours(1)));
    assertThat(caller(two).expires()).isNull();
    time.advance(Duration.ofMinutes(59));
    assertThat(find(one)).isSameAs(old);
    restart();
    assertThat(find(one)).isNotNull();
    time.advance(Duration.ofMinutes(1));
    assertThat(old.isRevoked()).isTrue();
    assertThat(find(one)).isNull();
    Caller second = caller(two);
    Created three = keyring.rotate(two.key().id(), Duration.ZERO).orElseThrow();
    assertThat(second.isRevoked()).isTrue();
    assertThat(find(two)).isNull();
    assertThat(find(three)).isNotNull();
    assertThat(keyring.key(two.key().id()).orElseThrow().isLive(NOON)).isFalse();
    restart();
    assertThat(find(two)).isNull();
    assertThat(find(three)).isNotNull();
  }

  @Test
  void anOverlapNeverLengthensALifeAndIsSevenDaysAtMost() throws SQLException {
    Instant end = NOON.plusSeconds(60);
    Created one = keyring.create(ANNE, expiring(end));
    Created two = keyring.rotate(one.key().id(), Duration.ofDays(7)).orElseThrow();
    assertThat(two.key().settings().expires()).isEqualTo(end);
    assertThat(keyring.key(one.key().id()).orElseThrow().settings().expires()).isEqualTo(end);
    assertThat(find(one)).isNotNull();
    for (Duration wrong : List.of(Duration.ofDays(7).plusNanos(1), Duration.ofNanos(-1))) {
      assertThatThrownBy(() -> keyring.rotate(two.key().id(), wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
    time.advance(Duration.ofSeconds(60));
    assertThat(find(one)).isNull();
    assertThat(find(two)).isNull();
    assertThat(keyring.rotate("key_0", Duration.ZERO)).isEmpty();
  }

  @Test
  void lastUseIsKnownToTheMinuteAndKeptInBatches() throws SQLException {
    Created key = make("used");
    Created other = make("other");
    String id = key.key().id();
    assertThat(keyring.key(id).orElseThrow().lastUsed()).isNull();
    assertThat(find(key)).isNotNull();
    Instant minute = Instant.parse("2026-11-22T12:00:00Z");
    assertThat(keyring.key(id).orElseThrow().lastUsed()).isEqualTo(minute);
    keyring.flushLastUsed();
    restart();
    assertThat(keyring.key(id).orElseThrow().lastUsed()).isEqualTo(minute);
    time.jumpTo("2026-11-22T11:00:00Z");
    assertThat(find(key)).isNotNull();
    keyring.flushLastUsed();
    assertThat(keyring.key(id).orElseThrow().lastUsed()).isEqualTo(minute);
    time.jumpTo("2026-11-22T13:59:59Z");
    assertThat(find(key)).isNotNull();
    keyring.flushLastUsed();
    assertThat(keyring.list(ANNE))
        .extracting(StoredKey::id, StoredKey::lastUsed)
        .containsExactlyInAnyOrder(
            tuple(id, Instant.parse("2026-11-22T13:59:00Z")), tuple(other.key().id(), null));
  }

  @Test
  void theLastUseOfARevokedKeyIsKept() throws SQLException {
    Instant minute = Instant.parse("2026-11-22T12:00:00Z");
    List<String> ids = new ArrayList<>();
    for (String name : List.of("revoked", "rotated")) {
      Created key = make(name);
      assertThat(find(key)).isNotNull();
      ids.add(key.key().id());
    }
    keyring.revoke(ids.getFirst());
    keyring.rotate(ids.getLast(), Duration.ZERO);
    assertThat(keyring.key(ids.getFirst()).orElseThrow().lastUsed()).isEqualTo(minute);
    keyring.flushLastUsed();
    restart();
    for (String id : ids) {
      assertThat(keyring.key(id).orElseThrow().lastUsed()).isEqualTo(minute);
    }
  }

  @Test
  void onlyHashesReachTheDisk() throws SQLException {
    Created key = make("a name to be found");
    Created next = keyring.rotate(key.key().id(), Duration.ofHours(1)).orElseThrow();
    assertThat(find(next)).isNotNull();
    keyring.flushLastUsed();
    String disk = store.content(folder);
    assertThat(disk.indexOf("a name to be found")).isPositive();
    assertThat(disk.indexOf(Hash.of(key.secret().reveal()).hex())).isPositive();
    assertThat(disk.indexOf(KeySecret.PREFIX)).isNegative();
    for (Created each : List.of(key, next)) {
      String text = each.secret().reveal();
      assertThat(disk.indexOf(text.substring(9, 25))).isNegative();
      assertThat(disk.indexOf(text.substring(text.length() - 16))).isNegative();
      assertThat(each.toString()).doesNotContain(text.substring(9, 25));
    }
  }

  @Test
  void aNewerSchemaIsRefused() throws SQLException {
    db.write(connection -> {
      try (Statement statement = connection.createStatement()) {
        return statement.executeUpdate(
            "UPDATE schema_version SET version = 99 WHERE room = 'keys'");
      }
    });
    assertThatThrownBy(() -> new StoredKeyring(db, time, random))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("newer RunSpace")
        .hasMessageContaining("keys");
  }

  @Test
  void anAccountLosesAllOfItsKeysAndNobodyElseAny() throws Exception {
    Created one = make("one");
    Created two = make("two");
    Created other = keyring.create(BOB, KeySettings.named("other"));
    assertThat(keyring.revoke(one.key().id())).isTrue();
    assertThat(keyring.revokeAll(ANNE)).containsExactly(two.key().id());
    assertThat(keyring.find(two.secret().reveal())).isEmpty();
    assertThat(keyring.find(other.secret().reveal())).isPresent();
    assertThat(keyring.list(ANNE)).allMatch(key -> key.revoked() != null);
    assertThat(keyring.revokeAll(ANNE)).isEmpty();
  }
}
