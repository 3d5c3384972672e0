package com.runspace;

import com.runspace.account.KeyEndpoint;
import com.runspace.account.UsageEndpoint;
import com.runspace.auth.Auth;
import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Loopback;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.cluster.Announcements;
import com.runspace.cluster.Cluster;
import com.runspace.config.Settings;
import com.runspace.dashboard.AccountPage;
import com.runspace.dashboard.Docs;
import com.runspace.dashboard.DocsDoor;
import com.runspace.gateway.CallObserver;
import com.runspace.gateway.Gateway;
import com.runspace.gateway.Refusals;
import com.runspace.http.Exchange;
import com.runspace.http.Fallbacks;
import com.runspace.http.LoopServer;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Observer;
import com.runspace.http.Router;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Spender;
import com.runspace.ledger.Standing;
import com.runspace.mcp.Allowance;
import com.runspace.mcp.Desktop;
import com.runspace.mcp.McpEndpoint;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.oauth.OAuth;
import com.runspace.upstream.Probes;
import com.runspace.upstream.Providers;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.web.StaticFiles;
import com.runspace.web.Viewer;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.net.URI;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Builds every object once, in order. No framework: to know who uses what, read the arguments.
 * Closing it drains the running answers and frees the port.
 */
final class Wiring implements AutoCloseable {
  /** The one account there is while no chain is configured. */
  static final AccountId LOCAL = new AccountId("local");

  private static final long START_SECONDS = 20;
  private static final long SAVE_MILLIS = 60_000;
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
  private final Future<?> looked;
  private final Books books;
  private final @Nullable Members members;
  private final MemoryBudget budget = MemoryBudget.ofHeap();
  private final Certificates certificate;
  private final @Nullable Admin admin;
  private final @Nullable Announcements news;
  private @Nullable Apps apps;

  /**
   * Builds and starts the service.
   *
   * @param books closed together with it
   */
  Wiring(Settings settings, Books books, int port, Time time, Randomness random)
      throws StartFailed {
    this.settings = settings;
    this.books = books;
    catalogue = new Catalogue(settings.models());
    providers = new Providers(settings.providers(), time);
    Keyring keyring = books.keyring();
    Metrics metrics = settings.edge().admin().isOn() ? new Metrics(budget::taken) : null;
    LocalLedger kept = books.kept();
    if (metrics != null && kept != null) {
      metrics.journal(kept::backlog);
    }
    CallObserver callObserver = metrics == null ? CallObserver.NONE : metrics;
    Cluster cluster = books.cluster();
    if (metrics != null && cluster != null) {
      metrics.watch(cluster);
    }
    Gateway.Shared shared =
        new Gateway.Shared(
            keyring, catalogue, providers, books.forLoops(), budget, time, callObserver);
    Health health =
        new Health(catalogue, providers, () -> cluster == null || cluster.leases().areGood());

    URI url = URI.create(settings.publicUrl(port));
    members = Members.open(books, settings, url, budget, time, random);

    vertx =
        Vertx.vertx(
            new VertxOptions()
                .setPreferNativeTransport(true)
                .setEventLoopPoolSize(settings.eventLoops()));
    requireNativeTransport();
    LoopServer.Doors doors = doors(shared, health, port, url, random);
    if (members != null) {
      members.start();
    }
    books.start();
    news = News.open(books, members, apps);
    certificate = new Certificates(vertx, settings.edge().tls(), time);
    LoopServer.Place place =
        new LoopServer.Place(
            settings.host(),
            port,
            certificate.tls(),
            settings.edge().proxies(),
            settings.drain(),
            observer(metrics));
    await(
        vertx.deployVerticle(
            () -> certificate.used(new LoopServer(place, time, random, doors)),
            new DeploymentOptions().setInstances(settings.eventLoops())),
        START_SECONDS);
    looked = Probes.watch(vertx, providers);
    vertx.setPeriodic(SAVE_MILLIS, _ -> Thread.ofVirtual().name("save").start(this::save));
    admin = metrics == null ? null : new Admin(vertx, settings.edge().admin(), metrics, health);
    if (admin != null) {
      await(admin.start(time, random), START_SECONDS);
    }
  }

  private Allowance allowance(Caller caller) {
    Standing day = books.standing(new Spender(caller.account(), caller.keyId(), caller.dailyCap()));
    String tier = members == null ? "" : members.entitlement(caller.account()).tier();
    return new Allowance(day.granted(), day.free(), day.day().end().toString(), tier);
  }

  /** Pages that may call from a browser: our own, and on a loopback address its other names. */
  private Set<String> origins(int port) {
    URI own = URI.create(settings.publicUrl(port));
    String origin = SameOrigin.originOf(own);
    return Loopback.is(own.getHost())
        ? Loopback.NAMES.stream()
            .map(host -> origin.replace("://" + own.getHost(), "://" + host))
            .collect(Collectors.toSet())
        : Set.of(origin);
  }

