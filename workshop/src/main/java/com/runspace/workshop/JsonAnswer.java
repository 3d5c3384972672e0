package com.runspace.workshop;

import org.jspecify.annotations.Nullable;

/** A plain answer: it has a body, and usage in it. */
final class JsonAnswer implements Answer {
  private long length;
  private int matched;

  @Override
  public void next() {
    length = 0;
    matched = 0;
  }

  /** Looks for the usage by one byte at a time, since it may straddle two pieces. */
  @Override
  public void bytes(byte[] from, int start, int end) {
    length += end - start;
    for (int i = start; i < end && matched < USAGE.length; i++) {
      if (from[i] == USAGE[matched]) {
        matched++;
      } else {
        matched = from[i] == USAGE[0] ? 1 : 0;
      }
    }
  }

  @Override
  public @Nullable String problem() {
    if (length == 0) {
      return "answer without a body";
    }
    return matched == USAGE.length ? null : "answer without usage";
  }
}
