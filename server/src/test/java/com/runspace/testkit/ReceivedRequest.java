package com.runspace.testkit;

import java.nio.charset.StandardCharsets;

/**
 * A request as the upstream got it.
 *
 * @param connection which connection brought it, counted from 1
 * @param arrivedAt the {@code System.nanoTime()} at which its last byte had been read
 * @param head the exact bytes from the request line through the blank line
 * @param body the exact bytes of the body, freed from chunks if it came in chunks
 */
public record ReceivedRequest(int connection, long arrivedAt, Bytes head, Bytes body) {
  public String line() {
    return headText().substring(0, headText().indexOf("\r\n"));
  }

  public String method() {
    return line().split(" ", -1)[0];
  }

  /** The request target with its query, as sent. */
  public String target() {
    return line().split(" ", -1)[1];
  }

  public Headers headers() {
    return Headers.parse(headText());
  }

  private String headText() {
    return new String(head.toArray(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public String toString() {
    return Story.brief(headText() + body);
  }
}
