package com.runspace.gateway;

import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request's body whole, within bounds of size, time and the memory all bodies share. Either
 * the reader gets the body, or the caller gets a refusal and the connection closes.
 */
final class BodyReader extends Watch.Watched {
  static final int BODY_BYTES_MAX = 32 << 20;
  private static final long SLOW_AFTER_NANOS = 30_000_000_000L;
  private static final int SLOW_BYTES_PER_SECOND = 16 << 10;
  private static final int CHUNKED_GUESS_BYTES = 64 << 10;

  private final Exchange exchange;
  private final Watch watch;
  private final MemoryBudget budget;
  private final Consumer<byte[]> reader;
  private final long startedNanos;
  private @Nullable Buffer joined;
  private long taken;
  private long length;
  private boolean over;

  private BodyReader(Exchange exchange, Watch watch, MemoryBudget budget, Consumer<byte[]> reader) {
    this.exchange = exchange;
    this.watch = watch;
    this.budget = budget;
    this.reader = reader;
    this.startedNanos = watch.now();
  }

  /** Begins to read; the reader is called on this event loop when the body is whole. */
  static void read(
      Exchange exchange, Watch watch, MemoryBudget budget, Consumer<byte[]> whenWhole) {
    new BodyReader(exchange, watch, budget, whenWhole).start();
  }

  private void start() {
    HttpServerRequest request = exchange.request();
    String encoding = request.headers().get(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      refuse(
          Refusal.of(
              ApiError.ENCODING_UNSUPPORTED,
              "Content-Encoding '" + encoding + "' is not supported. Send the body as it is."));
      return;
    }
    String announced = request.headers().get(HttpHeaders.CONTENT_LENGTH);
    long expected = announced == null ? CHUNKED_GUESS_BYTES : Long.parseLong(announced);
    if (expected > BODY_BYTES_MAX) {
      refuseTooLarge();
      return;
    }
    if (!take(expected)) {
      return;
    }
    request.exceptionHandler(_ -> stop());
    request.handler(this::more);
    request.endHandler(_ -> whole());
    watch.add(this);
    if ("100-continue".equalsIgnoreCase(request.headers().get(HttpHeaders.EXPECT))) {
      exchange.response().writeContinue();
    }
  }

  private boolean take(long bytes) {
    if (budget.take(bytes)) {
      taken += bytes;
      return true;
    }
    refuse(
        Refusal.of(
                ApiError.OVERLOADED,
                "The service is handling too many large requests just now. Try again shortly.")
            .retryAfter(1));
    return false;
  }

  private void more(Buffer bytes) {
    if (over) {
      return;
    }
    length += bytes.length();
    if (length > BODY_BYTES_MAX) {
      refuseTooLarge();
      return;
    }
    if (length > taken && !take(Math.max(length - taken, CHUNKED_GUESS_BYTES))) {
      return;
    }
    if (joined == null) {
      joined = bytes;
    } else {
      joined = joined.appendBuffer(bytes);
    }
  }

  private void whole() {
    if (over) {
      return;
    }
    byte[] body = joined == null ? new byte[0] : joined.getBytes();
    stop();
    reader.accept(body);
  }

  @Override
  protected void tick(long nowNanos) {
    long elapsed = nowNanos - startedNanos;
    // The bytes that a body at the slowest speed allowed would have brought by now.
    long due = (elapsed - SLOW_AFTER_NANOS) / 1_000_000_000L * SLOW_BYTES_PER_SECOND;
    if (elapsed > SLOW_AFTER_NANOS && length < due + SLOW_BYTES_PER_SECOND) {
      refuse(
          Refusal.of(
              ApiError.BODY_TIMEOUT,
              "The request's body came too slowly: it may take 30 s, or more at 16 KiB/s."));
    }
  }

  private void refuseTooLarge() {
    refuse(
        Refusal.of(
            ApiError.BODY_TOO_LARGE,
            "The request is larger than " + (BODY_BYTES_MAX >> 20) + " MiB."));
  }

  private void refuse(Refusal refusal) {
    stop();
    exchange.closeAfterAnswer();
    Refusals.send(exchange, refusal);
  }

  private void stop() {
    over = true;
    joined = null;
    watch.remove(this);
    budget.giveBack(taken);
    taken = 0;
  }
}
