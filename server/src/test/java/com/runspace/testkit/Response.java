package com.runspace.testkit;

/** A whole answer. */
public record Response(int status, Headers headers, Bytes body, Ending ending) {
  /** The body as text. */
  public String text() {
    return body.utf8();
  }

  /** The first header of this name, or a failure that shows the answer. */
  public String header(String name) {
    return headers.first(name).orElseThrow(() -> new AssertionError("no " + name + " in " + this));
  }
}
