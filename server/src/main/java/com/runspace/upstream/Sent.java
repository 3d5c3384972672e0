package com.runspace.upstream;

/** A request on its way. To be used on the event loop that sent it. */
public interface Sent {
  /** Closes it towards the provider, at once, in whatever state it is. */
  void cancel();

  /** Whether the request has been written, so that the provider may be at work. */
  boolean isWritten();

  /** Asks for no more bytes until {@link #resume}. */
  void pause();

  void resume();
}
