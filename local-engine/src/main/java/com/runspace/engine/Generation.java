package com.runspace.engine;

import java.util.List;
import java.util.function.Consumer;

/** One answer that was asked for: its prompt, its limits, and who reads it. */
final class Generation {
  private final int[] prompt;
  private final int maxTokens;
  private final List<String> stops;
  private final Sampling sampling;
  private final Consumer<GenerationEvent> reader;
  private volatile boolean cancelled;

  /**
   * Describes an answer.
   *
   * @param maxTokens the most tokens to choose, at least 1; with the prompt it fits a slot
   * @param reader is called on the thread that computes, so it must be quick
   */
  Generation(
      int[] prompt,
      int maxTokens,
      List<String> stops,
      Sampling sampling,
      Consumer<GenerationEvent> reader) {
    this.prompt = prompt;
    this.maxTokens = maxTokens;
    this.stops = stops;
    this.sampling = sampling;
    this.reader = reader;
  }

  int[] prompt() {
    return prompt;
  }

  int maxTokens() {
    return maxTokens;
  }

  List<String> stops() {
    return stops;
  }

  Sampling sampling() {
    return sampling;
  }

  boolean cancelled() {
    return cancelled;
  }

  void markCancelled() {
    cancelled = true;
  }

  void tell(GenerationEvent event) {
    if (!cancelled) {
      reader.accept(event);
    }
  }
}
