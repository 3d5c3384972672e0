package com.runspace.hostile;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One HTTP answer.
 *
 * @param headers lines as {@code name: value}, names in small letters
 * @param bytes of the body, each as one character
 */
record Answer(int status, List<String> headers, String bytes) {
  /** All values of this header. */
  List<String> header(String name) {
    return headers.stream()
        .filter(line -> line.startsWith(name + ": "))
        .map(line -> line.substring(name.length() + 2))
        .toList();
  }

  boolean closes() {
    return header("connection").contains("close");
  }

  byte[] body() {
    return bytes.getBytes(StandardCharsets.ISO_8859_1);
  }

  String text() {
    return new String(body(), StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return status + " " + headers + " " + text();
  }
}
