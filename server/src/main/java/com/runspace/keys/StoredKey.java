package com.runspace.keys;

import com.runspace.base.AccountId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key as its owner sees it: all but the text.
 *
 * @param id public, {@code key_} and 16 hex digits
 * @param settings with the expiry as it is now, which a rotation may have brought nearer
 * @param hint the last four characters of the text
 * @param lastUsed to the minute, at most some minutes late; null for never
 * @param revoked null for not
 * @param kind who holds its text
 */
public record StoredKey(
    String id,
    AccountId account,
    KeySettings settings,
    String hint,
    Instant created,
    @Nullable Instant lastUsed,
    @Nullable Instant revoked,
    Kind kind) {

  /** Who holds the text of a key. */
  public enum Kind {
    /** Its owner. */
    KEY,
    /** Nobody: it stands for an app that its owner let in, and is found by the app's tokens. */
    APP
  }

  /** A key whose owner holds its text. */
  public StoredKey(
      String id,
      AccountId account,
      KeySettings settings,
      String hint,
      Instant created,
      @Nullable Instant lastUsed,
      @Nullable Instant revoked) {
    this(id, account, settings, hint, created, lastUsed, revoked, Kind.KEY);
  }

  /** Whether it opened a door at this moment. */
  public boolean isLive(Instant now) {
    Instant expires = settings.expires();
    return revoked == null && (expires == null || now.isBefore(expires));
  }

  StoredKey withLastUsed(Instant moment) {
    boolean isLater = lastUsed == null || moment.isAfter(lastUsed);
    return isLater
        ? new StoredKey(id, account, settings, hint, created, moment, revoked, kind)
        : this;
  }
}
