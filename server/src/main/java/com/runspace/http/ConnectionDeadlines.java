package com.runspace.http;

import com.runspace.base.Watch;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.HashMap;
import java.util.Map;

/**
 * Closes connections that cost a place and bring nothing: those that send no whole request soon
 * after they were accepted or began one, and those that have been idle for long. Belongs to one
 * event loop.
 */
final class ConnectionDeadlines {
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long HEAD_NANOS = 10 * SECOND_NANOS;
  private static final long IDLE_NANOS = 75 * SECOND_NANOS;
  private static final long LINGER_NANOS = 2 * SECOND_NANOS;
  private static final long LINGER_BYTES = 2L * BodyReader.BYTES_MAX;

  private final Watch watch;
  private final Observer observer;
  private final Map<HttpConnection, Seat> seats = new HashMap<>();

  ConnectionDeadlines(Watch watch, Observer observer) {
    this.watch = watch;
    this.observer = observer;
  }

  void opened(HttpConnection connection) {
    Seat seat = new Seat(connection);
    seats.put(connection, seat);
    watch.add(seat);
    observer.connected();
    if (connection.protocolVersion() != HttpVersion.HTTP_2
        && connection instanceof HttpServerConnection server) {
      // Vert.x tells of a request when its head is whole; that one has begun only the bytes tell.
      ChannelPipeline pipeline = server.channelHandlerContext().pipeline();
      pipeline.addBefore("httpDecoder", "firstByte", seat.firstByte());
      KnownVersions.watch(connection);
    }
    connection.closeHandler(_ -> {
      seats.remove(connection);
      watch.remove(seat);
      observer.disconnected();
    });
  }

  /** A request has come whole, as far as its head. */
  void began(HttpConnection connection) {
    Seat seat = seats.get(connection);
    if (seat != null) {
      seat.running++;
      seat.began = true;
      seat.allowedNanos = IDLE_NANOS;
    }
  }

  /**
   * The answer that is being given says that the connection closes: nothing behind it is a request
   * any more (RFC 9112, section 9.6).
   */
  void last(HttpConnection connection) {
    Seat seat = seats.get(connection);
    if (seat != null) {
      seat.over = true;
    }
  }

  boolean isOver(HttpConnection connection) {
    Seat seat = seats.get(connection);
    return seat != null && seat.over;
  }

  void ended(HttpConnection connection) {
    Seat seat = seats.get(connection);
    if (seat != null) {
      seat.running--;
      seat.sinceNanos = watch.now();
    }
  }

  /**
   * Closes the connection of a request that has been answered, once the rest of its body has been
   * read, or enough of it. A close with bytes unread is a reset (RFC 9112, section 9.6), and with
   * that the client would lose the answer.
   */
  void linger(HttpServerRequest request) {
    Seat seat = seats.get(request.connection());
    if (seat == null) {
      return;
    }
    if (request.isEnded()) {
      request.connection().close();
      return;
    }
    seat.sinceNanos = watch.now();
    seat.allowedNanos = LINGER_NANOS;
    seat.lingering = true;
    request.handler(bytes -> seat.discarded(bytes.length()));
    request.endHandler(_ -> request.connection().close());
  }

  private final class Seat extends Watch.Watched {
    private final HttpConnection connection;
    private long sinceNanos = watch.now();
    private long allowedNanos = HEAD_NANOS;
    private long discarded;
    private boolean lingering;
    private boolean began;
    private boolean over;
    private int running;

    Seat(HttpConnection connection) {
      this.connection = connection;
    }

    void discarded(long bytes) {
      discarded += bytes;
      if (discarded > LINGER_BYTES) {
        connection.close();
      }
    }

    /** Notices bytes that come between two requests and are not yet a whole head. */
    ChannelInboundHandlerAdapter firstByte() {
      return new ChannelInboundHandlerAdapter() {
        @Override
        public void channelRead(ChannelHandlerContext context, Object bytes) {
          began = false;
          context.fireChannelRead(bytes);
          if (!began && running == 0 && !lingering && allowedNanos == IDLE_NANOS) {
            sinceNanos = watch.now();
            allowedNanos = HEAD_NANOS;
          }
        }
      };
    }

    @Override
    protected void tick(long nowNanos) {
      if (running == 0 && nowNanos - sinceNanos > allowedNanos) {
        watch.remove(this);
        connection.close();
      }
    }
  }
}
