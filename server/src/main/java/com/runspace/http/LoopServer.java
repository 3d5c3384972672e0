package com.runspace.http;

import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The listening server of one event loop. Several of them, one per loop, share the port.
 *
 * <p>What handles the requests is built on the loop that will run it, so that all of it can belong
 * to one thread.
 */
public final class LoopServer extends VerticleBase {
  private static final Logger LOG = System.getLogger(LoopServer.class.getName());

  private static final int HEADER_LINES_MAX = 100;
  private static final int HEADER_BYTES_MAX = 16 << 10;
  private static final int REQUEST_LINE_BYTES_MAX = 8 << 10;
  private static final int BACKLOG = 4096;

  /** Builds the router of one loop. */
  @FunctionalInterface
  public interface Doors {
    Router open(Vertx vertx, Watch watch);
  }

  private final String host;
  private final int port;
  private final Time time;
  private final Randomness random;
  private final Doors doors;
  private final Duration drain;
  private @Nullable HttpServer server;
  private @Nullable Router router;
  private @Nullable RequestIds ids;
  private @Nullable ConnectionDeadlines connections;
  private long ticker;

  public LoopServer(
      String host, int port, Time time, Randomness random, Duration drain, Doors doors) {
    this.host = host;
    this.port = port;
    this.time = time;
    this.random = random;
    this.drain = drain;
    this.doors = doors;
  }

  @Override
  public Future<?> start() {
    Watch watch = new Watch(time);
    ticker = vertx.setPeriodic(Watch.TICK_MILLIS, _ -> watch.tick());
    ConnectionDeadlines deadlines = new ConnectionDeadlines(watch);
    connections = deadlines;
    router = doors.open(vertx, watch);
    ids = new RequestIds(random);
    HttpServerOptions options =
        new HttpServerOptions()
            .setTcpNoDelay(true)
            .setAcceptBacklog(BACKLOG)
            .setMaxHeaderSize(HEADER_BYTES_MAX)
            .setMaxInitialLineLength(REQUEST_LINE_BYTES_MAX)
            // Every limit here is one of HTTP/1.1; what a proxy in front speaks is its own affair.
            .setHttp2ClearTextEnabled(false)
            .setHandle100ContinueAutomatically(false)
            .setDecompressionSupported(false)
            .setCompressionSupported(false);
    server =
        vertx
            .createHttpServer(options)
            .connectionHandler(connection -> {
              KnownVersions.watch(connection);
              deadlines.opened(connection);
            })
            .requestHandler(this::handle)
            .invalidRequestHandler(this::refuse);
    return server.listen(port, host);
  }

  private void handle(HttpServerRequest request) {
    if (router == null || ids == null || connections == null) {
      throw new IllegalStateException("a request before the start");
    }
    ConnectionDeadlines places = connections;
    if (!places.began(request.connection())) {
      return;
    }
    Exchange exchange = new Exchange(request, ids.next());
    exchange.onEnd(() -> places.ended(request.connection(), exchange.isClosing()));
    if (hasTooManyLines(request.headers())) {
      exchange.closeAfterAnswer();
      router.fallbacks().headTooLarge(exchange);
      return;
    }
    String asked = request.path();
    String path = asked == null ? "" : asked;
    Cors.allow(exchange, path);
    try {
      router.find(request.method(), path).handle(exchange);
    } catch (RuntimeException fault) {
      LOG.log(Logger.Level.ERROR, exchange.id(), fault);
      router.fallbacks().failed(exchange);
    }
  }

  /** The map's own size counts names, and a name can have any number of lines. */
  private static boolean hasTooManyLines(MultiMap headers) {
    int lines = 0;
    for (Map.Entry<String, String> _ : headers) {
      lines++;
    }
    return lines > HEADER_LINES_MAX;
  }

  /**
   * A request that the parser refused. Where the next one begins cannot be known (RFC 9112, section
   * 6.3: "the server MUST respond with a 400 (Bad Request) status code and then close the
   * connection"), so nothing that stands behind it is read.
   */
  private void refuse(HttpServerRequest request) {
    if (router == null || ids == null || connections == null) {
      throw new IllegalStateException("a request before the start");
    }
    ConnectionDeadlines places = connections;
    if (!places.began(request.connection())) {
      return;
    }
    Exchange exchange = new Exchange(request, ids.next());
    exchange.onEnd(() -> places.ended(request.connection(), true));
    exchange.closeAfterAnswer();
    Throwable cause = request.decoderResult().cause();
    boolean tooLong =
        cause instanceof TooLongHttpLineException || cause instanceof TooLongHttpHeaderException;
    if (tooLong) {
      router.fallbacks().headTooLarge(exchange);
    } else {
      router.fallbacks().unreadable(exchange);
    }
  }

  /** The port it really listens on. */
  public int actualPort() {
    return server == null ? 0 : server.actualPort();
  }

  @Override
  public Future<?> stop() {
    Future<?> drained =
        server == null
            ? Future.succeededFuture()
            : server.shutdown(drain.toMillis(), TimeUnit.MILLISECONDS);
    return drained.eventually(() -> {
      vertx.cancelTimer(ticker);
      return Future.succeededFuture();
    });
  }
}
