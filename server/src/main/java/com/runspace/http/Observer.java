package com.runspace.http;

/**
 * Hears what happens at the edge, for logs and figures. Called on event loops, so it never blocks;
 * several loops may call it at once.
 */
public interface Observer {
  /** Hears nothing. */
  Observer NONE =
      new Observer() {
        @Override
        public void connected() {}

        @Override
        public void disconnected() {}

        @Override
        public void finished(Exchange exchange) {}
      };

  /** A connection was accepted and, with TLS, has shaken hands. */
  void connected();

  /** A connection is gone. */
  void disconnected();

  /** An answer has been sent whole, or its receiver has left. */
  void finished(Exchange exchange);
}
