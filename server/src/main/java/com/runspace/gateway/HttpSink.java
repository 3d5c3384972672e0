package com.runspace.gateway;

import com.runspace.http.Exchange;
import com.runspace.wire.ByteJoiner;
import com.runspace.wire.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/** A client's connection. */
final class HttpSink implements Sink {
  private static final CharSequence EVENT_STREAM =
      HttpHeaders.createOptimized("text/event-stream; charset=utf-8");
  private static final CharSequence NO_CACHE = HttpHeaders.createOptimized("no-cache");
  private static final CharSequence BUFFERING = HttpHeaders.createOptimized("x-accel-buffering");
  private static final CharSequence NO = HttpHeaders.createOptimized("no");

  /** What waits for a reader who is slower than the provider; then the provider waits too. */
  private static final int QUEUE_BYTES_MAX = 32 << 10;

  private final Exchange exchange;
  private final HttpServerResponse response;
  private final Runnable forgetRequest;

  /**
   * Writes to the connection of an exchange.
   *
   * @param forgetRequest frees what the request's body takes
   */
  HttpSink(Exchange exchange, Runnable forgetRequest) {
    this.exchange = exchange;
    this.forgetRequest = forgetRequest;
    this.response = exchange.response();
  }

  private boolean isOver() {
    return response.closed() || response.ended();
  }

  @Override
  public void open() {
    if (isOver() || response.headWritten()) {
      return;
    }
    response.headers().set(HttpHeaders.CONTENT_TYPE, EVENT_STREAM);
    response.headers().set(HttpHeaders.CACHE_CONTROL, NO_CACHE);
    // Proxies in front of us must not collect events either.
    response.headers().set(BUFFERING, NO);
    response.setChunked(true);
    response.setWriteQueueMaxSize(QUEUE_BYTES_MAX);
    response.writeHead();
  }

  @Override
  public void forgetRequest() {
    forgetRequest.run();
  }

  @Override
  public boolean isOpen() {
    return response.headWritten();
  }

  @Override
  public void write(ByteJoiner bytes) {
    if (!isOver()) {
      response.write(Buffer.buffer(bytes.length()).appendBytes(bytes.array(), 0, bytes.length()));
    }
  }

  @Override
  public void end() {
    if (!isOver()) {
      response.end();
    }
  }

  @Override
  public void answer(byte[] json) {
    if (!isOver()) {
      exchange.json(200, json);
    }
  }

  @Override
  public void refuse(Refusal refusal) {
    if (!isOver()) {
      Refusals.send(exchange, refusal);
    }
  }

  @Override
  public void settled(CallObserver.Call call) {
    exchange.about(call);
  }

  @Override
  public boolean isFull() {
    return !isOver() && response.writeQueueFull();
  }

  @Override
  public void onRoom(Runnable action) {
    response.drainHandler(_ -> action.run());
  }

  @Override
  public void onGone(Runnable action) {
    exchange.onGone(() -> {
      // An answer that is cut off never ends, so nobody else would free it.
      forgetRequest.run();
      action.run();
    });
  }
}
