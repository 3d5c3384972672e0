package com.runspace.auth;

import com.runspace.base.AccountId;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.http.Handler;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.StoredKeyring;
import com.runspace.wallet.Accounts;
import com.runspace.wallet.OneTimeCodes;
import com.runspace.wallet.Sessions;
import com.runspace.wallet.SignIn;
import com.runspace.web.SameOrigin;

/** The doors of sign-in on one event loop. */
public final class Auth {
  /** What all event loops share. */
  public record Shared(
      SignIn signIn,
      Accounts accounts,
      Sessions sessions,
      Visitors visitors,
      StoredKeyring keyring,
      SameOrigin origin,
      MemoryBudget budget,
      Limits limits,
      Time time) {}

  /** How often one address may ask, whichever event loop it comes to. */
  public static final class Limits {
    final SignInEndpoint.Pace pace;

    public Limits(Time time) {
      pace = SignInEndpoint.Pace.of(time);
    }
  }

  private final Shared shared;
  private final SignInEndpoint signIn;
  private final SessionEndpoint session;

  public Auth(Watch watch, Shared shared) {
    JsonDoor door = new JsonDoor(watch, shared.budget(), shared.origin());
    this.shared = shared;
    this.signIn = new SignInEndpoint(door, shared.limits().pace, shared);
    this.session = new SessionEndpoint(door, shared);
  }

  /** {@code POST /auth/challenge}. */
  public Handler challenge() {
    return signIn::challenge;
  }

  /** {@code POST /auth/verify}. */
  public Handler verify() {
    return signIn::verify;
  }

  /** {@code POST /auth/logout}. */
  public Handler logout() {
    return session::logout;
  }

  /** {@code POST /auth/logout-everywhere}. */
  public Handler logoutEverywhere() {
    return session::logoutEverywhere;
  }

  /** {@code POST /auth/end-session}. */
  public Handler endSession() {
    return session::end;
  }

  /** {@code POST /auth/unlink}. */
  public Handler unlink() {
    return session::unlink;
  }

  /**
   * {@code GET /auth/open}, for local mode alone.
   *
   * @param account the one account there is
   */
  public Handler open(OneTimeCodes codes, AccountId account) {
    return new OpenEndpoint(codes, account, shared.limits().pace.verifications(), shared);
  }
}
