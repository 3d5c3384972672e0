package com.runspace.keys;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: one live credential.
 *
 * @param keyId the credential's public id; safe to log
 * @param name what its owner called it
 * @param models the only models it may use; empty for all
 * @param dailyCap the most it may spend in a day; null for no cap of its own
 */
public record Caller(
    AccountId account,
    String keyId,
    String name,
    Set<Door> doors,
    Set<String> models,
    @Nullable Nanos dailyCap) {
  public Caller {
    doors = Set.copyOf(doors);
    models = Set.copyOf(models);
  }

  public boolean mayUse(String model) {
    return models.isEmpty() || models.contains(model);
  }
}
