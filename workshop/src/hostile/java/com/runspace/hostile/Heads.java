package com.runspace.hostile;

import com.runspace.hostile.Case.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Requests whose head is the trick: lines that are no HTTP, bodies with two lengths, chunks that
 * lie. Where two servers could see two requests, the second is one that must never reach a
 * provider.
 */
final class Heads {
  private static final String BODY = Corpus.known("head", false);

  /** What a gateway that is fooled would take for a request of its own. */
  private final String smuggled;

  private final SplittableRandom random;
  private final String key;

  Heads(SplittableRandom random, String key) {
    this.random = random;
    this.key = key;
    String body = Corpus.known(CheckingUpstream.SMUGGLED, false);
    this.smuggled = post("content-length: " + body.length() + "\r\n") + body;
  }

  /** The head of a chat request with these further lines. */
  private String post(String lines) {
    return "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
        + key
        + "\r\n"
        + lines
        + "\r\n";
  }

  private static String length(String body) {
    return "content-length: " + body.length() + "\r\n";
  }

  Case next() {
    return switch (random.nextInt(8)) {
      case 0 -> twoLengths();
      case 1 -> brokenLine();
      case 2 -> tooMuch();
      case 3 -> oddChunks();
      case 4 -> brokenChunks();
      case 5 -> oddButFine();
      case 6 -> anyTarget();
      default -> noise();
    };
  }

  private Case twoLengths() {
    String chunked = "0\r\n\r\n";
    int all = chunked.length() + smuggled.length();
    String lines =
        one(
            "content-length: " + all + "\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: chunked\r\ncontent-length: " + all + "\r\n",
            "Transfer-Encoding: CHUNKED\r\nContent-Length: 0\r\n",
            "content-length: 5\r\ncontent-length: 6\r\n",
            "content-length: 5, 6\r\n",
            "content-length: 0\r\ncontent-length: " + all + "\r\n",
            "content-length: +5\r\n",
            "content-length: -1\r\n",
            "content-length: 0x5\r\n",
            "content-length: 5 5\r\n",
            "content-length: 5;\r\n",
            "content-length: 5.0\r\n",
            "content-length: 1e1\r\n",
            "content-length: 18446744073709551621\r\n",
            "content-length: 99999999999999999999999999999\r\n",
            "content-length : 5\r\n",
            "transfer-encoding : chunked\r\n",
            "transfer-encoding: gzip, chunked, gzip\r\n",
            "transfer-encoding: chunked, identity\r\n",
            "transfer-encoding: xchunked\r\n",
            "transfer-encoding: identity\r\ncontent-length: 5\r\n",
            "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n");
    return Case.of("two lengths", Outcome.REFUSED, post(lines) + chunked + smuggled);
  }

  /** Lines on which parsers differ; refused or harmless, but never two requests. */
  private Case brokenLine() {
    String line =
        one(
            "x-a\u0000b: 1\r\n",
            "x-a: a\u0000b\r\n",
            "x-a\r\n",
            ": a\r\n",
            " x-a: 1\r\n",
            "x-a: 1\r\n transfer-encoding: chunked\r\n",
            "transfer-encoding:\r\n chunked\r\n",
            "content-length:\r\n 5\r\n",
            "x-a: b\rtransfer-encoding: chunked\r\n",
            "x-a: b\ntransfer-encoding: chunked\r\n",
            "x-a: b\n\r\n",
            "x(a): 1\r\n",
            "x a: 1\r\n",
            "x-a: \u007f\u0001\r\n",
            "transfer-encoding: \u000bchunked\r\n",
            "transfer-encoding: chunked\u0000\r\n",
            "transfer_encoding: chunked\r\n",
            "transfer-encoding: \"chunked\"\r\n",
            "transfer-encoding: chunked;q=1\r\n",
            "content-length: \r\n",
            "host: y\r\n",
            "host: \r\n",
            "authorization: Bearer nobody\r\n",
            "connection: content-length\r\n",
            "\u00e9: \u00ff\r\n",
            "trailer: content-length\r\nte: trailers\r\n");
    String framing = random.nextBoolean() ? length(BODY) : "";
    String lines = random.nextBoolean() ? line + framing : framing + line;
    return Case.of("broken line", Outcome.ANYTHING, post(lines) + BODY);
  }

