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
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.List;
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

  /** Left to itself the kernel takes megabytes for a reader who stands still. */
  private static final int SEND_BUFFER_BYTES = 256 << 10;

  /** Builds the router of one loop. */
  @FunctionalInterface
  public interface Doors {
    Router open(Vertx vertx, Watch watch);
  }

  /**
   * Where and how to listen.
   *
   * @param port 0 for any free one
   * @param tls null to speak without encryption
   * @param drain how long running answers may take to finish when it stops
   */
  public record Place(
      String host,
      int port,
      @Nullable Tls tls,
      TrustedProxies proxies,
      Duration drain,
      Observer observer) {}

  private final Place place;
  private final Time time;
  private final Randomness random;
  private final Doors doors;
  private @Nullable HttpServer server;
  private @Nullable Router router;
  private @Nullable RequestIds ids;
  private Exchange.@Nullable Ground ground;
  private long ticker;

  public LoopServer(Place place, Time time, Randomness random, Doors doors) {
    this.place = place;
    this.time = time;
    this.random = random;
    this.doors = doors;
  }

  @Override
  public Future<?> start() {
    Watch watch = new Watch(time);
    ticker = vertx.setPeriodic(Watch.TICK_MILLIS, _ -> watch.tick());
    ConnectionDeadlines deadlines = new ConnectionDeadlines(watch, place.observer());
    ground = new Exchange.Ground(time, deadlines, place.proxies(), place.observer());
    router = doors.open(vertx, watch);
    ids = new RequestIds(random);
    server =
        vertx
            .createHttpServer(options())
            .connectionHandler(deadlines::opened)
            .requestHandler(this::handle)
            .invalidRequestHandler(this::refuse);
    return server.listen(place.port(), place.host());
  }

  private HttpServerOptions options() {
    HttpServerOptions options =
        new HttpServerOptions()
            .setTcpNoDelay(true)
            .setAcceptBacklog(BACKLOG)
            .setSendBufferSize(SEND_BUFFER_BYTES)
            .setMaxHeaderSize(HEADER_BYTES_MAX)
            .setMaxInitialLineLength(REQUEST_LINE_BYTES_MAX)
            // Without encryption there is HTTP/1.1 alone; what a proxy in front speaks is its own
            // affair.
            .setHttp2ClearTextEnabled(false)
            .setHandle100ContinueAutomatically(false)
            .setDecompressionSupported(false)
            .setCompressionSupported(false);
    if (place.tls() != null) {
      place.tls().addTo(options);
    }
    return options;
  }

  /** Uses the certificate that has been read since the start, for new connections. */
  public Future<?> renew() {
    return server == null || place.tls() == null
        ? Future.succeededFuture()
        : server.updateSSLOptions(place.tls().options());
  }

  private Exchange begin(HttpServerRequest request) {
    if (ids == null || ground == null) {
      throw new IllegalStateException("a request before the start");
    }
    return new Exchange(request, ids.next(), ground);
  }

  private Router router() {
    if (router == null) {
      throw new IllegalStateException("a request before the start");
    }
    return router;
  }

  /** Whether an answer before this request said that it is the last one on its connection. */
  private boolean isBehindTheLast(HttpServerRequest request) {
    return ground != null && ground.connections().isOver(request.connection());
  }

  private void handle(HttpServerRequest request) {
    if (isBehindTheLast(request)) {
      return;
    }
    Exchange exchange = begin(request);
    String asked = request.path();
    String path = asked == null ? "" : asked;
    if (isTooLarge(request)) {
      exchange.closeAfterAnswer();
      router().fallbacks().headTooLarge(exchange);
      return;
    }
    if (!isReadable(request)) {
      exchange.closeAfterAnswer();
      router().fallbacks().unreadable(exchange);
      return;
    }
    Cors.allow(exchange, path);
    try {
      router().handle(exchange, path);
    } catch (RuntimeException fault) {
      LOG.log(Logger.Level.ERROR, exchange.id(), fault);
      router().fallbacks().failed(exchange);
    }
  }

  /**
   * Whether the host is named as it must be: "A server MUST respond with a 400 (Bad Request) status
   * code to any HTTP/1.1 request message that lacks a Host header field and to any request message
   * that contains more than one Host header field line or a Host header field with an invalid field
   * value" (RFC 9112, section 3.2).
   */
  private static boolean isReadable(HttpServerRequest request) {
    HttpVersion version = request.version();
    if (version == HttpVersion.HTTP_2) {
      return hasHost(request);
    }
    List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
    return hosts.isEmpty()
        ? version == HttpVersion.HTTP_1_0
        : hosts.size() == 1 && hasHost(request);
  }

  private static boolean hasHost(HttpServerRequest request) {
    HostAndPort authority = request.authority();
    return authority != null && !authority.host().isEmpty();
  }

  private static boolean isTooLarge(HttpServerRequest request) {
    return hasTooManyLines(request.headers()) || request.uri().length() > REQUEST_LINE_BYTES_MAX;
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
    if (isBehindTheLast(request)) {
      return;
    }
    Exchange exchange = begin(request);
    exchange.closeAfterAnswer();
    Throwable cause = request.decoderResult().cause();
    boolean tooLong =
        cause instanceof TooLongHttpLineException || cause instanceof TooLongHttpHeaderException;
    if (tooLong) {
      router().fallbacks().headTooLarge(exchange);
    } else {
      router().fallbacks().unreadable(exchange);
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
            : server.shutdown(place.drain().toMillis(), TimeUnit.MILLISECONDS);
    return drained.eventually(() -> {
      vertx.cancelTimer(ticker);
      return Future.succeededFuture();
    });
  }
}
