package com.runspace.http;

import com.runspace.base.Watch;
import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.Map;

/**
 * Closes connections that cost a place and bring nothing: those that send no whole request soon
 * after they were accepted, and those that have been idle for long. Belongs to one event loop.
 */
final class ConnectionDeadlines {
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long FIRST_REQUEST_NANOS = 10 * SECOND_NANOS;
  private static final long IDLE_NANOS = 75 * SECOND_NANOS;

  private final Watch watch;
  private final Map<HttpConnection, Seat> seats = new HashMap<>();

  ConnectionDeadlines(Watch watch) {
    this.watch = watch;
  }

  void opened(HttpConnection connection) {
    Seat seat = new Seat(connection);
    seats.put(connection, seat);
    watch.add(seat);
    connection.closeHandler(_ -> {
      seats.remove(connection);
      watch.remove(seat);
    });
  }

  /**
   * A request has come whole, as far as its head. False when the answer before it said that the
   * connection closes: nothing behind that is a request any more (RFC 9112, section 9.6).
   */
  boolean began(HttpConnection connection) {
    Seat seat = seats.get(connection);
    if (seat == null) {
      return true;
    }
    seat.running++;
    seat.allowedNanos = IDLE_NANOS;
    return !seat.closing;
  }

  void ended(HttpConnection connection, boolean closing) {
    Seat seat = seats.get(connection);
    if (seat != null) {
      seat.running--;
      seat.sinceNanos = watch.now();
      seat.closing |= closing;
    }
  }

  private final class Seat extends Watch.Watched {
    private final HttpConnection connection;
    private long sinceNanos = watch.now();
    private long allowedNanos = FIRST_REQUEST_NANOS;
    private int running;
    private boolean closing;

    Seat(HttpConnection connection) {
      this.connection = connection;
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
