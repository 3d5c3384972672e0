package com.runspace.engine;

import io.vertx.core.http.HttpServerResponse;

/**
 * Writes one generation to one client, on the connection's own thread. The head goes out with the
 * first event, so that a failure before it still has its status.
 */
final class ChatAnswer {
  private final HttpServerResponse response;
  private final ChatBodies bodies;
  private final boolean stream;
  private final boolean includeUsage;
  private final StringBuilder whole = new StringBuilder();
  private boolean begun;

  ChatAnswer(HttpServerResponse response, ChatBodies bodies, ChatRequest request) {
    this.response = response;
    this.bodies = bodies;
    this.stream = request.stream();
    this.includeUsage = request.includeUsage();
  }

  void take(GenerationEvent event) {
    if (response.closed() || response.ended()) {
      return;
    }
    switch (event) {
      case GenerationEvent.Text(String text) -> {
        if (stream) {
          begin();
          send(bodies.textChunk(text));
        } else {
          whole.append(text);
        }
      }
      case GenerationEvent.Finished(FinishReason reason, Usage usage) -> finish(reason, usage);
      case GenerationEvent.Failed(String message) -> fail(ApiException.failed(message));
    }
  }

  /** Answers with an error, as the last event if the stream has begun. */
  void fail(ApiException problem) {
    if (begun) {
      send(ChatBodies.error(problem));
      response.end();
    } else {
      HttpApi.refuse(response, problem);
    }
  }

  private void finish(FinishReason reason, Usage usage) {
    if (!stream) {
      HttpApi.json(response, bodies.completion(whole.toString(), reason, usage));
      return;
    }
    begin();
    send(bodies.finishChunk(reason));
    if (includeUsage) {
      send(bodies.usageChunk(usage));
    }
    response.end("data: [DONE]\n\n");
  }

  private void begin() {
    if (!begun) {
      begun = true;
      response.setChunked(true);
      response.putHeader("content-type", "text/event-stream; charset=utf-8");
      response.putHeader("cache-control", "no-store");
      send(bodies.roleChunk());
    }
  }

  private void send(String json) {
    response.write("data: " + json + "\n\n");
  }
}
