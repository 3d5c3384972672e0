package com.runspace.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A request as a test writes it: headers in the given order. {@code Host} comes first by itself,
 * and {@code Content-Length} last when there is a body, unless the test gave its own.
 */
public record Request(String method, String target, List<Headers.Line> lines, Bytes body) {
  public Request {
    lines = List.copyOf(lines);
  }

  public static Request get(String target) {
    return new Request("GET", target, List.of(), Bytes.of(""));
  }

  public static Request post(String target, String json) {
    return new Request("POST", target, List.of(), Bytes.of(json))
        .header("content-type", "application/json");
  }

  public static Request of(String method, String target) {
    return new Request(method, target, List.of(), Bytes.of(""));
  }

  public Request header(String name, String value) {
    List<Headers.Line> all = new ArrayList<>(lines);
    all.add(new Headers.Line(name, value));
    return new Request(method, target, all, body);
  }

  public Request bearer(String key) {
    return header("authorization", "Bearer " + key);
  }

  public Request body(Bytes bytes) {
    return new Request(method, target, lines, bytes);
  }

  /** The bytes that go over the wire. */
  byte[] bytes(String host) {
    Headers headers = new Headers(lines);
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\n");
    if (!headers.has("host")) {
      head.append("host: ").append(host).append("\r\n");
    }
    lines.forEach(line -> head.append(line).append("\r\n"));
    boolean framed = headers.has("content-length") || headers.has("transfer-encoding");
    if (!framed && (body.size() > 0 || method.equals("POST"))) {
      head.append("content-length: ").append(body.size()).append("\r\n");
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    all.writeBytes(body.toArray());
    return all.toByteArray();
  }
}
