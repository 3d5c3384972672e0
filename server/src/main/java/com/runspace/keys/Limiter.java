package com.runspace.keys;

import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.keys.Admission.Kind;
import com.runspace.keys.Admission.Limited;
import com.runspace.keys.Limits.Rate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Counts one key's calls against its limits. Lock-free: the whole state is one value, replaced by
 * compare-and-set, so a call takes its place among requests, tokens and running calls or none of
 * them.
 *
 * <p>A rate is the generic cell rate algorithm: all that is kept is the moment at which everything
 * may be used again. What is taken moves that moment on; it may lie a minute ahead at most. So at
 * most one limit may be used at once, and in a span of {@code t} minutes at most {@code 1 + t}
 * limits.
 *
 * <p>Tokens are reserved before they are used, and time gives back reserved tokens as it does used
 * ones. A refund must not give them back again, or a key could save up more than its limit. What is
 * taken fills the time ahead in the order in which it came; a reservation's place there is known
 * when it is made, and can only have come nearer since by refunds to others. What of that nearest
 * place is past has been given back by time; the refund is at most what lies ahead.
 *
 * <p>Where nodes share the limits, each counts with its {@link Parts}. A part is a limit of its
 * own: its units may be used at once and come back within a minute. A part that grows or shrinks
 * leaves what was taken of it taken, and never becomes smaller than that. So what all nodes
 * together have taken and not yet got back is never more than the limit, however parts move between
 * them; it comes back no faster than on one machine, since only the parts of nodes that have
 * something to get back bring it; and what one machine would refuse, no node lets in.
 *
 * <p>The time ahead has another length after a part has changed, so the place of an earlier
 * reservation is not known any more. Its refund goes by the units that its node's part has brought
 * back since it was made: all of them could have been its own.
 */
final class Limiter {
  /** Nobody knows when a call ends; a second is what clients wait at the least anyway. */
  private static final long CONCURRENT_RETRY_MILLIS = 1_000;

  /** What of each limit can be used on this node. */
  private record Amounts(Rate requests, Rate tokens, long calls) {}

  /**
   * @param requestsFullAt when all requests may be used again, monotonic nanoseconds
   * @param tokensFullAt the same of tokens
   * @param refunded all nanoseconds of tokens that refunds ever gave back
   */
  private record State(
      long requestsFullAt, long tokensFullAt, long refunded, long running, Amounts amounts) {}

  /**
   * What one call took.
   *
   * @param cost nanoseconds of tokens
   * @param ahead nanoseconds from {@code atNanos} until time began to give this back
   * @param refunded the state's, when it was made
   * @param rate of which the nanoseconds are
   */
  record Reservation(long atNanos, long cost, long ahead, long refunded, Rate rate) {}

  /**
   * A limit that a call does not fit into.
   *
   * @param missing what this node would need beyond its part; 0 when no part would do
   * @param limited what to say when there is no more
   */
  record Gap(Kind kind, long missing, Limited limited) {}

  private final Limits limits;
  private final AtomicReference<State> state;
  private final @Nullable Parts parts;

  /** A limiter that has all of each limit. */
  Limiter(Limits limits, long nowNanos) {
    this.limits = limits;
    this.parts = null;
    this.state = new AtomicReference<>(full(limits, nowNanos));
  }

  /** A limiter that begins with nothing of any limit, and gets parts of them. */
  Limiter(Limits limits, long nowNanos, String keyId, Shares shares, Time time) {
    this.limits = limits;
    this.parts = new Parts(this, limits, keyId, shares, time);
    this.state = new AtomicReference<>(empty(limits, nowNanos));
  }

  private static State full(Limits limits, long now) {
    long requests = limits.requestsPerMinute();
    long tokens = limits.tokensPerMinute();
    Amounts all =
        new Amounts(
            Rate.perMinute(requests, requests, now, 0),
            Rate.perMinute(tokens, tokens, now, 0),
            limits.concurrentCalls());
    return new State(now, now, 0, 0, all);
  }

  private static State empty(Limits limits, long now) {
    Amounts none =
        new Amounts(
            Rate.perMinute(limits.requestsPerMinute(), 0, now, 0),
            Rate.perMinute(limits.tokensPerMinute(), 0, now, 0),
            0);
    return new State(now, now, 0, 0, none);
  }

  Limits limits() {
    return limits;
  }