  private Case tooMuch() {
    String big = "x".repeat(17_000 + random.nextInt(30_000));
    String raw =
        one(
            post("x-a: " + big + "\r\n"),
            post(big + ": a\r\n"),
            post("x-a: b\r\n".repeat(100 + random.nextInt(900))),
            post("x-a: 0123456789012345\r\n".repeat(90) + "x".repeat(15 << 10)),
            "GET /" + big + " HTTP/1.1\r\nhost: x\r\n\r\n",
            "GET /v1/models?" + "a=b&".repeat(2_500) + " HTTP/1.1\r\nhost: x\r\n\r\n");
    return Case.of("too much", Outcome.REFUSED, raw + smuggled);
  }

  /** Chunked coding as nobody writes it, and right. */
  private Case oddChunks() {
    String size = Integer.toHexString(BODY.length());
    String cut = BODY.substring(0, 16);
    String body =
        one(
            size + "\r\n" + BODY + "\r\n0\r\n\r\n",
            "0000" + size + "\r\n" + BODY + "\r\n0000\r\n\r\n",
            size.toUpperCase(Locale.ROOT) + ";a=b\r\n" + BODY + "\r\n0;c\r\n\r\n",
            size + "\r\n" + BODY + "\r\n0\r\nx-a: b\r\ncontent-length: 7\r\n\r\n",
            "10\r\n"
                + cut
                + "\r\n"
                + Integer.toHexString(BODY.length() - 16)
                + "\r\n"
                + BODY.substring(16)
                + "\r\n0\r\nhost: y\r\n\r\n",
            bytewise(BODY));
    return Case.of("odd chunks", Outcome.ANSWERED, post("transfer-encoding: chunked\r\n") + body);
  }

  private static String bytewise(String body) {
    StringBuilder chunks = new StringBuilder();
    for (int i = 0; i < body.length(); i++) {
      chunks.append("1\r\n").append(body.charAt(i)).append("\r\n");
    }
    return chunks.append("0\r\n\r\n").toString();
  }

  private Case brokenChunks() {
    String size =
        one(
            "zz\r\n",
            "-5\r\n",
            "0x5\r\n",
            "ffffffffffffffff\r\n",
            "80000000\r\n",
            "\r\n",
            "5",
            "{\r\n",
            "1;" + "a".repeat(20_000) + "\r\n");
    return Case.of(
        "broken chunks",
        Outcome.ENDED,
        post("transfer-encoding: chunked\r\n") + size + BODY + "\r\n0\r\n\r\n" + smuggled);
  }

  private Case oddButFine() {
    String line =
        one(
            "expect: 100-continue\r\n",
            "expect: a-miracle\r\n",
            lines(
                "connection: keep-alive, upgrade",
                "upgrade: websocket",
                "sec-websocket-version: 13",
                "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="),
            lines(
                "connection: upgrade, http2-settings",
                "upgrade: h2c",
                "http2-settings: AAMAAABkAAQCAAAAAAIAAAAA"),
            "content-encoding: gzip\r\n",
            "content-encoding: identity\r\n",
            "content-type: text/plain; charset=utf-16\r\n",
            "accept: \u00ff\r\n",
            "accept-encoding: gzip, br, *;q=0\r\n",
            "origin: null\r\naccess-control-request-headers: a, b, \u00e9\r\n",
            "x-request-id: " + "9".repeat(400) + "\r\n",
            "cookie: a=b; c=\"\r\n",
            "range: bytes=0-1\r\nif-none-match: *\r\n",
            "authorization: \r\n",
            "AUTHORIZATION: bearer  x\r\n",
            "te: trailers, deflate\r\n",
            "x-forwarded-for: 1\r\nforwarded: for=\"[::1]\"\r\n");
    String key = random.nextInt(4) == 0 ? one("", "x", "rsk_live_x", "\u00ff") : this.key;
    String head =
        post(line + length(BODY)).replace("Bearer " + this.key, one("Bearer ", "bearer ") + key);
    return Case.of("odd but fine", Outcome.ANSWERED, head + BODY);
  }

