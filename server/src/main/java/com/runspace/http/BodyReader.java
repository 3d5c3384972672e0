package com.runspace.http;

import com.runspace.base.Watch;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.StreamResetException;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads a request's body whole, within bounds of size, time and the memory that all bodies share.
 * Either the listener gets the body or it hears what is wrong with it, once; if the client leaves
 * before that, it hears nothing. Bytes are copied once, into the array that is handed over.
 */
public final class BodyReader extends Watch.Watched {
  /** The most bytes a body may have. */
  public static final int BYTES_MAX = 32 << 20;

  /** How long any body may take; after that it has to come at {@link #SLOW_BYTES_PER_SECOND}. */
  public static final int SLOW_AFTER_SECONDS = 30;

  /** The slowest speed of a body that takes long. */
  public static final int SLOW_BYTES_PER_SECOND = 16 << 10;

  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final int CHUNKED_GUESS_BYTES = 16 << 10;
  private static final byte[] EMPTY = {};

  /** What can be wrong with a body before anybody has looked into it. */
  public enum Problem {
    TOO_LARGE,
    TOO_SLOW,
    ENCODED,
    /** Its framing is broken, so that its end cannot be known. */
    BROKEN,
    /** The bodies in memory take all that they may. */
    NO_MEMORY
  }

  /** Hears what becomes of a body, on the event loop of the request. */
  public interface Listener {
    /** The body is here; the share is to be given back when it is not needed any more. */
    void whole(byte[] body, MemoryBudget.Share share);

    void refused(Problem problem);
  }

  private final Exchange exchange;
  private final Watch watch;
  private final MemoryBudget budget;
  private final Listener listener;
  private final int bytesMax;
  private final long startedNanos;
  private byte[] bytes = EMPTY;
  private int length;
  private long taken;
  private boolean over;

  private BodyReader(
      Exchange exchange, Watch watch, MemoryBudget budget, int bytesMax, Listener listener) {
    this.exchange = exchange;
    this.bytesMax = bytesMax;
    this.watch = watch;
    this.budget = budget;
    this.listener = listener;
    this.startedNanos = watch.now();
  }

  /** Begins to read. */
  public static void read(Exchange exchange, Watch watch, MemoryBudget budget, Listener listener) {
    read(exchange, watch, budget, BYTES_MAX, listener);
  }

  /**
   * Begins to read a body that may have fewer bytes than others.
   *
   * @param bytesMax at most {@link #BYTES_MAX}
   */
  public static void read(
      Exchange exchange, Watch watch, MemoryBudget budget, int bytesMax, Listener listener) {
    new BodyReader(exchange, watch, budget, Math.min(bytesMax, BYTES_MAX), listener).start();
  }

  private void start() {
    HttpServerRequest request = exchange.request();
    String encoding = request.headers().get(HttpHeaders.CONTENT_ENCODING);
    if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
      refuse(Problem.ENCODED);
      return;
    }
    String announced = request.headers().get(HttpHeaders.CONTENT_LENGTH);
    long expected = announced == null ? 0 : announcedLength(announced);
    if (expected > bytesMax) {
      refuse(Problem.TOO_LARGE);
      return;
    }
    if (!grow((int) expected)) {
      return;
    }
    request.exceptionHandler(this::broken);
    request.handler(this::more);
    request.endHandler(_ -> whole());
    watch.add(this);
    if ("100-continue".equalsIgnoreCase(request.headers().get(HttpHeaders.EXPECT))) {
      exchange.response().writeContinue();
    }
  }

  /**
   * A length that is no number has been refused by the HTTP decoder; one too long for us is not.
   */
  private static long announcedLength(String digits) {
    try {
      return Long.parseLong(digits.strip());
    } catch (NumberFormatException tooLong) {
      return Long.MAX_VALUE;
    }
  }

  /** Makes the array that large, if the budget allows. */
  private boolean grow(int size) {
    if (!budget.take(size - taken)) {
      refuse(Problem.NO_MEMORY);
      return false;
    }
    taken = size;
    bytes = Arrays.copyOf(bytes, size);
    return true;
  }

  private void more(Buffer chunk) {
    if (over) {
      return;
    }
    int needed = length + chunk.length();
    if (needed > bytesMax) {
      refuse(Problem.TOO_LARGE);
      return;
    }
    if (needed > bytes.length
        && !grow(Math.min(bytesMax, Math.max(needed + CHUNKED_GUESS_BYTES, 2 * bytes.length)))) {
      return;
    }
    chunk.getBytes(0, chunk.length(), bytes, length);
    length = needed;
  }

  /** Either the caller has left, on whom an answer is lost, or what came is no body. */
  private void broken(Throwable cause) {
    boolean left =
        cause instanceof HttpClosedException
            || cause instanceof StreamResetException
            || cause instanceof IOException;
    if (left || over) {
      stop();
    } else {
      refuse(Problem.BROKEN);
    }
  }

  private void whole() {
    if (over) {
      return;
    }
    byte[] body = length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    MemoryBudget.Share share = new MemoryBudget.Share(budget, taken);
    taken = 0;
    stop();
    // Whoever works on the body lets go of it when the client leaves; at the end of an answer, we
    // do.
    exchange.onEnd(share::giveBack);
    listener.whole(body, share);
  }

  @Override
  protected void tick(long nowNanos) {
    long elapsed = (nowNanos - startedNanos) / SECOND_NANOS;
    // The bytes that a body at the slowest speed allowed would have brought by now.
    long due = (elapsed - SLOW_AFTER_SECONDS) * SLOW_BYTES_PER_SECOND;
    if (elapsed > SLOW_AFTER_SECONDS && length < due) {
      refuse(Problem.TOO_SLOW);
    }
  }

  private void refuse(Problem problem) {
    stop();
    listener.refused(problem);
  }

  private void stop() {
    over = true;
    bytes = EMPTY;
    watch.remove(this);
    budget.giveBack(taken);
    taken = 0;
  }
}
