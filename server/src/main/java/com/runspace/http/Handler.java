package com.runspace.http;

/** Answers one kind of request. Runs on an event loop: never blocks. */
@FunctionalInterface
public interface Handler {
  void handle(Exchange exchange);
}
