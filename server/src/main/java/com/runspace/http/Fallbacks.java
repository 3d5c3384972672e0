package com.runspace.http;

import java.util.Set;

/** The answers to requests that no door takes. What they look like is the business of the doors. */
public interface Fallbacks {
  /** There is no such path. */
  void unknownPath(Exchange exchange);

  /** The path is there, with other methods. */
  void otherMethod(Exchange exchange, Set<String> allowed);

  /** What came is no HTTP, or could be read in more than one way. */
  void unreadable(Exchange exchange);

  /** Request line or headers are over the limits. */
  void headTooLarge(Exchange exchange);

  /** A door failed on it; the fault has been logged. */
  void failed(Exchange exchange);
}
