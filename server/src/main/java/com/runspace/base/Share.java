package com.runspace.base;

/**
 * One node's part of a limit that several nodes share: what an account or a capped key may spend in
 * a day, what a key may call in a minute or at once. The parts of all nodes together are never more
 * than the limit. Safe to share between threads; nothing here blocks.
 */
public interface Share {
  /** The limit's name, which all nodes give it and no other limit has. */
  String subject();

  /**
   * The day of a limit that is used up, as its epoch day; 0 for one whose parts come free again.
   */
  long day();

  /** What all nodes together may have now, in the limit's own unit. */
  long limit();

  /** What this node may use. */
  long amount();

  /** What of a day's limit this node has used for good; 0 where parts come free again. */
  long used();

  /** Takes in what the store has given beyond {@link #amount}. */
  void grow(long by);

  /** Hears what all other nodes have used for good, as far as they have said. */
  default void told(long usedElsewhere) {}

  /**
   * Gives up what is not in use, in one step, so that no call can take it meanwhile.
   *
   * @param keep how much to keep beyond what is in use
   * @return the amount from now on, never more than before
   */
  long shrink(long keep);
}
