package com.runspace.engine;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.BindException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The OpenAI-compatible API. Connections live on one event loop; reading a request and counting its
 * tokens happens on a virtual thread, and the answer comes from the {@link Scheduler}. A client
 * that leaves cancels its generation at once, also while nothing is being written to it, because
 * the event loop sees every connection end.
 */
final class HttpApi {
  private static final int MOST_BODY_BYTES = 4 << 20;

  private final Vertx vertx;
  private final String model;
  private final Model tokens;
  private final ChatTemplate template;
  private final Scheduler scheduler;
  private final InstantSource clock;
  private final long started;
  private final SecureRandom random = new SecureRandom();
  private final ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor();

  HttpApi(
      Vertx vertx,
      String model,
      Model tokens,
      ChatTemplate template,
      Scheduler scheduler,
      InstantSource clock) {
    this.vertx = vertx;
    this.model = model;
    this.tokens = tokens;
    this.template = template;
    this.scheduler = scheduler;
    this.clock = clock;
    this.started = clock.instant().getEpochSecond();
  }

  static Vertx vertx() {
    return Vertx.vertx(
        new VertxOptions()
            .setEventLoopPoolSize(1)
            .setWorkerPoolSize(1)
            .setInternalBlockingPoolSize(1));
  }

  /**
   * Begins to accept requests.
   *
   * @return the port
   * @throws StartFailure if the port is taken or the address is not this machine's
   */
  int listen(String host, int port) throws StartFailure, InterruptedException {
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setIdleTimeout(0).setTcpNoDelay(true))
            .requestHandler(this::route);
    try {
      return server.listen(port, host).toCompletionStage().toCompletableFuture().get().actualPort();
    } catch (ExecutionException | CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String reason =
          cause instanceof BindException && port != 0
              ? "port " + port + " on " + host + " is taken; choose another with --port"
              : "cannot listen on " + host + ":" + port + ": " + cause.getMessage();
      throw new StartFailure(StartFailure.PORT, reason);
    }
  }

  private void route(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    String call = request.method().name() + " " + request.path();
    switch (call) {
      case "GET /health" -> json(response, ChatBodies.health(scheduler.load()));
      case "GET /v1/models" ->
          json(response, ChatBodies.models(model, started, scheduler.contextPerSlot()));
      case "POST /v1/chat/completions" -> chat(request);
      default ->
          refuse(
              response,
              ApiException.invalid(404, "There is no " + call + ".", "path", "not_found"));
    }
  }

  private void chat(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    Context context = vertx.getOrCreateContext();
    ClientPresence client = new ClientPresence(scheduler);
    response.closeHandler(closed -> client.leave());
    Buffer body = Buffer.buffer();
    request.handler(part -> {
      if (body.length() + part.length() <= MOST_BODY_BYTES) {
        body.appendBuffer(part);
      } else if (!response.ended()) {
        response.putHeader("connection", "close");
        refuse(
            response,
            ApiException.invalid(
                413,
                "The body of your request is larger than " + MOST_BODY_BYTES + " bytes.",
                "body",
                "request_too_large"));
      }
    });
    request.endHandler(end -> {
      if (!response.ended()) {
        readers.execute(() -> start(body.getBytes(), response, context, client));
      }
    });
  }

  private void start(
      byte[] body, HttpServerResponse response, Context context, ClientPresence client) {
    try {
      ChatRequest request = ChatRequest.parse(body);
      if (request.model() != null && !request.model().equals(model)) {
        throw ApiException.invalid(
            404,
            "The model '"
                + request.model()
                + "' does not exist; this engine serves '"
                + model
                + "'.",
            "model",
            "model_not_found");
      }
      int[] prompt = tokens.tokenize(template.prompt(request.messages()));
      int room = scheduler.contextPerSlot() - prompt.length;
      if (room < 1) {
        throw ApiException.contextExceeded(scheduler.contextPerSlot(), prompt.length);
      }
      ChatAnswer answer = new ChatAnswer(response, bodies(), request);
      Generation generation =
          new Generation(
              prompt,
              Math.min(room, request.maxTokens().orElse(room)),
              request.stops(),
              request.sampling(),
              event -> context.runOnContext(turn -> answer.take(event)));
      if (!client.submit(generation)) {
        throw ApiException.overloaded();
      }
    } catch (ApiException e) {
      context.runOnContext(turn -> refuse(response, e));
    } catch (RuntimeException e) {
      context.runOnContext(turn -> refuse(response, ApiException.failed(e.toString())));
    }
  }

  private ChatBodies bodies() {
    byte[] id = new byte[12];
    random.nextBytes(id);
    return new ChatBodies(
        "chatcmpl-" + HexFormat.of().formatHex(id), clock.instant().getEpochSecond(), model);
  }

  static void json(HttpServerResponse response, String body) {
    response.putHeader("content-type", "application/json").end(body);
  }

  static void refuse(HttpServerResponse response, ApiException problem) {
    if (response.closed() || response.ended()) {
      return;
    }
    response.setStatusCode(problem.status());
    if (problem.status() == 503) {
      response.putHeader("retry-after", "2");
    }
    json(response, ChatBodies.error(problem));
  }
}
