package com.runspace.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

/** A site of the test's own on loopback: another origin, or pages that are not the product's. */
final class Site implements AutoCloseable {
  private record Page(String type, UnaryOperator<String> answer) {}

  private final HttpServer server;
  private final Map<String, Page> pages = new ConcurrentHashMap<>();
  private final Map<String, String> headers = new ConcurrentHashMap<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();

  private Site() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.start();
  }

  static Site start() {
    try {
      return new Site();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Without a slash at its end. */
  String origin() {
    return "http://" + host();
  }

  String host() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** The same site under another host name, which is another origin and another site. */
  String otherOrigin() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  Site html(String path, String text) {
    pages.put(path, new Page("text/html; charset=utf-8", _ -> text));
    return this;
  }

  Site script(String path, String text) {
    pages.put(path, new Page("text/javascript; charset=utf-8", _ -> text));
    return this;
  }

  /** Answers what is sent there with plain text or JSON. */
  Site answers(String path, UnaryOperator<String> answer) {
    pages.put(path, new Page("text/plain; charset=utf-8", answer));
    return this;
  }

  /** A header of every answer. */
  Site header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** The paths that were asked for, in order. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      asked.add(path);
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      Page page = pages.get(path);
      if (page == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      byte[] answer = page.answer().apply(body).getBytes(StandardCharsets.UTF_8);
      headers.forEach(exchange.getResponseHeaders()::set);
      exchange.getResponseHeaders().set("content-type", page.type());
      exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
