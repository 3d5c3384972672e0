package com.runspace.upstream;

import com.runspace.base.Time;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.models.Route;
import com.runspace.upstream.RouteState.Kind;
import java.lang.System.Logger;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * All providers and how their routes are: by what probes found, and by how calls went. Safe to
 * share between threads.
 */
public final class Providers {
  private static final Logger LOG = System.getLogger(Providers.class.getName());

  /** How long a provider that refuses our key, or wants to be paid, is left alone. */
  static final long REFUSED_NANOS = TimeUnit.MINUTES.toNanos(5);

  private static final long CLOCK_SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final ConcurrentMap<String, Supply> byName = new ConcurrentHashMap<>();
  private final Time time;

  public Providers(Collection<Provider> providers, Time time) {
    this.time = time;
    providers.forEach(this::put);
  }

  /** What is known of one provider. */
  private static final class Supply {
    final Provider provider;
    final ConcurrentMap<String, Breaker> breakers = new ConcurrentHashMap<>();
    volatile boolean probed;
    volatile @Nullable String out;
    volatile @Nullable Set<String> models;
    volatile boolean refuses;
    volatile long refusesUntilNanos;

    Supply(Provider provider) {
      this.provider = provider;
      this.probed = !provider.isProbed();
    }

    Breaker breaker(String model) {
      Breaker known = breakers.get(model);
      return known != null
          ? known
          : breakers.computeIfAbsent(model, _ -> new Breaker(provider.restAfter()));
    }

    /** Why no call goes to this route by what probes and refusals say; null when one may. */
    @Nullable String closedBecause(String model, long nowNanos) {
      if (out != null) {
        return out;
      }
      if (refuses && nowNanos - refusesUntilNanos < 0) {
        return "it refuses our key, or wants to be paid";
      }
      Set<String> sold = models;
      return sold == null || sold.contains(model) ? null : "it does not list " + model;
    }
  }

  /** Adds a provider, or replaces the one of the same name, and puts it into use. */
  public void put(Provider provider) {
    byName.put(provider.name(), new Supply(provider));
  }

  /** Takes a provider out of use until it is put in anew. */
  public void takeOut(String name, String reason) {
    Supply supply = byName.get(name);
    if (supply != null) {
      supply.out = reason;
    }
  }

  /** All providers, in no order. */
  public List<Provider> list() {
    return byName.values().stream().map(supply -> supply.provider).toList();
  }

  @Nullable Provider find(String name) {
    Supply supply = byName.get(name);
    return supply == null ? null : supply.provider;
  }

  /** The provider of a route, when a call may be sent over it now. */
  @Nullable Provider admit(Route route, long nowNanos) {
    Supply supply = byName.get(route.provider());
    if (supply == null || supply.closedBecause(route.model(), nowNanos) != null) {
      return null;
    }
    return supply.breaker(route.model()).admits(nowNanos) ? supply.provider : null;
  }

  boolean isPrivate(Route route) {
    Supply supply = byName.get(route.provider());
    return supply != null && supply.provider.isPrivate();
  }

  /** How a route is. */
  public RouteState state(Route route) {
    Supply supply = byName.get(route.provider());
    if (supply == null) {
      return RouteState.down("the provider is not configured");
    }
    long now = time.nanos();
    String closed = supply.closedBecause(route.model(), now);
    if (closed != null) {
      return RouteState.down(closed);
    }
    if (supply.breaker(route.model()).isResting(now)) {
      return RouteState.down("calls fail there; it is tried again shortly");
    }
    return supply.probed
        ? RouteState.UP
        : new RouteState(Kind.UNVERIFIED, "it has not been looked at yet");
  }

  /** Whether a route of this model is verified up, so that the model is listed. */
  public boolean isUp(Model model) {
    for (Route route : model.routes()) {
      if (state(route).kind() == Kind.UP) {
        return true;
      }
    }
    return false;
  }

  /** The models that can be called now: those with a route that is verified up. */
  public List<Model> listed(Catalogue catalogue) {
    return catalogue.list().stream().filter(this::isUp).toList();
  }

  /** Seconds until a route of this model is tried again; 0 when that is not known. */
  long restSeconds(Model model, long nowNanos) {
    long least = Long.MAX_VALUE;
    for (Route route : model.routes()) {
      Supply supply = byName.get(route.provider());
      if (supply != null && supply.closedBecause(route.model(), nowNanos) == null) {
        least = Math.min(least, supply.breaker(route.model()).restLeft(nowNanos));
      }
    }
    return least == Long.MAX_VALUE ? 0 : Math.ceilDiv(least, TimeUnit.SECONDS.toNanos(1));
  }

  void succeeded(Route route) {
    Supply supply = byName.get(route.provider());
    if (supply != null) {
      supply.breaker(route.model()).succeeded();
    }
  }

  void failed(Route route, long nowNanos) {
    Supply supply = byName.get(route.provider());
    if (supply != null && supply.breaker(route.model()).failed(nowNanos)) {
      LOG.log(
          Logger.Level.WARNING,
          "{0}: calls to {1} fail: it rests for some seconds",
          route.provider(),
          route.model());
    }
  }

  /** The provider asked for a pause. */
  void rest(Route route, long nowNanos, long seconds) {
    Supply supply = byName.get(route.provider());
    if (supply != null && seconds > 0) {
      // Callers are told the same time, and a clock that ticks must not find them too early.
      long nanos = TimeUnit.SECONDS.toNanos(seconds) - CLOCK_SLACK_NANOS;
      supply.breaker(route.model()).rest(nowNanos, nanos);
    }
  }

  /** Takes a provider out of use because it refuses our key; the operator has to mend it. */
  void refusedOurKey(Route route, long nowNanos, int status) {
    Supply supply = byName.get(route.provider());
    if (supply != null) {
      LOG.log(
          Logger.Level.ERROR,
          "{0} refuses our key or wants to be paid (status {1}): its routes are out for"
              + " five minutes",
          route.provider(),
          status);
      supply.refusesUntilNanos = nowNanos + REFUSED_NANOS;
      supply.refuses = true;
    }
  }

  /** A probe found the provider well; {@code models} is null when it does not list them. */
  void found(Provider provider, @Nullable Set<String> models) {
    Supply supply = byName.get(provider.name());
    if (supply == null || !supply.provider.equals(provider)) {
      return;
    }
    if (supply.out != null) {
      LOG.log(Logger.Level.INFO, "{0}: answers again", provider.name());
    }
    supply.models = models;
    supply.out = null;
    supply.probed = true;
  }

  /** A probe found that calls would fail. */
  void missed(Provider provider, String reason) {
    Supply supply = byName.get(provider.name());
    if (supply == null || !supply.provider.equals(provider)) {
      return;
    }
    if (!reason.equals(supply.out)) {
      LOG.log(Logger.Level.WARNING, "{0}: out of use: {1}", provider.name(), reason);
    }
    supply.out = reason;
    supply.probed = true;
  }

  /** Whether a probe has found it well and nothing has happened since. */
  boolean isWell(Provider provider) {
    Supply supply = byName.get(provider.name());
    return supply != null && supply.probed && supply.out == null;
  }
}
