package com.runspace.keys;

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
}
