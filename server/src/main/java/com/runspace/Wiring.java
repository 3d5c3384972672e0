package com.runspace;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.gateway.Gateway;
import com.runspace.http.LoopServer;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.MemoryKeyring;
import com.runspace.ledger.Allowance;
import com.runspace.ledger.Ledger;
import com.runspace.ledger.LocalLedger;
import com.runspace.models.Catalogue;
import com.runspace.upstream.Providers;
import com.runspace.upstream.Upstreams;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Builds every object once, in order. No framework: to know who uses what, read the arguments.
 * Closing it drains the running answers and frees the port.
 */
final class Wiring implements AutoCloseable {
  /** The one account there is while no chain is configured. */
  static final AccountId LOCAL = new AccountId("local");

  private static final long START_SECONDS = 20;
  private static final long GRACE_SECONDS = 5;

  /** The service cannot be started; the message says why. */
  static final class StartFailed extends Exception {
    private static final long serialVersionUID = 1L;

    StartFailed(String message) {
      super(message);
    }
  }

  private final Settings settings;
  private final Vertx vertx;
  private final Catalogue catalogue;
  private final Providers providers;
  private final MemoryKeyring keyring;
  private final MemoryBudget budget = MemoryBudget.ofHeap();

  Wiring(Settings settings, int port, Time time, Randomness random) throws StartFailed {
    this.settings = settings;
    catalogue = new Catalogue(settings.models());
    providers = new Providers(settings.providers());
    keyring = new MemoryKeyring(random);
    Allowance.Grant grant = new Allowance.Grant(settings.local().allowance(), "local");
    Ledger ledger = LocalLedger.inMemory(_ -> grant, time);
    Gateway.Shared shared = new Gateway.Shared(keyring, catalogue, ledger, budget, time);

    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setPreferNativeTransport(true)
                .setEventLoopPoolSize(settings.eventLoops()));
    requireNativeTransport();
    LoopServer.Doors doors =
        (loop, watch) ->
            Routes.of(new Gateway(loop, watch, new Upstreams(loop, providers), shared));
    await(
        vertx.deployVerticle(
            () -> new LoopServer(settings.host(), port, time, random, settings.drain(), doors),
            new DeploymentOptions().setInstances(settings.eventLoops())),
        START_SECONDS);
  }

  /** Falling back to the slow transport must be a choice, not an accident of packaging. */
  private void requireNativeTransport() throws StartFailed {
    boolean linux = System.getProperty("os.name", "").startsWith("Linux");
    if (linux && !vertx.isNativeTransportEnabled() && !settings.nioAllowed()) {
      vertx.close();
      throw new StartFailed(
          "the native transport cannot be loaded. Set server.transport: nio to run without it.");
    }
  }

  private static void await(Future<?> future, long seconds) throws StartFailed {
    try {
      future.toCompletionStage().toCompletableFuture().get(seconds, TimeUnit.SECONDS);
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      throw new StartFailed(cause == null ? failed.toString() : String.valueOf(cause.getMessage()));
    } catch (TimeoutException slow) {
      throw new StartFailed("it took longer than " + seconds + " s");
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new StartFailed("interrupted");
    }
  }

  Vertx vertx() {
    return vertx;
  }

  Catalogue catalogue() {
    return catalogue;
  }

  Providers providers() {
    return providers;
  }

  /** Bytes of bodies in memory now. */
  MemoryBudget budget() {
    return budget;
  }

  /** A new key of the local account, to be shown once. */
  Secret firstKey() {
    return keyring.create(LOCAL, "first key");
  }

  /** Stops accepting, lets running answers finish, then ends everything. */
  @Override
  public void close() {
    try {
      await(vertx.close(), settings.drain().toSeconds() + GRACE_SECONDS);
    } catch (StartFailed late) {
      System.getLogger(Wiring.class.getName())
          .log(System.Logger.Level.WARNING, "drain: {0}", late.getMessage());
    }
  }
}