  /**
   * Lets a call begin or not.
   *
   * @param need tokens to reserve; more than the limit of a minute reserves just that limit, since
   *     such a call could never run otherwise
   */
  Admission admit(long nowNanos, long need) {
    if (parts != null && !parts.areGood()) {
      return new Admission.Closed();
    }
    long units = Math.min(need, limits.tokensPerMinute());
    while (true) {
      State before = state.get();
      Rate requests = before.amounts.requests;
      Rate tokens = before.amounts.tokens;
      long requestDebt = requests.debt(before.requestsFullAt, nowNanos);
      long tokenDebt = tokens.debt(before.tokensFullAt, nowNanos);
      long cost = tokens.cost(units);
      Admission no = refusal(before, requestDebt, tokenDebt, cost);
      if (no != null) {
        return no;
      }
      State after =
          new State(
              nowNanos + requestDebt + requests.interval(),
              nowNanos + tokenDebt + cost,
              before.refunded,
              before.running + 1,
              before.amounts);
      if (state.compareAndSet(before, after)) {
        return new Admission.Admitted(
            this, new Reservation(nowNanos, cost, tokenDebt, before.refunded, tokens));
      }
    }
  }

  /** Null when the call fits all limits. */
  private @Nullable Admission refusal(State now, long requestDebt, long tokenDebt, long cost) {
    Rate requests = now.amounts.requests;
    Rate tokens = now.amounts.tokens;
    boolean isFull = limits.concurrentCalls() > 0 && now.running >= now.amounts.calls;
    // A node without any part of the tokens could not count what a call uses beyond its bound.
    boolean isTokenless = tokens.limit() > 0 && tokens.amount() == 0;
    if (requests.wait(requestDebt, requests.interval()) <= 0
        && tokens.wait(tokenDebt, cost) <= 0
        && !isFull
        && !isTokenless) {
      return null;
    }
    List<Gap> gaps = new ArrayList<>(3);
    if (requests.wait(requestDebt, requests.interval()) > 0) {
      gaps.add(gap(Kind.REQUESTS, requests, requestDebt, requests.interval()));
    }
    if (isTokenless || tokens.wait(tokenDebt, cost) > 0) {
      gaps.add(
          gap(Kind.TOKENS, tokens, tokenDebt, Math.max(cost, isTokenless ? tokens.interval() : 0)));
    }
    if (isFull) {
      long most = limits.concurrentCalls();
      gaps.add(
          new Gap(
              Kind.CONCURRENT,
              now.running < most ? now.running + 1 - now.amounts.calls : 0,
              new Limited(Kind.CONCURRENT, most, 0, CONCURRENT_RETRY_MILLIS)));
    }
    return parts == null ? longest(gaps) : parts.ask(gaps);
  }

  private static Gap gap(Kind kind, Rate rate, long debt, long cost) {
    return new Gap(kind, rate.missing(debt, cost), rate.limited(kind, debt, cost));
  }

  /** The limit with the longest wait, but running calls only when there is no other. */
  static Limited longest(List<Gap> gaps) {
    Limited longest = gaps.getFirst().limited;
    for (Gap gap : gaps) {
      if (gap.kind != Kind.CONCURRENT
          && gap.limited.retryAfterMillis() > longest.retryAfterMillis()) {
        longest = gap.limited;
      }
    }
    return longest;
  }

  @SuppressWarnings("ReferenceEquality") // each change of a part makes a rate of its own
  void end(Reservation call, long nowNanos, long used) {
    while (true) {
      State before = state.get();
      Rate tokens = before.amounts.tokens;
      long usedCost = tokens.cost(used);
      State after =
          call.rate != tokens
              ? endedAfterChange(before, call, nowNanos, used)
              : usedCost >= call.cost
                  ? charged(before, usedCost - call.cost, nowNanos)
                  : refunded(before, call, call.cost - usedCost, nowNanos);
      if (state.compareAndSet(before, after)) {
        return;
      }
    }
  }

  private static State charged(State before, long cost, long nowNanos) {
    Rate tokens = before.amounts.tokens;
    long debt = Math.min(tokens.longest(), tokens.debt(before.tokensFullAt, nowNanos) + cost);
    return ended(before, nowNanos + debt, 0);
  }

