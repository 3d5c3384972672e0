package com.runspace.upstream;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks at each provider now and then: whether it answers, takes our key, and which models it says
 * it has. One that is down is looked at more often, so that it is back soon.
 */
public final class Probes {
  private static final long AGAIN_MILLIS = 5_000;
  private static final long ANSWER_SECONDS = 10;

  private final Vertx vertx;
  private final Providers providers;

  private Probes(Vertx vertx, Providers providers) {
    this.vertx = vertx;
    this.providers = providers;
  }

  /** Begins to look, and goes on for as long as {@code vertx} runs. */
  public static Future<?> watch(Vertx vertx, Providers providers) {
    Probes probes = new Probes(vertx, providers);
    List<Future<?>> first =
        providers.list().stream()
            .filter(Provider::isProbed)
            .<Future<?>>map(probes::repeat)
            .toList();
    return Future.join(first);
  }

  /** Looks at each provider once. */
  public static Future<?> once(Vertx vertx, Providers providers) {
    Probes probes = new Probes(vertx, providers);
    return Future.join(
        providers.list().stream()
            .filter(Provider::isProbed)
            .<Future<?>>map(provider -> probes.look(probes.client(provider), provider))
            .toList());
  }

  private HttpClient client(Provider provider) {
    return vertx.createHttpClient(
        provider
            .clientOptions()
            .setKeepAlive(false)
            .setIdleTimeout((int) ANSWER_SECONDS)
            .setIdleTimeoutUnit(TimeUnit.SECONDS));
  }

  private Future<?> repeat(Provider provider) {
    HttpClient client = client(provider);
    return again(client, provider);
  }

  private Future<?> again(HttpClient client, Provider provider) {
    long usual = provider.probe().toMillis();
    return look(client, provider)
        .onComplete(_ ->
            vertx.setTimer(
                providers.isWell(provider) ? usual : Math.min(usual, AGAIN_MILLIS),
                _ -> again(client, provider)));
  }

  private Future<Void> look(HttpClient client, Provider provider) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setHost(provider.url().getHost())
            .setPort(provider.port())
            .setSsl(provider.isTls())
            .setURI(provider.path("/models"))
            .setTimeout(TimeUnit.SECONDS.toMillis(ANSWER_SECONDS))
            .putHeader(HttpHeaders.ACCEPT, "application/json");
    if (provider.key() != null) {
      options.putHeader(HttpHeaders.AUTHORIZATION, "Bearer " + provider.key().reveal());
    }
    return client
        .request(options)
        .compose(request -> request.send().compose(answer -> judge(provider, answer)))
        .recover(cause -> {
          String reason = cause.getMessage();
          providers.missed(
              provider,
              "it cannot be reached ("
                  + (reason == null ? cause.getClass().getSimpleName() : reason)
                  + ")");
          return Future.succeededFuture();
        });
  }

  private Future<Void> judge(Provider provider, HttpClientResponse answer) {
    int status = answer.statusCode();
    Future<Buffer> body = answer.body();
    if (status == 404 || status == 405) {
      // It has no list, which says nothing about its calls.
      return body.map(_ -> {
        providers.found(provider, null);
        return null;
      });
    }
    if (status != 200) {
      String why =
          status == 401 || status == 402 || status == 403
              ? "it refuses our key (status " + status + ")"
              : "it answers with status " + status;
      return body.map(_ -> {
        providers.missed(provider, why);
        return null;
      });
    }
    // A list can have hundreds of models, so it is read beside the event loop.
    return body.compose(json -> vertx.executeBlocking(() -> names(json)))
        .map(names -> {
          providers.found(provider, names);
          return null;
        });
  }

  /** The ids of a list of models; null when it is none. Some send the bare array. */
  private static @Nullable Set<String> names(Buffer json) {
    try {
      Object decoded = Json.decodeValue(json);
      Object list = decoded instanceof JsonObject object ? object.getValue("data") : decoded;
      if (!(list instanceof JsonArray array)) {
        return null;
      }
      Set<String> names = new HashSet<>();
      for (Object each : array) {
        if (each instanceof JsonObject model && model.getValue("id") instanceof String id) {
          names.add(id);
        }
      }
      return names;
    } catch (DecodeException notJson) {
      return null;
    }
  }
}
