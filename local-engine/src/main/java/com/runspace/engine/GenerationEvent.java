package com.runspace.engine;

/** What a running generation tells its reader. {@code Finished} and {@code Failed} are the last. */
sealed interface GenerationEvent {
  /** The next piece of the answer, whole characters only. */
  record Text(String text) implements GenerationEvent {}

  record Finished(FinishReason reason, Usage usage) implements GenerationEvent {}

  record Failed(String message) implements GenerationEvent {}
}
