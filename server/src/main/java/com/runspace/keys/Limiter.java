package com.runspace.keys;

import com.runspace.keys.Admission.Kind;
import com.runspace.keys.Admission.Limited;
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
 */
final class Limiter {
  private static final long MINUTE = 60_000_000_000L;

  /** No debt is longer, whatever a provider says was used, or a clock does. */
  private static final long LONGEST = 60 * MINUTE;

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Nobody knows when a call ends; a second is what clients wait at the least anyway. */
  private static final long CONCURRENT_RETRY_MILLIS = 1_000;

  /**
   * The arithmetic of one limit per minute. Rounding is to the limit's disadvantage by less than
   * 0.2 %, and whole limits stay whole.
   *
   * @param interval nanoseconds in which one unit comes back; 0 without a limit
   * @param capacity nanoseconds in which the whole limit comes back
   */
  private record Rate(long limit, long interval, long capacity) {
    static Rate perMinute(long limit) {
      long interval = limit == 0 ? 0 : Math.ceilDiv(MINUTE, limit);
      return new Rate(limit, interval, limit * interval);
    }

    /** The time it takes until these units are back; never more than the longest debt. */
    long cost(long units) {
      return limit == 0 ? 0 : Math.clamp(units, 0, LONGEST / interval) * interval;
    }

    /** Nanoseconds until this much can be taken; 0 or less when it can be taken now. */
    long wait(long debt, long cost) {
      return limit == 0 ? 0 : debt + cost - capacity;
    }

    long remaining(long debt) {
      return limit == 0 ? 0 : Math.max(0, capacity - debt) / interval;
    }

    Limited limited(Kind kind, long debt, long wait) {
      return new Limited(kind, limit, remaining(debt), Math.ceilDiv(wait, NANOS_PER_MILLI));
    }

    RateState.Window window(long debt) {
      return limit == 0
          ? new RateState.Window(0, 0, 0)
          : new RateState.Window(limit, remaining(debt), Math.ceilDiv(debt, NANOS_PER_MILLI));
    }
  }

  /**
   * @param requestsFullAt when all requests may be used again, monotonic nanoseconds
   * @param tokensFullAt the same of tokens
   * @param refunded all nanoseconds of tokens that refunds ever gave back
   */
  private record State(long requestsFullAt, long tokensFullAt, long refunded, long running) {}

  /**
   * What one call took.
   *
   * @param cost nanoseconds of tokens
   * @param ahead nanoseconds from {@code atNanos} until time began to give this back
   * @param refunded the state's, when it was made
   */
  record Reservation(long atNanos, long cost, long ahead, long refunded) {}

  private final Limits limits;
  private final Rate requests;
  private final Rate tokens;
  private final AtomicReference<State> state;

  Limiter(Limits limits, long nowNanos) {
    this.limits = limits;
    this.requests = Rate.perMinute(limits.requestsPerMinute());
    this.tokens = Rate.perMinute(limits.tokensPerMinute());
    this.state = new AtomicReference<>(new State(nowNanos, nowNanos, 0, 0));
  }

  Limits limits() {
    return limits;
  }

  /** Differences alone mean anything on this clock. One that went back far is not waited for. */
  private static long debt(long fullAt, long nowNanos) {
    return Math.clamp(fullAt - nowNanos, 0, LONGEST);
  }

  /**
   * Lets a call begin or not.
   *
   * @param need tokens to reserve; more than the limit of a minute reserves just that limit, since
   *     such a call could never run otherwise
   */
  Admission admit(long nowNanos, long need) {
    long cost = tokens.cost(Math.min(need, limits.tokensPerMinute()));
    while (true) {
      State before = state.get();
      Limited limited = limited(before, nowNanos, cost);
      if (limited != null) {
        return limited;
      }
      long tokenDebt = debt(before.tokensFullAt, nowNanos);
      State after =
          new State(
              nowNanos + debt(before.requestsFullAt, nowNanos) + requests.interval,
              nowNanos + tokenDebt + cost,
              before.refunded,
              before.running + 1);
      if (state.compareAndSet(before, after)) {
        return new Admission.Admitted(
            this, new Reservation(nowNanos, cost, tokenDebt, before.refunded));
      }
    }
  }

  /** The limit with the longest wait, or null when the call fits them all. */
  private @Nullable Limited limited(State now, long nowNanos, long cost) {
    long requestDebt = debt(now.requestsFullAt, nowNanos);
    long tokenDebt = debt(now.tokensFullAt, nowNanos);
    long requestWait = requests.wait(requestDebt, requests.interval);
    long tokenWait = tokens.wait(tokenDebt, cost);
    if (requestWait > 0 && requestWait >= tokenWait) {
      return requests.limited(Kind.REQUESTS, requestDebt, requestWait);
    }
    if (tokenWait > 0) {
      return tokens.limited(Kind.TOKENS, tokenDebt, tokenWait);
    }
    long most = limits.concurrentCalls();
    return most > 0 && now.running >= most
        ? new Limited(Kind.CONCURRENT, most, 0, CONCURRENT_RETRY_MILLIS)
        : null;
  }

  void end(Reservation call, long nowNanos, long used) {
    long usedCost = tokens.cost(used);
    while (true) {
      State before = state.get();
      State after =
          usedCost >= call.cost
              ? charged(before, usedCost - call.cost, nowNanos)
              : refunded(before, call, call.cost - usedCost, nowNanos);
      if (state.compareAndSet(before, after)) {
        return;
      }
    }
  }

  private static State charged(State before, long cost, long nowNanos) {
    long debt = Math.min(LONGEST, debt(before.tokensFullAt, nowNanos) + cost);
    return new State(before.requestsFullAt, nowNanos + debt, before.refunded, before.running - 1);
  }

  private static State refunded(State before, Reservation call, long unused, long nowNanos) {
    long nearer = before.refunded - call.refunded;
    long ahead = Math.max(0, call.ahead - nearer);
    long passed = nowNanos - call.atNanos;
    long back = Math.clamp(ahead + call.cost - passed, 0, unused);
    return new State(
        before.requestsFullAt,
        before.tokensFullAt - back,
        before.refunded + back,
        before.running - 1);
  }

  RateState state(long nowNanos) {
    State now = state.get();
    return new RateState(
        requests.window(debt(now.requestsFullAt, nowNanos)),
        tokens.window(debt(now.tokensFullAt, nowNanos)),
        now.running);
  }
}
