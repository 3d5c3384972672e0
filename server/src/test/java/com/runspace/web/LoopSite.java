package com.runspace.web;

import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.gateway.Refusals;
import com.runspace.http.LoopServer;
import com.runspace.http.Observer;
import com.runspace.http.Router;
import com.runspace.http.TrustedProxies;
import io.vertx.core.Vertx;
import java.time.Duration;

/** A server with the doors that a test gives it, on a port of its own. */
public final class LoopSite implements AutoCloseable {
  private final Vertx vertx = Vertx.vertx();
  private final LoopServer server;

  private LoopSite(LoopServer server) {
    this.server = server;
  }

  /** Starts it. */
  public static LoopSite of(Time time, Doors doors) {
    LoopServer.Place place =
        new LoopServer.Place(
            "127.0.0.1", 0, null, TrustedProxies.NONE, Duration.ofMillis(100), Observer.NONE);
    LoopServer server =
        new LoopServer(
            place,
            time,
            Randomness.secure(),
            (vertx, watch) -> {
              Router router = new Router(Refusals.fallbacks());
              doors.add(router, watch);
              return router;
            });
    LoopSite site = new LoopSite(server);
    site.vertx.deployVerticle(server).toCompletionStage().toCompletableFuture().join();
    return site;
  }

  /** Adds what is to be tested. */
  @FunctionalInterface
  public interface Doors {
    void add(Router router, Watch watch);
  }

  public int port() {
    return server.actualPort();
  }

  @Override
  public void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }
}
