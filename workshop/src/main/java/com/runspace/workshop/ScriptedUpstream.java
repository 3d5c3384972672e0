package com.runspace.workshop;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Plays the provider for calls that have a number in their prompt, {@code call 17}: how long an
 * answer takes and what usage it reports follow from that number, so that no two calls that might
 * be mistaken for each other are alike.
 */
final class ScriptedUpstream implements AutoCloseable {
  /** What an answer reports. */
  record Usage(long prompt, long output) {
    /** Of a call with this number, where the answer may have so many tokens. */
    static Usage of(long number, long limit) {
      return new Usage(20 + number % 97, Math.min(20 + number % 89, limit));
    }

    /** What it costs in nano-dollars, at the prices of {@link RunSpace#config}. */
    long cost() {
      return prompt * 100 + output * 400;
    }

    private String json() {
      return "\"usage\":{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d}"
          .formatted(prompt, output, prompt + output);
    }
  }

  private static final Pattern NUMBER = Pattern.compile("call (\\d{1,9})");
  private static final Pattern LIMIT =
      Pattern.compile("\"max_(?:completion_)?tokens\":\\s*(\\d{1,9})");
  private static final Pattern PACED = Pattern.compile("paced (\\d{1,6}) times (\\d{1,6}) ms");
  private static final String HEAD = "{\"id\":\"up\",\"created\":1,\"model\":\"upstream-model\",";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  ScriptedUpstream() throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4096);
    server.setExecutor(threads);
    server.createContext("/", ScriptedUpstream::answer);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body =
          new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1);
      long number = number(NUMBER, 1, body, 0);
      Usage usage = Usage.of(number, number(LIMIT, 1, body, Long.MAX_VALUE));
      exchange.getResponseHeaders().set("content-type", "application/json");
      if (body.contains("\"stream\":true")) {
        exchange.getResponseHeaders().set("content-type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        long events = number(PACED, 1, body, 3 + number % 5);
        stream(exchange.getResponseBody(), usage, events, number(PACED, 2, body, 8));
        return;
      }
      pause(10 + number % 40);
      String answer =
          HEAD
              + "\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
              + "\"assistant\",\"content\":\"words\"},\"finish_reason\":\"stop\"}],"
              + usage.json()
              + "}";
      exchange.sendResponseHeaders(200, answer.length());
      exchange.getResponseBody().write(Bytes.of(answer));
    }
  }

  private static void stream(OutputStream out, Usage usage, long events, long millis)
      throws IOException {
    String chunk = HEAD + "\"object\":\"chat.completion.chunk\",\"choices\":[";
    for (int i = 0; i < events; i++) {
      say(out, chunk + "{\"index\":0,\"delta\":{\"content\":\"word \"},\"finish_reason\":null}]}");
      pause(millis);
    }
    say(out, chunk + "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
    say(out, chunk + "]," + usage.json() + "}");
    say(out, "[DONE]");
  }

  private static void say(OutputStream out, String data) throws IOException {
    out.write(Bytes.of("data: " + data + "\n\n"));
    out.flush();
  }

  private static void pause(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private static long number(Pattern pattern, int group, String body, long otherwise) {
    Matcher matcher = pattern.matcher(body);
    return matcher.find() ? Long.parseLong(matcher.group(group)) : otherwise;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
