package com.runspace;

import com.runspace.base.Time;
import com.runspace.config.Edge;
import com.runspace.http.LoopServer;
import com.runspace.http.Tls;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps the certificate fresh: its files are replaced by whoever renews it, while we run. */
final class Certificates {
  private static final Logger LOG = System.getLogger(Certificates.class.getName());
  private static final long LOOK_MILLIS = 10_000;
  private static final Duration SOON = Duration.ofDays(7);

  private final Vertx vertx;
  private final Time time;
  private final @Nullable Tls tls;
  private final List<LoopServer> servers = new CopyOnWriteArrayList<>();
  private String lastProblem = "";

  /**
   * Reads it for the first time.
   *
   * @param files null when there is to be no encryption
   */
  Certificates(Vertx vertx, Edge.@Nullable Certificate files, Time time) throws Wiring.StartFailed {
    this.vertx = vertx;
    this.time = time;
    if (files == null) {
      tls = null;
      return;
    }
    try {
      tls = new Tls(vertx, files.certificate(), files.key());
    } catch (Tls.Unusable unusable) {
      vertx.close();
      throw new Wiring.StartFailed("server.tls: " + unusable.getMessage());
    }
    sayExpiry(tls);
    vertx.setPeriodic(LOOK_MILLIS, _ -> renew());
  }

  @Nullable Tls tls() {
    return tls;
  }

  /** A server that uses it. */
  LoopServer used(LoopServer server) {
    servers.add(server);
    return server;
  }

  /** Reads the files again; completes when what is new in them is in use. */
  Future<Void> renew() {
    Tls current = tls;
    if (current == null) {
      return Future.succeededFuture();
    }
    return vertx
        .executeBlocking(current::reread)
        .compose(changed -> Boolean.TRUE.equals(changed) ? use(current) : Future.succeededFuture())
        .onSuccess(_ -> sayOnce(""))
        .recover(failure -> {
          sayOnce(String.valueOf(failure.getMessage()));
          return Future.succeededFuture();
        });
  }

  private Future<Void> use(Tls renewed) {
    return Future.join(servers.stream().map(LoopServer::renew).toList())
        .onSuccess(_ -> {
          LOG.log(Level.INFO, "the certificate was renewed");
          sayExpiry(renewed);
        })
        .mapEmpty();
  }

  private synchronized void sayOnce(String problem) {
    if (!problem.isEmpty() && !problem.equals(lastProblem)) {
      LOG.log(Level.ERROR, "the new certificate is not used: {0}", problem);
    }
    lastProblem = problem;
  }

  private void sayExpiry(Tls used) {
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    if (used.notAfter().isBefore(now)) {
      LOG.log(Level.WARNING, "{0}: expired on {1}", used.certificate(), used.notAfter());
    } else if (used.notAfter().isBefore(now.plus(SOON))) {
      LOG.log(Level.WARNING, "{0}: expires on {1}", used.certificate(), used.notAfter());
    }
  }
}
