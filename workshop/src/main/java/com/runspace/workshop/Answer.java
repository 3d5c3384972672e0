package com.runspace.workshop;

import org.jspecify.annotations.Nullable;

/** Checks one answer as its body comes in: a wrong one must never count as a fast one. */
sealed interface Answer extends MessageReader.Body permits JsonAnswer, StreamAnswer {
  /** What every true answer holds, plain or streamed, and what the gateway meters by. */
  byte[] USAGE = Bytes.of("\"usage\":{");

  /** Makes ready for the next answer. */
  void next();

  /** What is wrong with the finished answer, or null. */
  @Nullable String problem();
}
