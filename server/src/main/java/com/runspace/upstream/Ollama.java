package com.runspace.upstream;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Looks now and then whether an Ollama runs at an address, and which models it has. An Ollama that
 * comes, goes, or pulls a model while we run is noticed within half a minute.
 */
public final class Ollama {
  private static final long LOOK_MILLIS = 30_000;
  private static final int CONNECT_MILLIS = 500;
  private static final int ANSWER_SECONDS = 5;

  private final HttpClient client;
  private final URI url;
  private final Consumer<Set<String>> listener;

  private Ollama(Vertx vertx, URI url, Consumer<Set<String>> listener) {
    this.url = url;
    this.listener = listener;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout(CONNECT_MILLIS)
                .setIdleTimeout(ANSWER_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS));
  }

  /** Begins to look; the listener hears the names of the models after each look. */
  public static void watch(Vertx vertx, URI url, Consumer<Set<String>> listener) {
    Ollama ollama = new Ollama(vertx, url, listener);
    ollama.look();
    vertx.setPeriodic(LOOK_MILLIS, _ -> ollama.look());
  }

  private void look() {
    int port = url.getPort() < 0 ? 11434 : url.getPort();
    client
        .request(HttpMethod.GET, port, url.getHost(), "/v1/models")
        .compose(request -> request.send().compose(HttpClientResponse::body))
        .map(body -> models(body.toString()))
        .recover(_ -> Future.succeededFuture(Set.of()))
        .onSuccess(listener::accept);
  }

  private static Set<String> models(String json) {
    Set<String> names = new TreeSet<>();
    try {
      JsonArray data = new JsonObject(json).getJsonArray("data", new JsonArray());
      for (int i = 0; i < data.size(); i++) {
        names.add(data.getJsonObject(i).getString("id"));
      }
    } catch (DecodeException | ClassCastException | NullPointerException notOllama) {
      return Set.of();
    }
    return names;
  }
}
