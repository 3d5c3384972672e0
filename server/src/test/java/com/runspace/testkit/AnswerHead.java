package com.runspace.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** The head of a scripted answer. Headers go out in the order in which they were given. */
public final class AnswerHead {
  private final Script before;
  private final int status;
  private final List<Headers.Line> lines;

  private AnswerHead(Script before, int status, List<Headers.Line> lines) {
    this.before = before;
    this.status = status;
    this.lines = lines;
  }

  static AnswerHead of(Script before, int status) {
    return new AnswerHead(before, status, List.of());
  }

  public AnswerHead header(String name, String value) {
    List<Headers.Line> all = new ArrayList<>(lines);
    all.add(new Headers.Line(name, value));
    return new AnswerHead(before, status, List.copyOf(all));
  }

  /** Says {@code connection: close}, and closes after the body. */
  public AnswerHead closing() {
    return header("connection", "close");
  }

  /** A JSON body with its length. */
  public Script json(String body) {
    return body("application/json", body.getBytes(StandardCharsets.UTF_8));
  }

  /** A JSON body, compressed though nobody asked for it. */
  public Script gzipJson(String body) {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(body.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return header("content-encoding", "gzip").body("application/json", packed.toByteArray());
  }

  /** A body with its type and length. */
  public Script body(String contentType, byte[] body) {
    return header("content-type", contentType)
        .header("content-length", String.valueOf(body.length))
        .bare()
        .text(body)
        .end();
  }

  /** A chunked event stream; events follow. */
  public Script sse() {
    return header("content-type", "text/event-stream").chunked();
  }

  /** A chunked body; its pieces follow. */
  public Script chunked() {
    return header("transfer-encoding", "chunked").bare();
  }

  /** A body that ends with the connection; its pieces follow, then {@code end()} closes. */
  public Script untilClose() {
    return closing().bare();
  }

  /** The head with the given headers and no others; whatever follows is the body. */
  public Script bare() {
    StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " " + reason() + "\r\n");
    lines.forEach(line -> head.append(line).append("\r\n"));
    byte[] bytes = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    Headers headers = new Headers(lines);
    return before.step(wire -> wire.head(status, headers, bytes));
  }

  private String reason() {
    return switch (status) {
      case 200 -> "OK";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 402 -> "Payment Required";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 429 -> "Too Many Requests";
      case 500 -> "Internal Server Error";
      case 502 -> "Bad Gateway";
      case 503 -> "Service Unavailable";
      default -> "Scripted";
    };
  }
}
