package com.runspace.oauth;

import com.runspace.auth.Visitors;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.http.MemoryBudget;
import com.runspace.web.AddressLimits;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.web.Viewer;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The endpoints of the authorization server on one event loop. */
public final class OAuth {
  /**
   * What all event loops share.
   *
   * @param redirects addresses of other schemes that the operator allows
   * @param viewers who looks at a page; reads memory only
   */
  public record Shared(
      Issuer issuer,
      Grants grants,
      ClientDocuments documents,
      Set<String> redirects,
      Pending pending,
      Pages pages,
      Visitors visitors,
      Function<Exchange, @Nullable Viewer> viewers,
      SameOrigin origin,
      MemoryBudget budget,
      Limits limits,
      Time time,
      Randomness random) {}

  /**
   * How often one address may ask, in a minute. Hosted apps come with all of their users from few
   * addresses, so this is generous.
   */
  public record Limits(AddressLimits requests, AddressLimits tokens, AddressLimits registrations) {
    private static final int REQUESTS = 300;
    private static final int TOKENS = 1200;
    private static final int REGISTRATIONS = 120;

    public static Limits of(Time time) {
      return new Limits(
          new AddressLimits(time, REQUESTS),
          new AddressLimits(time, TOKENS),
          new AddressLimits(time, REGISTRATIONS));
    }
  }

  private final Watch watch;
  private final Shared shared;
  private final ConsentPage consent;

  public OAuth(Watch watch, Shared shared) {
    this.watch = watch;
    this.shared = shared;
    this.consent = new ConsentPage(watch, shared);
  }

  public Issuer issuer() {
    return shared.issuer();
  }

  /** {@code GET /oauth/authorize}. */
  public Handler authorize() {
    return new AuthorizeEndpoint(shared);
  }

  /** {@code GET /oauth/consent}. */
  public Handler consent() {
    return consent::show;
  }

  /** {@code POST /oauth/consent}. */
  public Handler decide() {
    return consent::decide;
  }

  /** {@code POST /oauth/token}. */
  public Handler token() {
    return new TokenEndpoint(watch, shared);
  }

  /** {@code POST /oauth/register}. */
  public Handler register() {
    return new RegistrationEndpoint(watch, shared);
  }

  /** {@code POST /oauth/revoke}. */
  public Handler revoke() {
    return new RevocationEndpoint(watch, shared);
  }
}