  private Case anyTarget() {
    String target =
        one(
            "/",
            "*",
            "/v1",
            "/v1/models",
            "/v1/models/m",
            "/v1/models/",
            "/v1/models/%00",
            "/v1/models/%ff%fe",
            "/v1/models/" + "m".repeat(4_000),
            "/v1/models/../healthz",
            "/v1//models",
            "/v1/models?x=%",
            "/v1/%6dodels",
            "/v1/models#m",
            "//x/v1/models",
            "http://x/v1/models",
            "http://x:y/v1/models",
            "/healthz",
            "/readyz",
            "/v1/models;a=b",
            "/V1/MODELS",
            "/v1/chat/completions",
            "/v1/chat/completions/",
            "/%0d%0ax:%20y",
            "/v1/models/a%0d%0a%0d%0aHTTP/1.1%20200",
            "/?\"<>\\^`{|}",
            "/v1/models/\u00e9");
    String method =
        one("GET", "GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "FOO", "M-SEARCH");
    String asks = "origin: a\r\naccess-control-request-method: POST\r\n";
    String origin = one("", "origin: http://a\r\n", asks);
    String head =
        method + " " + target + " HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + key + "\r\n";
    return Case.of("any target", Outcome.ANSWERED, head + origin + "\r\n").method(method);
  }

  /** What is hardly HTTP, or was until a few bytes changed. */
  private Case noise() {
    if (random.nextInt(3) > 0) {
      return Case.of("noise", Outcome.ANYTHING, flipped(post(length(BODY)) + BODY));
    }
    String line =
        one(
            "POST /v1/chat/completions",
            "POST /v1/chat/completions HTTP/1.0",
            "POST /v1/chat/completions HTTP/0.9",
            "POST /v1/chat/completions HTTP/1.2",
            "POST /v1/chat/completions HTTP/2.0",
            "POST /v1/chat/completions HTTP/11",
            "POST /v1/chat/completions http/1.1",
            "POST /v1/chat/completions HTTP/1.1 x",
            "POST /v1/chat/completions HTTP/1.1\u0000",
            "POST  /v1/chat/completions  HTTP/1.1",
            "POST\t/v1/chat/completions\tHTTP/1.1",
            " POST /v1/chat/completions HTTP/1.1",
            "\r\n\r\n\r\nPOST /v1/chat/completions HTTP/1.1",
            "post /v1/chat/completions HTTP/1.1",
            "P\u00d6ST /v1/chat/completions HTTP/1.1",
            "POST /v1/chat\rx/completions HTTP/1.1",
            "POST /v1/chat/ completions HTTP/1.1",
            "CONNECT x:1 HTTP/1.1",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n",
            "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001",
            "nonsense");
    String whole = post(length(BODY)) + BODY;
    return Case.of("odd line", Outcome.ANYTHING, line + whole.substring(whole.indexOf("\r\n")));
  }

  private String flipped(String request) {
    StringBuilder bytes = new StringBuilder(request);
    int headEnd = request.indexOf("\r\n\r\n") + 4;
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      int at = random.nextInt(headEnd);
      char odd = one("\r", "\n", "\u0000", " ", ":", "\t", "\u0080", "0").charAt(0);
      char any = random.nextBoolean() ? odd : (char) random.nextInt(256);
      switch (random.nextInt(3)) {
        case 0 -> bytes.setCharAt(at, any);
        case 1 -> bytes.insert(at, any);
        default -> bytes.deleteCharAt(at);
      }
    }
    return bytes.toString();
  }

  /** Several requests in one write; the answers have to come in their order. */
  Case pipelined() {
    int count = 2 + random.nextInt(4);
    StringBuilder all = new StringBuilder();
    List<String> methods = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String body = Corpus.known("p" + i, random.nextBoolean());
      all.append(post(length(body))).append(body);
      methods.add("POST");
    }
    Case one = Case.of("pipelined", Outcome.ANSWERED, all.toString());
    return new Case(one.kind(), one.pieces(), one.outcome(), methods);
  }

  private static String lines(String... of) {
    return String.join("\r\n", of) + "\r\n";
  }

  private String one(String... of) {
    return of[random.nextInt(of.length)];
  }
}
