package com.runspace.keys;

import com.runspace.base.Nanos;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the owner of a key decides about it. Checked here, with a sentence for the owner when
 * something does not fit ({@link IllegalArgumentException}).
 *
 * @param name what its owner calls it, at most 100 characters
 * @param doors the surfaces it opens, at least one
 * @param models the only models it may use; empty for all
 * @param dailyCap the most it may spend in a day; null for no cap of its own
 * @param expires from when on it is no key any more, kept in milliseconds; null for never
 */
public record KeySettings(
    String name,
    Set<Door> doors,
    Set<String> models,
    @Nullable Nanos dailyCap,
    Limits limits,
    @Nullable Instant expires) {
  private static final int NAME_LENGTH = 100;

  public KeySettings {
    doors = Set.copyOf(doors);
    models = Set.copyOf(models);
    if (name.isBlank() || name.length() > NAME_LENGTH || hasControls(name)) {
      throw new IllegalArgumentException(
          "a key's name must have 1 to " + NAME_LENGTH + " characters, none of them a control");
    }
    if (doors.isEmpty()) {
      throw new IllegalArgumentException("a key must open at least one door");
    }
    for (String model : models) {
      if (model.isBlank() || hasControls(model)) {
        throw new IllegalArgumentException(
            "a model's id cannot be empty or have control characters");
      }
    }
    if (dailyCap != null && dailyCap.isNegative()) {
      throw new IllegalArgumentException("a daily cap cannot be negative");
    }
    if (expires != null) {
      expires = Instant.ofEpochMilli(expires.toEpochMilli());
    }
  }

  /** A key that may do everything its account may, for ever. */
  public static KeySettings named(String name) {
    return new KeySettings(name, Door.OF_KEYS, Set.of(), null, Limits.NONE, /* expires= */ null);
  }

  private static boolean hasControls(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }
}
