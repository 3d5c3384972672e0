package com.runspace.keys;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: one live credential, with its limits. The same object as long as the key lives, so
 * that a call in flight sees in it that the key is no more. Safe to share; nothing here blocks.
 */
public final class Caller {
  private static final long NEVER = Long.MAX_VALUE;
  private static final long CLOCK_SLACK_NANOS = 1_000_000_000;
  private static final long MINUTE_MILLIS = 60_000;

  private static final long NOT_YET = Long.MIN_VALUE;

  private final AccountId account;
  private final String keyId;
  private final KeySettings settings;
  private final Limiter limiter;
  private final Time time;
  private volatile boolean revoked;
  private volatile long expiresMillis;

  /** The minute of the last use and of the last that was stored, in epoch milliseconds. */
  private volatile long lastUseMillis = NOT_YET;

  private volatile long savedUseMillis = NOT_YET;

  /**
   * Makes a credential with its limits.
   *
   * @param shares where this node gets its parts of the limits; null when there is no other node
   */
  Caller(
      AccountId account, String keyId, KeySettings settings, Time time, @Nullable Shares shares) {
    this.account = account;
    this.keyId = keyId;
    this.settings = settings;
    // Event loops ask with a clock that ticks, and must not seem to come before the beginning.
    long begin = time.nanos() - CLOCK_SLACK_NANOS;
    Limits limits = settings.limits();
    this.limiter =
        shares == null || limits.equals(Limits.NONE)
            ? new Limiter(limits, begin)
            : new Limiter(limits, begin, keyId, shares, time);
    this.time = time;
    Instant expires = settings.expires();
    this.expiresMillis = expires == null ? NEVER : expires.toEpochMilli();
  }

  public AccountId account() {
    return account;
  }

  /** The credential's public id; safe to log. */
  public String keyId() {
    return keyId;
  }

  /** What its owner called it. */
  public String name() {
    return settings.name();
  }

  /** The surfaces it opens. */
  public Set<Door> doors() {
    return settings.doors();
  }

  /** The only models it may use; empty for all. */
  public Set<String> models() {
    return settings.models();
  }

  /** The most it may spend in a day; null for no cap of its own. */
  public @Nullable Nanos dailyCap() {
    return settings.dailyCap();
  }

  public Limits limits() {
    return settings.limits();
  }

  /** From when on it is no key any more; null for never. A rotation may bring it nearer. */
  public @Nullable Instant expires() {
    long expires = expiresMillis;
    return expires == NEVER ? null : Instant.ofEpochMilli(expires);
  }

  public boolean mayUse(String model) {
    return models().isEmpty() || models().contains(model);
  }

  /**
   * Lets a call begin if the limits allow it.
   *
   * @param nowNanos monotonic, see {@link Time#nanos}; some milliseconds of age do no harm
   * @param tokens to reserve: the bound of the prompt and the most that may be answered
   */
  public Admission admit(long nowNanos, long tokens) {
    return limiter.admit(nowNanos, tokens);
  }

  /** How the limits stand on this node: what remains is what it can let in without asking. */
  public RateState rates(long nowNanos) {
    return limiter.state(nowNanos);
  }

  /** Whether the key is no more, revoked or expired; a call that runs under it is to be ended. */
  public boolean isRevoked() {
    return revoked || hasExpired(time.epochMillis());
  }

  boolean hasExpired(long epochMillis) {
    long expires = expiresMillis;
    return expires != NEVER && epochMillis >= expires;
  }

  void revoke() {
    revoked = true;
  }

  /** Brings the end nearer; never takes it further away. */
  synchronized void expireBy(long epochMillis) {
    expiresMillis = Math.min(expiresMillis, epochMillis);
  }

  /** Notes a use. Written once a minute only, so that event loops do not fight over it. */
  void use(long epochMillis) {
    long minute = Math.floorDiv(epochMillis, MINUTE_MILLIS) * MINUTE_MILLIS;
    if (minute != lastUseMillis) {
      lastUseMillis = minute;
    }
  }

  /** The minute of the last use in this process, in epoch milliseconds; null for none. */
  @Nullable Long lastUse() {
    long last = lastUseMillis;
    return last == NOT_YET ? null : last;
  }

  /** The last use, in epoch milliseconds, when the store does not have it yet; else null. */
  @Nullable Long unsavedUse() {
    long last = lastUseMillis;
    return last == savedUseMillis ? null : last;
  }

  void useSaved(long epochMillis) {
    savedUseMillis = epochMillis;
  }
}
