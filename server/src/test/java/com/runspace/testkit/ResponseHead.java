package com.runspace.testkit;

/** The head of an answer, while its body may still be on its way. */
public record ResponseHead(int status, String reason, Headers headers) {
  static ResponseHead parse(String head) {
    String[] line = head.substring(0, head.indexOf("\r\n")).split(" ", 3);
    if (line.length < 2 || !line[0].matches("HTTP/1\\.[01]")) {
      throw new AssertionError("not the head of an answer: " + Story.brief(head));
    }
    String reason = line.length > 2 ? line[2] : "";
    return new ResponseHead(Integer.parseInt(line[1]), reason, Headers.parse(head));
  }

  /** The first header of this name, or a failure that shows the head. */
  public String header(String name) {
    return headers.first(name).orElseThrow(() -> new AssertionError("no " + name + " in " + this));
  }
}
