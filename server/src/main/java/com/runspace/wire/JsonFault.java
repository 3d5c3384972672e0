package com.runspace.wire;

/** A text is not the JSON it should be. Made without a stack trace: it is a result, not a bug. */
public final class JsonFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int at;

  JsonFault(String message, int at) {
    super(message, null, false, false);
    this.at = at;
  }

  /** Offset of the byte that did not fit. */
  public int at() {
    return at;
  }
}
