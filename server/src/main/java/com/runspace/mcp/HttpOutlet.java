package com.runspace.mcp;

import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP answer: JSON when it is ready soon or nobody takes a stream, else an event stream with
 * what comes ahead of the answer, and comments that keep proxies from closing it.
 */
final class HttpOutlet extends Watch.Watched implements Outlet {
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence EVENTS = HttpHeaders.createOptimized("text/event-stream");
  private static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");
  private static final CharSequence NO_CACHE = HttpHeaders.createOptimized("no-cache");
  private static final long SECOND = 1_000_000_000L;
  private static final long STREAM_AFTER_NANOS = 2 * SECOND;
  private static final long COMMENT_NANOS = 10 * SECOND;
  private static final long MILLI_NANOS = 1_000_000;

  private final Exchange exchange;
  private final HttpServerResponse response;
  private final Watch watch;
  private final MemoryBudget.Share message;
  private final boolean takesStream;
  private final long startedNanos;
  private long wroteNanos;
  private long goneNanos;
  private long graceNanos;
  private boolean gone;
  private boolean over;
  private Runnable whenGone = () -> {};

  /**
   * The way to answer a message.
   *
   * @param message the memory that its body takes; given back when the call is over
   */
  HttpOutlet(Exchange exchange, Watch watch, MemoryBudget.Share message) {
    this.exchange = exchange;
    this.message = message;
    this.response = exchange.response();
    this.watch = watch;
    this.startedNanos = watch.now();
    this.wroteNanos = startedNanos;
    String accept = exchange.request().getHeader(HttpHeaders.ACCEPT);
    takesStream = accept != null && accept.toLowerCase(Locale.ROOT).contains("text/event-stream");
    response.headers().set(HttpHeaders.CACHE_CONTROL, NO_STORE);
  }

  @Override
  public void answer(int status, @Nullable JsonObject body) {
    if (over) {
      return;
    }
    over = true;
    message.giveBack();
    watch.remove(this);
    if (gone || response.closed()) {
      return;
    }
    if (body == null) {
      response.setStatusCode(status).end();
    } else if (response.headWritten()) {
      response.end(event(body));
    } else {
      exchange.answer(status, JSON, body.toBuffer().getBytes());
    }
  }

  @Override
  public void ahead(JsonObject notification) {
    if (takesStream && !over && !gone) {
      openStream();
      wroteNanos = watch.now();
      response.write(event(notification));
    }
  }

  @Override
  public void onGone(long graceMillis, Runnable action) {
    graceNanos = graceMillis * MILLI_NANOS;
    whenGone = action;
    exchange.onGone(this::left);
    watch.add(this);
  }

  private void left() {
    gone = true;
    goneNanos = watch.now();
    if (graceNanos == 0) {
      end();
    }
  }

  private void end() {
    over = true;
    message.giveBack();
    watch.remove(this);
    whenGone.run();
  }

  @Override
  protected void tick(long nowNanos) {
    if (gone) {
      if (nowNanos - goneNanos >= graceNanos) {
        end();
      }
      return;
    }
    if (!takesStream || over) {
      return;
    }
    if (!response.headWritten() && nowNanos - startedNanos > STREAM_AFTER_NANOS) {
      openStream();
    } else if (response.headWritten() && nowNanos - wroteNanos > COMMENT_NANOS) {
      wroteNanos = nowNanos;
      response.write(": keep-alive\n\n");
    }
  }

  private void openStream() {
    if (response.headWritten()) {
      return;
    }
    response.headers().set(HttpHeaders.CONTENT_TYPE, EVENTS);
    response.headers().set(HttpHeaders.CACHE_CONTROL, NO_CACHE);
    // Proxies in front of us must not collect events.
    response.headers().set("x-accel-buffering", "no");
    response.setChunked(true);
    response.writeHead();
  }

  private static Buffer event(JsonObject message) {
    return Buffer.buffer(
        ("event: message\ndata: " + message.encode() + "\n\n").getBytes(StandardCharsets.UTF_8));
  }
}
