package com.runspace.keys;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.keys.KeySecret.Hash;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Keys that live as long as their process. Safe to share between threads. */
public final class MemoryKeyring implements Keyring {
  private final ConcurrentMap<Hash, Caller> live = new ConcurrentHashMap<>();
  private final Randomness random;
  private final Time time;

  public MemoryKeyring(Randomness random) {
    this(random, Time.system());
  }

  public MemoryKeyring(Randomness random, Time time) {
    this.random = random;
    this.time = time;
  }

  @Override
  public Optional<Caller> find(String bearer) {
    if (!KeySecret.hasForm(bearer)) {
      return Optional.empty();
    }
    return Optional.ofNullable(live.get(Hash.of(bearer))).filter(key -> !key.isRevoked());
  }

  /** Makes a key that may do everything its account may. The text cannot be had again. */
  public Secret create(AccountId account, String name) {
    return create(account, KeySettings.named(name));
  }

  /** Makes a key. The text cannot be had again. */
  public Secret create(AccountId account, KeySettings settings) {
    String text = KeySecret.make(random);
    String id = KeySecret.newId(random);
    live.put(Hash.of(text), new Caller(account, id, settings, time, /* shares= */ null));
    return new Secret(text);
  }

  /** Ends a key at once, for the calls that run too; unknown texts change nothing. */
  public void revoke(Secret key) {
    Caller caller = live.remove(Hash.of(key.reveal()));
    if (caller != null) {
      caller.revoke();
    }
  }
}
