package com.runspace;

import com.runspace.base.Loopback;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.config.Edge;
import com.runspace.http.Exchange;
import com.runspace.http.LoopServer;
import com.runspace.http.Observer;
import com.runspace.http.TrustedProxies;
import io.netty.util.AsciiString;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/** The operator's own listener: figures and health, on an address that callers do not reach. */
final class Admin {
  private static final Logger LOG = System.getLogger(Admin.class.getName());
  private static final CharSequence CONTENT_TYPE = new AsciiString(Metrics.CONTENT_TYPE);
  private static final int OK = 200;

  private final Vertx vertx;
  private final Edge.Admin settings;
  private final Metrics metrics;
  private final Health health;
  private volatile int port;

  Admin(Vertx vertx, Edge.Admin settings, Metrics metrics, Health health) {
    this.vertx = vertx;
    this.settings = settings;
    this.metrics = metrics;
    this.health = health;
  }

  /** Listens; one event loop is plenty. */
  Future<Void> start(Time time, Randomness random) {
    if (!Loopback.is(settings.host())) {
      LOG.log(
          Level.WARNING,
          "admin.host is {0}: whoever reaches it can read the figures",
          settings.host());
    }
    LoopServer.Place place =
        new LoopServer.Place(
            settings.host(),
            settings.port(),
            null,
            TrustedProxies.NONE,
            Duration.ofSeconds(1),
            Observer.NONE);
    LoopServer server =
        new LoopServer(place, time, random, (_, _) -> Routes.ofAdmin(this::figures, health));
    return vertx
        .deployVerticle(server)
        .onSuccess(_ -> {
          port = server.actualPort();
          LOG.log(Level.INFO, "admin listener on {0}:{1,number,#}", settings.host(), port);
        })
        .recover(failure -> {
          String why = "admin.port " + settings.port() + ": " + failure.getMessage();
          return Future.failedFuture(new IllegalStateException(why, failure));
        })
        .mapEmpty();
  }

  private void figures(Exchange exchange) {
    // Off the loop, since it goes over every figure there is.
    vertx.executeBlocking(metrics::text).onSuccess(text -> exchange.answer(OK, CONTENT_TYPE, text));
  }

  int port() {
    return port;
  }
}
