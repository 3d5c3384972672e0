package com.runspace.upstream;

import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** All providers and whether each can be used now. Safe to share between threads. */
public final class Providers {
  private final ConcurrentMap<String, Provider> byName = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, String> outOfUse = new ConcurrentHashMap<>();

  public Providers(Collection<Provider> providers) {
    providers.forEach(this::put);
  }

  /** Adds a provider, or replaces the one of the same name, and puts it into use. */
  public void put(Provider provider) {
    byName.put(provider.name(), provider);
    outOfUse.remove(provider.name());
  }

  public void takeOut(String name, String reason) {
    outOfUse.put(name, reason);
  }

  /** Why a provider is not in use; empty when it is. */
  public Optional<String> outBecause(String name) {
    return Optional.ofNullable(outOfUse.get(name));
  }

  @Nullable Provider usable(String name) {
    return outOfUse.containsKey(name) ? null : byName.get(name);
  }
}