  /** What stands open on each event loop; see {@link Routes}. */
  private LoopServer.Doors doors(
      Gateway.Shared shared, Health health, int port, URI url, Randomness random)
      throws StartFailed {
    Keyring keyring = shared.keyring();
    Time time = shared.time();
    KeyEndpoint keyDoor = new KeyEndpoint(keyring, books::standing);
    LocalLedger kept = books.kept();
    UsageEndpoint usageDoor = kept == null ? null : new UsageEndpoint(keyring, kept, time);
    StaticFiles files = new StaticFiles(Pages.files());
    Pages pages = new Pages(files);
    DocsDoor docs = new DocsDoor(new Docs(url.toString()), pages, this::viewer);
    Desktop desktop = new Desktop(url.toString(), Main.version());
    Apps apps = Apps.open(books, members, settings, pages, vertx, budget, time, random);
    this.apps = apps;
    Site site = site(pages, apps, time, random);
    Fallbacks fallbacks = site == null ? Refusals.fallbacks() : site.fallbacks();
    McpEndpoint.Shared mcp =
        new McpEndpoint.Shared(
            apps == null ? keyring::find : apps.withTokens(keyring)::find,
            keyring::find,
            this::listed,
            this::allowance,
            budget,
            origins(port),
            apps == null ? "" : apps.challenge(),
            Main.version());
    return (loop, watch) -> {
      Gateway gateway = new Gateway(loop, watch, shared);
      McpEndpoint claude = new McpEndpoint(gateway.completion(), watch, mcp);
      Router router =
          Routes.of(gateway, claude, keyDoor, usageDoor, health, files, docs, desktop, fallbacks);
      Members people = members;
      if (people != null && site != null) {
        Routes.people(router, site, new Auth(watch, people.doors()), people, watch);
        Routes.playground(router, site, gateway, watch);
        if (apps != null) {
          Routes.apps(router, site, new OAuth(watch, apps.oauth()));
        }
      }
      return router;
    };
  }

  /** The dashboard; null when nothing is kept that it could show. */
  private @Nullable Site site(Pages pages, @Nullable Apps apps, Time time, Randomness random) {
    LocalLedger ledger = books.kept();
    StoredKeyring keyring = books.storedKeys();
    Db db = books.db();
    return members == null || ledger == null || keyring == null || db == null
        ? null
        : Site.of(
            pages,
            members,
            books,
            db,
            ledger,
            keyring,
            apps == null ? AccountPage.Connections.NONE : apps.connections(),
            catalogue,
            providers,
            budget,
            time,
            random);
  }

  private @Nullable Viewer viewer(Exchange exchange) {
    return members == null ? null : members.viewer(exchange);
  }

  /** What is known in memory first and in the store within a minute. */
  private void save() {
    books.saveKeyUse();
    if (members != null) {
      members.save();
    }
    Apps open = apps;
    if (open != null) {
      open.save();
    }
  }

  private Observer observer(@Nullable Metrics metrics) {
    Observer figures = metrics == null ? Observer.NONE : metrics;
    return settings.edge().log().calls() ? new AccessLog(figures) : figures;
  }

  /** The port of the operator's listener, 0 when there is none. */
  int adminPort() {
    return admin == null ? 0 : admin.port();
  }

  /** Looks whether the certificate was renewed; done by itself from time to time. */
  Future<Void> renewCertificate() {
    return certificate.renew();
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

  Books books() {
    return books;
  }

  /** All about people; null when nothing is kept. */
  @Nullable Members members() {
    return members;
  }

  /** The models that can be called now. */
  List<Model> listed() {
    return providers.listed(catalogue);
  }

  /** Completes when every provider has been looked at once. */
  Future<?> looked() {
    return looked;
  }

  /** Bytes of bodies in memory now. */
  MemoryBudget budget() {
    return budget;
  }

  /** What running calls of the local account hold now. */
  Nanos held() {
    return books.standing(new Spender(LOCAL, "", null)).held();
  }

  /**
   * A key of the local account, to be shown once; null when it has one that lives, or when there is
   * no such account.
   *
   * @throws StartFailed when the store could not keep it
   */
  @Nullable Secret firstKey() throws StartFailed {
    if (settings.access().isGuarded()) {
      return null;
    }
    try {
      return books.firstKey(LOCAL);
    } catch (SQLException cannot) {
      throw new StartFailed(String.valueOf(cannot.getMessage()));
    }
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
    if (news != null) {
      news.close();
    }
    if (members != null) {
      members.close();
    }
    books.close();
  }
}
