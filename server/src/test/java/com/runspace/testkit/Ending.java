package com.runspace.testkit;

/** How a body came to its end. */
public enum Ending {
  /** It goes on, as far as is known. */
  OPEN,
  /** By its length, by the last chunk or, where that is the framing, by the close. */
  COMPLETE,
  /** The peer closed before the end that the framing promised. */
  CUT,
  /** The peer reset the connection before the end. */
  RESET
}