  private static State refunded(State before, Reservation call, long unused, long nowNanos) {
    long nearer = before.refunded - call.refunded;
    long ahead = Math.max(0, call.ahead - nearer);
    long passed = nowNanos - call.atNanos;
    long back = Math.clamp(ahead + call.cost - passed, 0, unused);
    return ended(before, before.tokensFullAt - back, back);
  }

  /** The end of a call whose tokens were taken of a part of another size. */
  private static State endedAfterChange(
      State before, Reservation call, long nowNanos, long usedUnits) {
    Rate tokens = before.amounts.tokens;
    long taken = call.cost / call.rate.interval();
    long used = Math.max(0, usedUnits);
    if (used >= taken) {
      return charged(before, tokens.cost(used - taken), nowNanos);
    }
    // All that came back since may have been of this call; see the class.
    long brought = tokens.broughtAt(nowNanos) - call.rate.broughtAt(call.atNanos) + 2;
    long back = Math.clamp(taken * Rate.MILLION - brought, 0, (taken - used) * Rate.MILLION);
    long nanos =
        back / Rate.MILLION * tokens.interval()
            + back % Rate.MILLION * tokens.interval() / Rate.MILLION;
    return ended(before, before.tokensFullAt - nanos, nanos);
  }

  private static State ended(State before, long tokensFullAt, long back) {
    return new State(
        before.requestsFullAt,
        tokensFullAt,
        before.refunded + back,
        before.running - 1,
        before.amounts);
  }

  /** This node's part of a limit. */
  long amount(Kind kind) {
    return amount(state.get(), kind);
  }

  private static long amount(State now, Kind kind) {
    return switch (kind) {
      case REQUESTS -> now.amounts.requests.amount();
      case TOKENS -> now.amounts.tokens.amount();
      case CONCURRENT -> now.amounts.calls;
    };
  }

  /** Enlarges this node's part of a limit. */
  void grow(Kind kind, long by, long limit, long nowNanos) {
    state.updateAndGet(
        now -> resized(now, kind, Math.min(limit, amount(now, kind) + by), nowNanos));
  }

  /**
   * Lowers this node's part of a limit to what is taken of it, and something beyond.
   *
   * @return the part from now on
   */
  long shrink(Kind kind, long keep, long nowNanos) {
    State after =
        state.updateAndGet(now -> {
          long amount = amount(now, kind);
          long left = Math.clamp(keep, 0, amount) + taken(now, kind, nowNanos);
          return left >= amount ? now : resized(now, kind, left, nowNanos);
        });
    return amount(after, kind);
  }

  /** Units that are taken and not yet back, rounded up. */
  private static long taken(State now, Kind kind, long nowNanos) {
    Rate requests = now.amounts.requests;
    Rate tokens = now.amounts.tokens;
    return switch (kind) {
      case REQUESTS ->
          Math.ceilDiv(requests.debt(now.requestsFullAt, nowNanos), requests.interval());
      // Running calls may use more than they have reserved, and that must be counted somewhere.
      case TOKENS ->
          Math.max(
              Math.ceilDiv(tokens.debt(now.tokensFullAt, nowNanos), tokens.interval()),
              Math.min(1, now.running));
      case CONCURRENT -> now.running;
    };
  }

  private static State resized(State now, Kind kind, long amount, long nowNanos) {
    Rate requests = now.amounts.requests;
    Rate tokens = now.amounts.tokens;
    long calls = now.amounts.calls;
    long requestsFullAt = now.requestsFullAt;
    long tokensFullAt = now.tokensFullAt;
    switch (kind) {
      case REQUESTS -> {
        Rate next = requests.resized(amount, nowNanos);
        requestsFullAt = next.rescaled(requestsFullAt, requests, nowNanos);
        requests = next;
      }
      case TOKENS -> {
        Rate next = tokens.resized(amount, nowNanos);
        tokensFullAt = next.rescaled(tokensFullAt, tokens, nowNanos);
        tokens = next;
      }
      case CONCURRENT -> calls = amount;
    }
    return new State(
        requestsFullAt,
        tokensFullAt,
        now.refunded,
        now.running,
        new Amounts(requests, tokens, calls));
  }

  RateState state(long nowNanos) {
    State now = state.get();
    Rate requests = now.amounts.requests;
    Rate tokens = now.amounts.tokens;
    return new RateState(
        requests.window(requests.debt(now.requestsFullAt, nowNanos)),
        tokens.window(tokens.debt(now.tokensFullAt, nowNanos)),
        now.running);
  }
}
