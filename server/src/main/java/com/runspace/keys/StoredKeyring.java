package com.runspace.keys;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.keys.KeySecret.Hash;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The keys of the store. All live ones are in memory, and {@link #find} looks nowhere else, so a
 * flood of unknown keys costs a hash each and leaves nothing behind. Everything but {@code find}
 * blocks on the store and is not for an event loop. Safe to share between threads.
 *
 * <p>The text of a new key is handed out when the store has the key, so whoever has seen it has a
 * key that outlives a crash. A key is revoked in memory first, where that takes effect at once, and
 * in the store then: a revocation that was confirmed outlives a crash, and one that the store could
 * not keep is an error to whoever asked for it, holds until the process ends, and is written as
 * soon as the store can, by {@link #flushLastUsed}.
 */
public final class StoredKeyring implements Keyring {
  /** What is announced under this word is for {@link #heard}. */
  public static final String TOPIC = KeyTable.TOPIC;

  /** The longest time that a rotated key lives on. */
  public static final Duration LONGEST_OVERLAP = Duration.ofDays(7);

  /** So many live keys an account may have. */
  public static final int LIVE_MAX = 100;

  private static final int HINT_LENGTH = 4;

  /** So long are expired keys in memory: a wall clock that was ahead may be put back. */
  private static final Duration EXPIRED_KEPT = Duration.ofDays(1);

  /**
   * A key that was just made.
   *
   * @param secret its text, which cannot be had again
   */
  public record Created(Secret secret, StoredKey key) {}

  private final KeyTable table;
  private final Time time;
  private final Randomness random;
  private final LiveKeys live;

  /** The keys where no other node has their limits too; else as the other one. */
  public StoredKeyring(Db db, Time time, Randomness random) throws SQLException {
    this(db, time, random, /* shares= */ null);
  }

  /**
   * Reads all live keys. Blocks.
   *
   * @param shares where this node gets its parts of the keys' limits; null when there is no other
   * @throws SQLException when the store cannot be read, or was written by a newer version
   */
  public StoredKeyring(Db db, Time time, Randomness random, @Nullable Shares shares)
      throws SQLException {
    this.table = new KeyTable(db);
    this.live =
        new LiveKeys(key -> new Caller(key.account(), key.id(), key.settings(), time, shares));
    this.time = time;
    this.random = random;
    table.liveAt(now().minus(EXPIRED_KEPT)).forEach(live::add);
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }

  @Override
  public Optional<Caller> find(String bearer) {
    if (!KeySecret.hasForm(bearer)) {
      return Optional.empty();
    }
    Caller caller = live.find(Hash.of(bearer));
    if (caller == null || caller.isRevoked()) {
      return Optional.empty();
    }
    caller.use(time.epochMillis());
    return Optional.of(caller);
  }

  /** The live credential of an account's playground; reads memory only. */
  public Optional<Caller> playground(AccountId account) {
    Caller caller = live.playground(account);
    if (caller == null || caller.isRevoked()) {
      return Optional.empty();
    }
    caller.use(time.epochMillis());
    return Optional.of(caller);
  }

  /** The live credential of this public id, as an app's tokens lead to it; reads memory only. */
  public Optional<Caller> live(String id) {
    Caller caller = live.find(id);
    return caller == null || caller.isRevoked() ? Optional.empty() : Optional.of(caller);
  }

  /** Notes that a credential was used through a token. */
  public void used(Caller caller) {
    caller.use(time.epochMillis());
  }

  /**
   * Makes a key, which works when this returns. Blocks.
   *
   * @throws IllegalArgumentException when it would be expired already
   * @throws SQLException when the store could not keep it; then there is no such key
   */
  public Created create(AccountId account, KeySettings settings) throws SQLException {
    return create(account, settings, StoredKey.Kind.KEY, Integer.MAX_VALUE).orElseThrow();
  }

  /**
   * Makes a key for an account that has fewer live ones than {@link #LIVE_MAX}, on whatever node
   * they were made. Else as {@link #create}.
   *
   * @return empty when it has as many as it may
   */
  public Optional<Created> createWithin(AccountId account, KeySettings settings)
      throws SQLException {
    return create(account, settings, StoredKey.Kind.KEY, LIVE_MAX);
  }

  /**
   * Makes the credential of an app: like a key, but nobody ever has its text. Blocks.
   *
   * @throws IllegalArgumentException when it would be expired already
   * @throws SQLException when the store could not keep it; then there is none
   */
  public StoredKey createForApp(AccountId account, KeySettings settings) throws SQLException {
    return create(account, settings, StoredKey.Kind.APP, Integer.MAX_VALUE).orElseThrow().key();
  }

  private Optional<Created> create(
      AccountId account, KeySettings settings, StoredKey.Kind kind, int most) throws SQLException {
    Instant now = now();
    Instant expires = settings.expires();
    if (expires != null && !expires.isAfter(now)) {
      throw new IllegalArgumentException("a key cannot expire before it is made");
    }
    Secret secret = new Secret(KeySecret.make(random));
    KeyTable.Row row = row(secret, account, settings, now, kind);
    // In memory first, so that whoever sees it in the store can revoke it; nobody has its text yet.
    live.add(row);
    boolean kept = false;
    try {
      kept = table.insert(row, most);
    } finally {
      if (!kept) {
        live.stop(row.key().id());
      }
    }
    return kept ? Optional.of(new Created(secret, row.key())) : Optional.empty();
  }

  private KeyTable.Row row(
      Secret secret, AccountId account, KeySettings settings, Instant now, StoredKey.Kind kind) {
    String text = secret.reveal();
    boolean isShown = kind == StoredKey.Kind.KEY;
    String hint = isShown ? text.substring(text.length() - HINT_LENGTH) : "";
    String id = KeySecret.newId(random);
    return new KeyTable.Row(
        Hash.of(text),
        new StoredKey(
            id, account, settings, hint, now, /* lastUsed= */ null, /* revoked= */ null, kind));
  }

  /**
   * Ends a key at once, for the calls that run too. Doing it again does no harm. Blocks, but the
   * key is off before anything waits.
   *
   * @return whether there ever was such a key
   * @throws SQLException when the store could not keep it. The key is off all the same, but would
   *     be back after a crash or a restart until the store has it: ask again, or see that {@link
   *     #flushLastUsed} has succeeded since
   */
  public boolean revoke(String id) throws SQLException {
    Instant now = now();
    live.stopForGood(id, now);
    try {
      boolean known = table.revoke(id, live.revokedAt(id, now));
      if (known) {
        live.revocationSaved(id);
      }
      return known;
    } catch (SQLException cannot) {
      throw new SQLException(
          "the key "
              + id
              + " is off now, but the store could not keep that, and a restart would bring it"
              + " back: "
              + cannot.getMessage(),
          cannot);
    }
  }

  /**
   * Ends all keys of an account, as {@link #revoke} ends one; all of them are off before anything
   * waits. Blocks.
   *
   * @return the ids of those that were not revoked before
   * @throws SQLException when the store could not keep it for all of them
   */
  public List<String> revokeAll(AccountId account) throws SQLException {
    Instant now = now();
    for (Caller caller : live.all()) {
      if (caller.account().equals(account)) {
        live.stopForGood(caller.keyId(), now);
      }
    }
    // Those that expired long ago are not in memory.
    List<String> ids =
        table.list(account).stream()
            .filter(key -> key.revoked() == null)
            .map(StoredKey::id)
            .toList();
    for (String id : ids) {
      revoke(id);
    }
    return ids;
  }

  /** How many keys are in memory. */
  int size() {
    return live.size();
  }

  /**
   * Makes a key with the settings of a live one, which ends after the overlap. Limits and caps are
   * of a key, so in the overlap there is twice of each. Blocks.
   *
   * @param overlap how long the old key lives on, zero for not at all, at most {@link
   *     #LONGEST_OVERLAP}
   * @return empty when there is no such live key
   * @throws IllegalArgumentException when the overlap is out of range
   * @throws SQLException when the store could not keep it; then all is as before
   */
  public Optional<Created> rotate(String id, Duration overlap) throws SQLException {
    if (overlap.isNegative() || overlap.compareTo(LONGEST_OVERLAP) > 0) {
      throw new IllegalArgumentException(
          "the overlap must be from 0 to " + LONGEST_OVERLAP.toDays() + " days");
    }
    if (!live.has(id)) {
      return Optional.empty();
    }
    Instant now = now();
    Secret secret = new Secret(KeySecret.make(random));
    AtomicReference<KeyTable.@Nullable Row> made = new AtomicReference<>();
    boolean kept = false;
    try {
      Optional<KeyTable.Rotated> rotated =
          table.rotate(
              id,
              old -> {
                KeyTable.Row next =
                    row(secret, old.key().account(), old.key().settings(), now, StoredKey.Kind.KEY);
                made.set(next);
                live.add(next);
                return next;
              },
              now,
              now.plus(overlap));
      kept = true;
      rotated.ifPresent(done -> live.endAsStored(done.old()));
      return rotated.map(done -> new Created(secret, done.next().key()));
    } finally {
      KeyTable.Row next = made.get();
      if (!kept && next != null) {
        live.stop(next.key().id());
      }
    }
  }

  /**
   * Takes in what another node has done with a key: it works here from now on, ends earlier, or is
   * off at once, for the calls that run too. Blocks.
   *
   * @throws SQLException when the store cannot be read; {@link #resync} makes up for it
   */
  public void heard(String id) throws SQLException {
    boolean isDone = false;
    while (!isDone) {
      long stops = live.stops();
      KeyTable.Row row = table.row(id).orElse(null);
      // One without a row is being made here just now.
      isDone = row == null || live.learn(row, stops, now());
    }
  }

  /**
   * Takes in all that other nodes have done since nobody knows when. To be called when the store
   * can be heard again. Blocks.
   *
   * @throws SQLException when the store cannot be read; then not all of it was taken in
   */
  public void resync() throws SQLException {
    long stops = live.stops();
    Set<String> others = new HashSet<>(live.ids());
    for (KeyTable.Row row : table.liveAt(now().minus(EXPIRED_KEPT))) {
      others.remove(row.key().id());
      if (!live.learn(row, stops, now())) {
        heard(row.key().id());
      }
    }
    for (String id : others) {
      heard(id);
    }
  }

  /** A key by its id, revoked and expired ones too. Blocks. */
  public Optional<StoredKey> key(String id) throws SQLException {
    return table.find(id).map(this::withLastUsed);
  }

  /** The keys of an account, the newest first, revoked and expired ones too. Blocks. */
  public List<StoredKey> list(AccountId account) throws SQLException {
    return table.list(account).stream().map(this::withLastUsed).toList();
  }

  /** Whether an account has as many live keys as it may; apps that were let in are none. Blocks. */
  public boolean isFull(AccountId account) throws SQLException {
    Instant now = now();
    return table.list(account).stream()
            .filter(key -> key.kind() == StoredKey.Kind.KEY && key.isLive(now))
            .count()
        >= LIVE_MAX;
  }

  /** The keys of all accounts, the newest first, revoked and expired ones too. Blocks. */
  public List<StoredKey> listAll() throws SQLException {
    return table.list(/* account= */ null).stream().map(this::withLastUsed).toList();
  }

  private StoredKey withLastUsed(StoredKey key) {
    Long use = live.lastUse(key.id());
    return use == null ? key : key.withLastUsed(Instant.ofEpochMilli(use));
  }

  /**
   * Writes into the store when keys were last used, and revocations that it could not keep before;
   * forgets keys that expired long ago. To be called each minute and before the store closes.
   * Blocks.
   *
   * @throws SQLException when the store could not keep it; the next call tries again
   */
  public void flushLastUsed() throws SQLException {
    for (Map.Entry<String, Instant> revocation : live.unsaved().entrySet()) {
      // One that was ended while it was being made has no row yet, and may get one.
      boolean known = table.revoke(revocation.getKey(), revocation.getValue());
      if (known || revocation.getValue().isBefore(now().minus(EXPIRED_KEPT))) {
        live.revocationSaved(revocation.getKey());
      }
    }
    Map<String, Long> gone = live.departed();
    Map<String, Long> uses = new HashMap<>(gone);
    Map<Caller, Long> used = new HashMap<>();
    long longAgo = now().minus(EXPIRED_KEPT).toEpochMilli();
    for (Caller caller : live.all()) {
      Long use = caller.unsavedUse();
      if (use != null) {
        uses.put(caller.keyId(), use);
        used.put(caller, use);
      }
    }
    if (!uses.isEmpty()) {
      table.saveLastUsed(uses);
      live.departedSaved(gone);
      used.forEach((caller, use) -> caller.useSaved(use));
    }
    for (Caller caller : live.all()) {
      if (caller.hasExpired(longAgo)) {
        live.stop(caller.keyId());
      }
    }
  }
}
