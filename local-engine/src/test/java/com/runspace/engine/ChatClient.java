package com.runspace.engine;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Speaks to a running engine over a real socket. */
final class ChatClient {
  private static final JsonMapper JSON = new JsonMapper();

  private final URI base;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  ChatClient(URI base) {
    this.base = base;
  }

  /** A request body: the question, and the other fields as JSON members. */
  static String asking(String question, String fields) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":%s}],%s}"
        .formatted(JSON.writeValueAsString(question), fields);
  }

  HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return http.send(chat(body), BodyHandlers.ofString());
  }

  HttpRequest chat(String body) {
    return HttpRequest.newBuilder(base.resolve("/v1/chat/completions"))
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  JsonNode complete(String body) throws IOException, InterruptedException {
    HttpResponse<String> response = post(body);
    if (response.statusCode() != 200) {
      throw new AssertionError(response.statusCode() + " " + response.body());
    }
    return JSON.readTree(response.body());
  }

  static String text(JsonNode completion) {
    return completion.path("choices").path(0).path("message").path("content").stringValue();
  }

  static String finishReason(JsonNode completion) {
    return completion.path("choices").path(0).path("finish_reason").stringValue();
  }

  /** The events of a streamed answer; the last must be [DONE] and is left out. */
  List<JsonNode> stream(String body) throws IOException, InterruptedException {
    HttpResponse<String> response = post(body);
    List<JsonNode> events = new ArrayList<>();
    String[] blocks = response.body().split("\n\n", -1);
    for (int i = 0; i < blocks.length - 2; i++) {
      events.add(JSON.readTree(blocks[i].substring("data: ".length())));
    }
    if (!blocks[blocks.length - 2].equals("data: [DONE]") || !blocks[blocks.length - 1].isEmpty()) {
      throw new AssertionError("the stream does not end with [DONE]: " + response.body());
    }
    return events;
  }

  static List<String> deltas(List<JsonNode> events) {
    return events.stream()
        .map(event -> event.path("choices").path(0).path("delta").path("content"))
        .filter(JsonNode::isString)
        .map(JsonNode::stringValue)
        .filter(text -> !text.isEmpty())
        .toList();
  }

  /** Sends a request and leaves the answer unread, to be cut off by closing the socket. */
  Socket open(String body) throws IOException {
    Socket socket = new Socket(base.getHost(), base.getPort());
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n"
            .formatted(bytes.length);
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(bytes);
    return socket;
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(base.resolve(path)).build();
    return JSON.readTree(http.send(request, BodyHandlers.ofString()).body());
  }

  /** Asks for the health until it is as expected. */
  JsonNode awaitHealth(Duration limit, Predicate<JsonNode> expected)
      throws IOException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    JsonNode health = get("/health");
    while (!expected.test(health)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("after " + limit + " still " + health);
      }
      health = get("/health");
    }
    return health;
  }
}
