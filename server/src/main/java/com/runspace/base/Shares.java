package com.runspace.base;

import java.util.concurrent.CompletionStage;

/** Where a node gets its parts of limits that it shares with others. */
@FunctionalInterface
public interface Shares {
  /** What became of a wish for more. */
  sealed interface Answer {
    /** It was asked for; when this completes, with or without more, look again. */
    record Coming(CompletionStage<?> arrival) implements Answer {}

    /** There was not enough left a moment ago, though the other nodes were asked to give back. */
    record Dry() implements Answer {}

    /** The store cannot be asked, so no node gets more than it has. */
    record Out() implements Answer {}
  }

  /**
   * Asks for more of a limit, unless that is being done already. Never blocks.
   *
   * @param least what is needed beyond the share's amount; what there is of it comes
   * @param more what would be good to have beyond it, at least {@code least}
   */
  Answer want(Share share, long least, long more);

  /**
   * Whether this node may still use what it has. No longer when it could not renew its leases in
   * time, or when another process goes on in its place.
   */
  default boolean areGood() {
    return true;
  }
}
