package com.runspace.keys;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Keys that live as long as their process. Safe to share between threads. */
public final class MemoryKeyring implements Keyring {
  private final ConcurrentMap<KeyHash, Caller> live = new ConcurrentHashMap<>();
  private final Randomness random;

  public MemoryKeyring(Randomness random) {
    this.random = random;
  }

  @Override
  public Optional<Caller> find(String bearer) {
    if (!bearer.startsWith(KeySecret.PREFIX)) {
      return Optional.empty();
    }
    return Optional.ofNullable(live.get(KeyHash.of(bearer)));
  }

  /** Makes a key that may do everything its account may. The text cannot be had again. */
  public Secret create(AccountId account, String name) {
    String text = KeySecret.make(random);
    String id = "key_" + Long.toHexString(random.nextLong());
    live.put(
        KeyHash.of(text), new Caller(account, id, name, EnumSet.allOf(Door.class), Set.of(), null));
    return new Secret(text);
  }

  /** Ends a key at once; unknown texts change nothing. */
  public void revoke(Secret key) {
    live.remove(KeyHash.of(key.reveal()));
  }
}
