package com.runspace.keys;

/**
 * How the limits of a key stand at one moment, for the {@code x-ratelimit-*} headers.
 *
 * @param requests in calls
 * @param tokens in tokens
 * @param runningCalls calls in flight
 */
public record RateState(Window requests, Window tokens, long runningCalls) {
  /**
   * One limit.
   *
   * @param limit per minute; 0 when there is none, and then the rest is 0 too
   * @param remaining what may be used at once
   * @param resetMillis until all of the limit may be used at once again, rounded up
   */
  public record Window(long limit, long remaining, long resetMillis) {}

  /**
   * A span of time as OpenAI writes it in these headers, which is Go's way: {@code 120ms}, {@code
   * 1s}, {@code 8.64s}, {@code 6m0s}, {@code 1h0m0s}.
   */
  public static String duration(long millis) {
    long left = Math.max(0, millis);
    if (left > 0 && left < 1_000) {
      return left + "ms";
    }
    StringBuilder text = new StringBuilder(16);
    long minutes = left / 60_000;
    if (minutes >= 60) {
      text.append(minutes / 60).append('h');
    }
    if (minutes > 0) {
      text.append(minutes % 60).append('m');
    }
    text.append(left / 1_000 % 60);
    long fraction = left % 1_000;
    if (fraction > 0) {
      text.append('.').append((char) ('0' + fraction / 100));
      if (fraction % 100 > 0) {
        text.append((char) ('0' + fraction / 10 % 10));
      }
      if (fraction % 10 > 0) {
        text.append((char) ('0' + fraction % 10));
      }
    }
    return text.append('s').toString();
  }
}
