package com.runspace;

import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.config.Settings;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * Runs the chat path a few times against a provider in this process, so that the JVM can note which
 * classes and profiles a start needs. What it noted is the AOT cache that the launcher keeps.
 */
final class Training {
  private static final int CALLS = 200;
  private static final String HOST = "127.0.0.1";

  private Training() {}

  static void run() throws Settings.Invalid, Ports.Taken, IOException, Wiring.StartFailed {
    int providerPort = Ports.choose(HOST, 0, 0).port();
    Path config = Files.createTempFile("runspace", ".yaml");
    Files.writeString(
        config,
        """
        providers: {training: {url: "http://127.0.0.1:%d/v1", probe: off}}
        models:
          - {id: training, weights: none, licence: none, price: {input: 0.1, output: 0.1},
             routes: [{provider: training, model: training}]}
        """
            .formatted(providerPort));
    Settings settings = Settings.read(config, System::getenv);
    Files.delete(config);
    int port = Ports.choose(HOST, 0, 0).port();
    Path data = Files.createTempDirectory("runspace");
    Books books = Books.open(data, settings, Time.system(), Randomness.secure());
    try (Wiring wiring = new Wiring(settings, books, port, Time.system(), Randomness.secure())) {
      HttpServer provider = wiring.vertx().createHttpServer().requestHandler(Training::answer);
      get(provider.listen(providerPort, HOST));
      HttpClient client = wiring.vertx().createHttpClient();
      Secret key = Objects.requireNonNull(wiring.firstKey());
      for (int i = 0; i < CALLS; i++) {
        call(client, port, key, i % 2 == 0);
      }
      get(client.close());
      get(provider.close());
    }
    delete(data);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void answer(HttpServerRequest request) {
    request
        .body()
        .onSuccess(body -> {
          if (body.toString().contains("\"stream\":true")) {
            request.response().setChunked(true).putHeader("content-type", "text/event-stream");
            request.response().write(event("{\"content\":\"hi\"}", "null"));
            request.response().write(event("{}", "\"stop\""));
            request.response().end("data: [DONE]\n\n");
          } else {
            request
                .response()
                .putHeader("content-type", "application/json")
                .end(
                    "{\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":"
                        + "{\"role\":\"assistant\",\"content\":\"hi\"},"
                        + "\"finish_reason\":\"stop\"}],"
                        + "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}");
          }
        });
  }

  private static String event(String delta, String finish) {
    return "data: {\"id\":\"1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"finish_reason\":"
        + finish
        + "}]}\n\n";
  }

  private static void call(HttpClient client, int port, Secret key, boolean stream)
      throws Wiring.StartFailed {
    String body =
        "{\"model\":\"training\",\"stream\":"
            + stream
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    get(
        client
            .request(HttpMethod.POST, port, HOST, "/v1/chat/completions")
            .compose(request ->
                request
                    .putHeader("authorization", "Bearer " + key.reveal())
                    .send(Buffer.buffer(body)))
            .compose(HttpClientResponse::body));
  }

  private static void get(Future<?> future) throws Wiring.StartFailed {
    try {
      future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException failed) {
      throw new Wiring.StartFailed("the training run failed: " + failed.getMessage());
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
