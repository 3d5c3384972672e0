package com.runspace.upstream;

import com.runspace.models.Model;
import com.runspace.models.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one call, one after another, and what became of each. Routes whose own window is
 * too small for the call by estimate come last; those that are out of use are left out.
 */
public final class Ways {
  /** What a call wants of its route. */
  public record Needs(long tokens, boolean remoteMedia) {}

  private final Upstreams upstreams;
  private final Model model;
  private final Needs needs;
  private int at;
  private @Nullable Route route;

  Ways(Upstreams upstreams, Model model, Needs needs) {
    this.upstreams = upstreams;
    this.model = model;
    this.needs = needs;
  }

  /** The next provider to try, null when there is none left. */
  public @Nullable Upstream next(long nowNanos) {
    List<Route> routes = model.routes();
    while (at < 2 * routes.size()) {
      Route candidate = routes.get(at % routes.size());
      boolean roomy = candidate.window() >= needs.tokens();
      boolean first = at++ < routes.size();
      if (roomy != first) {
        continue;
      }
      Upstream upstream = upstreams.admit(candidate, nowNanos);
      if (upstream != null && !(needs.remoteMedia() && upstream.provider().isPrivate())) {
        route = candidate;
        return upstream;
      }
    }
    return null;
  }

  /** The route that {@link #next} has chosen last. */
  public Route route() {
    if (route == null) {
      throw new IllegalStateException("no route yet");
    }
    return route;
  }

  /** Seconds after which a route may be open again; 0 when that is not known. */
  public long restSeconds(long nowNanos) {
    return upstreams.providers().restSeconds(model, nowNanos);
  }

  /** The route has given a whole answer, or has refused the call for a fault of the caller. */
  public void succeeded() {
    if (route != null) {
      upstreams.providers().succeeded(route);
    }
  }

  /** The route gave no answer, or broke it off. */
  public void failed(long nowNanos) {
    if (route != null) {
      upstreams.providers().failed(route, nowNanos);
    }
  }

  /** The provider said no to us, not to the caller. */
  public void refused(int status, long retryAfterSeconds, long nowNanos) {
    if (route == null) {
      return;
    }
    switch (status) {
      case 401, 402, 403 -> upstreams.providers().refusedOurKey(route, nowNanos, status);
      case 429 -> upstreams.providers().rest(route, nowNanos, Math.min(retryAfterSeconds, 60));
      default -> upstreams.providers().failed(route, nowNanos);
    }
  }
}
