package com.runspace.engine;

import static com.runspace.engine.ChatClient.asking;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** A client that leaves gives back what it held, wherever its request stands. */
@Timeout(120)
class DisconnectTest {
  private static final Duration PROMPT = Duration.ofSeconds(10);
  private static final String LONG =
      asking("Count from one to ten thousand in words.", "\"temperature\":0,\"stream\":true");

  @Test
  void running_and_waiting_requests_leave_at_once() throws Exception {
    try (EngineProcess engine = EngineProcess.start("--model", TestModel.file().toString())) {
      ChatClient client = new ChatClient(engine.awaitReady());
      Deque<Socket> running = new ArrayDeque<>();
      for (int i = 0; i < 4; i++) {
        running.add(client.open(LONG));
      }
      client.awaitHealth(PROMPT, health -> busy(health) == 4);

      Socket waiting = client.open(LONG);
      client.awaitHealth(PROMPT, health -> queued(health) == 1);
      waiting.close();
      client.awaitHealth(PROMPT, health -> queued(health) == 0 && busy(health) == 4);

      Socket fifth = client.open(LONG);
      client.awaitHealth(PROMPT, health -> queued(health) == 1);
      running.remove().close();
      client.awaitHealth(PROMPT, health -> queued(health) == 0 && busy(health) == 4);
      assertThat(new String(fifth.getInputStream().readNBytes(12), US_ASCII))
          .isEqualTo("HTTP/1.1 200");

      running.add(fifth);
      for (Socket each : running) {
        each.close();
      }
      client.awaitHealth(PROMPT, health -> busy(health) == 0);
    }
  }

  @Test
  void a_long_prompt_is_given_up_while_it_is_read() throws Exception {
    try (EngineProcess engine =
        EngineProcess.start(
            "--model", TestModel.file().toString(), "--context", "8192", "--parallel", "1")) {
      ChatClient client = new ChatClient(engine.awaitReady());
      Socket reading = client.open(asking("word ".repeat(8000), "\"max_tokens\":1"));
      client.awaitHealth(PROMPT, health -> busy(health) == 1);
      reading.close();
      client.awaitHealth(PROMPT, health -> busy(health) == 0);
    }
  }

  @Test
  void a_full_queue_refuses_and_empties_when_its_clients_leave() throws Exception {
    try (EngineProcess engine =
        EngineProcess.start("--model", TestModel.file().toString(), "--parallel", "1")) {
      ChatClient client = new ChatClient(engine.awaitReady());
      List<CompletableFuture<HttpResponse<String>>> crowd = new ArrayList<>();
      HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
      crowd.add(http.sendAsync(client.chat(LONG), BodyHandlers.ofString()));
      client.awaitHealth(PROMPT, health -> busy(health) == 1);
      for (int i = 0; i < Scheduler.QUEUE_LIMIT; i++) {
        crowd.add(http.sendAsync(client.chat(LONG), BodyHandlers.ofString()));
      }
      client.awaitHealth(PROMPT, health -> queued(health) == Scheduler.QUEUE_LIMIT);
      HttpResponse<String> refused = client.post(LONG);
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.headers().firstValue("retry-after")).hasValue("2");

      http.shutdownNow();
      client.awaitHealth(PROMPT, health -> busy(health) == 0 && queued(health) == 0);
      assertThat(crowd).allMatch(CompletableFuture::isCompletedExceptionally);
    }
  }

  private static int busy(JsonNode health) {
    return health.path("busy").intValue();
  }

  private static int queued(JsonNode health) {
    return health.path("queued").intValue();
  }
}
