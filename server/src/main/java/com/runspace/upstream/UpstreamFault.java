package com.runspace.upstream;

/**
 * A provider did not answer as it should.
 *
 * @param detail for the operator's log; never shown to callers, as it may name hosts
 */
public record UpstreamFault(Kind kind, String detail) {
  /** What went wrong, as far as it matters for what to do next. */
  public enum Kind {
    /** No connection: the request was surely not seen, another route can be tried. */
    NO_CONNECTION,
    /** The connection broke, or what came was no HTTP. */
    BROKEN,
    /** It took too long. */
    TIMEOUT
  }
}
