package com.runspace.upstream;

/**
 * Whether calls can be sent over a route, and why not.
 *
 * @param why in words for the operator; empty when it is up
 */
public record RouteState(Kind kind, String why) {
  static final RouteState UP = new RouteState(Kind.UP, "");

  /** How sure we are. */
  public enum Kind {
    /** Verified: calls go there, and its model is listed. */
    UP,
    /** Not looked at yet: calls go there, but its model is not listed for it. */
    UNVERIFIED,
    /** No call goes there. */
    DOWN
  }

  static RouteState down(String why) {
    return new RouteState(Kind.DOWN, why);
  }
}
