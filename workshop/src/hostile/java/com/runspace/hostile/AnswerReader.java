package com.runspace.hostile;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads HTTP/1.1 answers by the letter of RFC 9112 and takes nothing that is not in it. */
final class AnswerReader {
  /** What came is no answer. */
  static final class Malformed extends IOException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message);
    }
  }

  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9a-z-]+";

  private final InputStream in;
  private final byte[] buffer = new byte[16 << 10];
  private int at;
  private int filled;

  AnswerReader(InputStream in) {
    this.in = in;
  }

  /** The next final answer, or null when the connection ended before its first byte. */
  @Nullable Answer next(String method) throws IOException {
    while (true) {
      Answer head = head();
      if (head == null) {
        return null;
      }
      if (head.status() == 101 || head.status() < 100 || head.status() > 599) {
        throw new Malformed("status " + head.status());
      }
      if (head.status() >= 200) {
        return new Answer(head.status(), head.headers(), body(head, method));
      }
    }
  }

  /** The next head, an interim one too; its body stays unread. */
  @Nullable Answer head() throws IOException {
    if (at == filled && !fill()) {
      return null;
    }
    String line = line();
    if (!line.matches("HTTP/1\\.[01] \\d{3} [\\x20-\\x7e]*")) {
      throw new Malformed("status line '" + line + "'");
    }
    List<String> headers = new ArrayList<>();
    for (String next = line(); !next.isEmpty(); next = line()) {
      int colon = next.indexOf(':');
      String name = next.substring(0, Math.max(0, colon)).toLowerCase(Locale.ROOT);
      String value = next.substring(colon + 1).strip();
      if (!name.matches(TOKEN) || value.chars().anyMatch(c -> c < ' ' && c != '\t')) {
        throw new Malformed("header line '" + next + "'");
      }
      headers.add(name + ": " + value);
    }
    return new Answer(Integer.parseInt(line.substring(9, 12)), headers, "");
  }

  /** Whether the other side has ended the connection, with nothing more sent before. */
  boolean ended() throws IOException {
    return at == filled && !fill();
  }

  private String body(Answer head, String method) throws IOException {
    List<String> lengths = head.header("content-length");
    List<String> codings = head.header("transfer-encoding");
    if (lengths.size() + codings.size() > 1) {
      throw new Malformed("two framings " + head.headers());
    }
    if (method.equals("HEAD") || head.status() == 204 || head.status() == 304) {
      return "";
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (codings.equals(List.of("chunked"))) {
      for (int size = chunkSize(); size > 0; size = chunkSize()) {
        take(size, body);
        requireEmpty(line());
      }
      requireEmpty(line());
    } else if (lengths.size() == 1 && lengths.getFirst().matches("\\d{1,9}")) {
      take(Integer.parseInt(lengths.getFirst()), body);
    } else if (head.closes()) {
      while (at < filled || fill()) {
        take(filled - at, body);
      }
    } else {
      throw new Malformed("a body without an end " + head.headers());
    }
    return body.toString(StandardCharsets.ISO_8859_1);
  }

  private int chunkSize() throws IOException {
    String size = line();
    if (!size.matches("[0-9a-fA-F]{1,7}")) {
      throw new Malformed("chunk size '" + size + "'");
    }
    return Integer.parseInt(size, 16);
  }

  private static void requireEmpty(String line) throws Malformed {
    if (!line.isEmpty()) {
      throw new Malformed("'" + line + "' behind a chunk");
    }
  }

  private void take(int count, ByteArrayOutputStream into) throws IOException {
    int left = count;
    while (left > 0) {
      requireMore();
      int piece = Math.min(left, filled - at);
      into.write(buffer, at, piece);
      at += piece;
      left -= piece;
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      requireMore();
      char c = (char) (buffer[at++] & 0xff);
      if (c == '\n') {
        int end = line.length() - 1;
        if (end < 0 || line.charAt(end) != '\r') {
          throw new Malformed("a line without a carriage return: '" + line + "'");
        }
        return line.substring(0, end);
      }
      line.append(c);
    }
  }

  private void requireMore() throws IOException {
    if (at == filled && !fill()) {
      throw new EOFException("the connection ended inside an answer");
    }
  }

  private boolean fill() throws IOException {
    at = 0;
    filled = Math.max(0, in.read(buffer));
    return filled > 0;
  }

  /** What was read and not looked at, for a complaint. */
  String rest() {
    return new String(buffer, at, filled - at, StandardCharsets.ISO_8859_1);
  }
}
