package com.runspace.keys;

import com.runspace.base.AccountId;
import com.runspace.keys.KeySecret.Hash;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The callers that are in memory, by the hash of their text, their id, and for the dashboard's own
 * credentials by their account. Looking one up never waits. Safe to share between threads.
 */
final class LiveKeys {
  private final Function<StoredKey, Caller> maker;
  private final ConcurrentMap<Hash, Caller> callers = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Hash> hashes = new ConcurrentHashMap<>();
  private final ConcurrentMap<AccountId, Caller> playgrounds = new ConcurrentHashMap<>();

  /** When keys that are no more here were last used, until the store knows it. */
  private final ConcurrentMap<String, Long> departed = new ConcurrentHashMap<>();

  /** Revocations that the store does not know yet, by id, with their time. */
  private final ConcurrentMap<String, Instant> unsaved = new ConcurrentHashMap<>();

  private volatile long stops;

  LiveKeys(Function<StoredKey, Caller> maker) {
    this.maker = maker;
  }

  @Nullable Caller find(Hash hash) {
    return callers.get(hash);
  }

  @Nullable Caller find(String id) {
    Hash hash = hashes.get(id);
    return hash == null ? null : callers.get(hash);
  }

  @Nullable Caller playground(AccountId account) {
    return playgrounds.get(account);
  }

  boolean has(String id) {
    return hashes.containsKey(id);
  }

  /** All that are here now. */
  List<Caller> all() {
    return List.copyOf(callers.values());
  }

  Set<String> ids() {
    return Set.copyOf(hashes.keySet());
  }

  int size() {
    return callers.size();
  }

  /** Lets a key in; nothing happens when it is in. */
  synchronized void add(KeyTable.Row row) {
    StoredKey key = row.key();
    if (hashes.putIfAbsent(key.id(), row.hash()) != null) {
      return;
    }
    Caller caller = maker.apply(key);
    callers.put(row.hash(), caller);
    if (key.settings().doors().contains(Door.PLAYGROUND)) {
      playgrounds.put(key.account(), caller);
    }
  }

  /** How many keys were ever stopped here; see {@link #learn}. */
  long stops() {
    return stops;
  }

  /**
   * Takes in a key as it was read from the store.
   *
   * @param stopsBefore what {@link #stops} said before it was read
   * @return false when it must be read again: some key was stopped since, and it could be this one
   */
  synchronized boolean learn(KeyTable.Row row, long stopsBefore, Instant now) {
    String id = row.key().id();
    if (row.key().revoked() == null && !has(id)) {
      // One that was revoked here is off, though the store may not know it yet.
      if (unsaved.containsKey(id) || !row.key().isLive(now)) {
        return true;
      }
      if (stops != stopsBefore) {
        return false;
      }
      add(row);
    }
    endAsStored(row);
    return true;
  }

  /** Ends a key that is here when its row says so: at once, or earlier than was known. */
  void endAsStored(KeyTable.Row row) {
    StoredKey key = row.key();
    Instant expires = key.settings().expires();
    Caller caller = find(key.id());
    if (key.revoked() != null) {
      stop(key.id());
    } else if (expires != null && caller != null) {
      caller.expireBy(expires.toEpochMilli());
    }
  }

  /**
   * Ends a key at once, for the calls that run too.
   *
   * @return whether it was here
   */
  synchronized boolean stop(String id) {
    stops++;
    Hash hash = hashes.remove(id);
    Caller caller = hash == null ? null : callers.remove(hash);
    if (caller == null) {
      return false;
    }
    caller.revoke();
    playgrounds.remove(caller.account(), caller);
    Long use = caller.unsavedUse();
    if (use != null) {
      departed.put(id, use);
    }
    return true;
  }

  /** When a key was last used in this process; null for never, or when the store knows it. */
  @Nullable Long lastUse(String id) {
    Caller caller = find(id);
    return caller == null ? departed.get(id) : caller.lastUse();
  }

  /** The last uses of keys that are no more here. */
  Map<String, Long> departed() {
    return Map.copyOf(departed);
  }

  /** The store knows these. */
  void departedSaved(Map<String, Long> uses) {
    uses.forEach(departed::remove);
  }

  /** Ends a key at once, and keeps that for the store, which may not get to know it now. */
  void stopForGood(String id, Instant now) {
    if (has(id)) {
      // Before it is stopped, or news of another node could let it in again meanwhile.
      unsaved.putIfAbsent(id, now);
    }
    stop(id);
  }

  /** Revocations that the store does not know yet, by id, with their time. */
  Map<String, Instant> unsaved() {
    return Map.copyOf(unsaved);
  }

  Instant revokedAt(String id, Instant otherwise) {
    return unsaved.getOrDefault(id, otherwise);
  }

  void revocationSaved(String id) {
    unsaved.remove(id);
  }
}
