package com.runspace.keys;

import com.runspace.keys.Admission.Kind;
import com.runspace.keys.Admission.Limited;
import java.math.BigInteger;

/**
 * How much one key may call. Zero stands for no limit.
 *
 * @param requestsPerMinute calls that may begin in a minute
 * @param tokensPerMinute tokens, of prompts and answers together, that may be used in a minute
 * @param concurrentCalls calls that may run at the same time
 */
public record Limits(long requestsPerMinute, long tokensPerMinute, long concurrentCalls) {
  public static final Limits NONE = new Limits(0, 0, 0);

  /** The highest limit; above it, time in nanoseconds is too coarse to count with. */
  public static final long MOST = 100_000_000;

  public Limits {
    check("requests per minute", requestsPerMinute);
    check("tokens per minute", tokensPerMinute);
    check("concurrent calls", concurrentCalls);
  }

  private static void check(String what, long limit) {
    if (limit < 0 || limit > MOST) {
      throw new IllegalArgumentException(
          what + " must be from 0 (no limit) to " + MOST + ", and not " + limit);
    }
  }

  /**
   * The arithmetic of one limit per minute, or of this node's part of it. Rounding is to the
   * limit's disadvantage by less than 0.2 %, and whole limits stay whole.
   *
   * @param limit of all nodes together; 0 for none
   * @param amount this node's part; the limit itself where no other node has any
   * @param interval nanoseconds in which one unit comes back; 0 without a limit
   * @param capacity nanoseconds in which the whole amount comes back
   * @param longest no debt is longer; an hour of the whole limit
   * @param sinceNanos since when the amount is this one
   * @param brought millionths of units that earlier amounts could have brought back; turns over
   */
  record Rate(
      long limit,
      long amount,
      long interval,
      long capacity,
      long longest,
      long sinceNanos,
      long brought) {
    static final long MILLION = 1_000_000;

    private static final long MINUTE = 60_000_000_000L;

    /** No debt is longer, whatever a provider says was used, or a clock does. */
    private static final long LONGEST = 60 * MINUTE;

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Other nodes that have been asked to give back do so in a second. */
    private static final long OTHERS_NANOS = 1_000_000_000;

    /** As far as a small part's debts may go; so far that nothing turns over on the way. */
    private static final long FARTHEST = 1L << 60;

    static Rate perMinute(long limit, long amount, long nowNanos, long brought) {
      long interval = limit == 0 ? 0 : Math.ceilDiv(MINUTE, Math.max(1, amount));
      long units = LONGEST / MINUTE * limit;
      long longest =
          amount >= limit ? LONGEST : interval > FARTHEST / units ? FARTHEST : units * interval;
      return new Rate(limit, amount, interval, amount * interval, longest, nowNanos, brought);
    }

    Rate resized(long newAmount, long nowNanos) {
      return perMinute(limit, newAmount, nowNanos, broughtAt(nowNanos));
    }

    /** Differences alone mean anything on this clock. One that went back far is not waited for. */
    long debt(long fullAt, long nowNanos) {
      return Math.clamp(fullAt - nowNanos, 0, longest);
    }

    /** The time it takes until these units are back; never more than the longest debt. */
    long cost(long units) {
      return limit == 0 ? 0 : Math.clamp(units, 0, longest / interval) * interval;
    }

    /** Nanoseconds until this much can be taken; 0 or less when it can be taken now. */
    long wait(long debt, long cost) {
      return limit == 0 ? 0 : debt + cost - capacity;
    }

    long remaining(long debt) {
      return limit == 0 ? 0 : Math.max(0, capacity - debt) / interval;
    }

    /** What this node would have to have more; 0 when even the whole limit would not do. */
    long missing(long debt, long cost) {
      long units = Math.ceilDiv(debt + cost, interval);
      return units > limit ? 0 : units - amount;
    }

    Limited limited(Kind kind, long debt, long cost) {
      long wait = Math.min(LONGEST, wait(debt, cost));
      if (amount < limit) {
        // Whatever other nodes have taken comes back to the whole limit in this time, and may come
        // here then.
        long others = Math.max(OTHERS_NANOS, cost / interval * MINUTE / limit);
        wait = cost > capacity ? others : Math.min(wait, others);
      }
      return new Limited(kind, limit, remaining(debt), Math.ceilDiv(wait, NANOS_PER_MILLI));
    }

    RateState.Window window(long debt) {
      return limit == 0
          ? new RateState.Window(0, 0, 0)
          : new RateState.Window(limit, remaining(debt), Math.ceilDiv(debt, NANOS_PER_MILLI));
    }

    /**
     * When all of this amount may be used again, with the same units taken, rounded up. Where none
     * are, that moment is past and stays: an event loop's clock may be a tick behind.
     */
    long rescaled(long fullAt, Rate before, long nowNanos) {
      long debt = before.debt(fullAt, nowNanos);
      if (debt == 0 || before.interval == interval) {
        return fullAt;
      }
      BigInteger old = BigInteger.valueOf(before.interval);
      BigInteger sum =
          BigInteger.valueOf(debt)
              .multiply(BigInteger.valueOf(interval))
              .add(old)
              .subtract(BigInteger.ONE);
      return nowNanos + sum.divide(old).min(BigInteger.valueOf(longest)).longValueExact();
    }

    /** Millionths of units that this and earlier amounts could have brought back until then. */
    long broughtAt(long nowNanos) {
      if (amount == 0 || limit == 0) {
        return brought;
      }
      long passed = Math.max(0, nowNanos - sinceNanos);
      return brought
          + passed / interval * MILLION
          + Math.ceilDiv(passed % interval * MILLION, interval);
    }
  }
}
