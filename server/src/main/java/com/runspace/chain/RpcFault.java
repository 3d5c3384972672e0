package com.runspace.chain;

/**
 * A chain could not be asked, or refused. The message is for the operator's log and names a
 * provider by its number: its address may hold a key.
 */
public final class RpcFault extends Exception {
  private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Kind {
    /** No answer, or none that can be read; or all providers rest after failures. */
    TRANSPORT,
    /** The provider wants to be asked less often. */
    RATE_LIMITED,
    /** The chain answered: the contract ended the call. */
    REVERTED,
    /** Any other error of the provider, such as a block that it does not have. */
    OTHER
  }

  private final Kind kind;

  public RpcFault(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  RpcFault(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
