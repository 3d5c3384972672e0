package com.runspace.upstream;

import java.time.Duration;

/**
 * How long a provider may take.
 *
 * @param connect until the connection stands
 * @param firstByte from the request to the head of the answer; a long prompt needs its time
 * @param betweenBytes without any byte, once the answer has begun
 * @param call the whole call
 */
public record Timeouts(Duration connect, Duration firstByte, Duration betweenBytes, Duration call) {
  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(5),
          Duration.ofMinutes(5),
          Duration.ofMinutes(2),
          Duration.ofMinutes(30));

  public Timeouts {
    if (!positive(connect) || !positive(firstByte) || !positive(betweenBytes) || !positive(call)) {
      throw new IllegalArgumentException("a timeout must be longer than nothing");
    }
  }

  private static boolean positive(Duration duration) {
    return duration.isPositive();
  }
}
