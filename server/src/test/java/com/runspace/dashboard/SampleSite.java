package com.runspace.dashboard;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Watch;
import com.runspace.chain.Address;
import com.runspace.gate.Entitlement;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Router;
import com.runspace.journal.Settlement;
import com.runspace.keys.Door;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKey;
import com.runspace.keys.StoredKeyring;
import com.runspace.ledger.Allowance;
import com.runspace.ledger.Ask;
import com.runspace.ledger.Ledger;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.models.Card;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Route;
import com.runspace.testkit.EvmKey;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.SolanaKey;
import com.runspace.wallet.Accounts;
import com.runspace.wallet.ContractWallets;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.wallet.SignIn;
import com.runspace.wallet.WalletSettings;
import com.runspace.web.Cookies;
import com.runspace.web.LoopSite;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.web.StaticFiles;
import com.runspace.web.Viewer;
import io.vertx.core.http.HttpMethod;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pages over a real store, with people who signed in with real keys: Anna by {@link #anna} a
 * moment ago and by {@link #stale} a while ago, and Bert by {@link #bert}.
 */
final class SampleSite implements AutoCloseable {
  static final String ORIGIN = "http://127.0.0.1:8080";
  static final EvmKey WALLET = EvmKey.number(1);

  private static final String BROWSER = "b".repeat(43);
  static final List<String> MODELS =
      List.of(
          "llama-3.3-70b",
          "qwen3-235b",
          "deepseek-v4",
          "kimi-k2",
          "glm-5",
          "gpt-oss-120b",
          "gpt-oss-20b");

  private static final int DAYS = 30;
  private static final Nanos ALLOWANCE = new Nanos(5 * Nanos.PER_USD);

  final ManualTime time = ManualTime.at("2026-10-24T09:00:00Z");
  final Db db;
  final StoredKeyring keyring;
  final LocalLedger ledger;
  final MemoryBudget budget = new MemoryBudget(1 << 20);
  final Sessions sessions;
  final Accounts accounts;
  final AccountId account;
  final String anna;
  final String stale;
  final String bert;
  volatile Entitlement entitlement;

  private final SignIn door;
  final Catalogue catalogue = new Catalogue(MODELS.stream().map(SampleSite::model).toList());
  private final Ledger view;
  private final LoopSite site;

  SampleSite(Path folder, SignInPage.Entrance entrance, SampleSite.Life life) throws Exception {
    db = Db.sqlite(folder.resolve("runspace.db"), Duration.ofSeconds(5));
    keyring = new StoredKeyring(db, time, Randomness.secure());
    ledger =
        LocalLedger.open(
            db,
            folder.resolve("journal"),
            new LocalLedger.Plan(false, 0),
            _ -> new Allowance.Grant(ALLOWANCE, "gold"),
            time);
    view = ledger.forLoop();
    sessions = new Sessions(db, time, Randomness.secure());
    accounts = new Accounts(db, sessions, time, Randomness.secure(), _ -> {});
    door =
        new SignIn(
            new WalletSettings(ORIGIN, Set.of(), List.of(8453L), ""),
            accounts,
            sessions,
            ContractWallets.NONE,
            time,
            Randomness.secure());
    SignIn.SignedIn first = enter(WALLET, "Chrome/1 X11; Linux");
    account = first.session().account();
    entitlement = Entitlement.none(account);
    link(first.session());
    life.live(this);
    ledger.post();
    stale = enter(WALLET, "iPhone Version/19.1 Safari/604.1").cookie().reveal();
    time.advance(Duration.ofMinutes(16));
    anna = enter(WALLET, "X11; Linux x86_64 Chrome/156.0.0.0 Safari/537.36").cookie().reveal();
    bert = enter(EvmKey.number(2), "").cookie().reveal();
    site = LoopSite.of(time, (router, watch) -> doors(router, watch, entrance));
  }

  /** What happened before the pages are looked at. */
  interface Life {
    void live(SampleSite site) throws Exception;
  }

  private SignIn.SignedIn enter(EvmKey key, String agent) throws SQLException {
    String address = key.address().shown();
    SignIn.Visitor visitor = new SignIn.Visitor(BROWSER, null, agent);
    SignIn.Ask ask = new SignIn.Ask("eip155", address, "sign_in");
    SignIn.Challenge asked = (SignIn.Challenge) door.challenge(ask, visitor);
    String signature = key.signs(Objects.requireNonNull(asked.message()));
    SignIn.Reply reply =
        new SignIn.Reply(asked.id(), "eip155", address, "sign_in", signature, null, null, null);
    return (SignIn.SignedIn) door.verify(reply, visitor);
  }

  /** Links a wallet of Solana. */
  private void link(Session session) throws SQLException {
    SolanaKey key = SolanaKey.number(3);
    String address = key.address().shown();
    SignIn.Visitor visitor = new SignIn.Visitor(BROWSER, session, "");
    SignIn.Ask ask = new SignIn.Ask("solana", address, "link");
    SignIn.Challenge asked = (SignIn.Challenge) door.challenge(ask, visitor);
    byte[] message = Objects.requireNonNull(asked.message()).getBytes(StandardCharsets.UTF_8);
    String signature = Base64.getEncoder().encodeToString(key.sign(message));
    SignIn.Reply reply =
        new SignIn.Reply(asked.id(), "solana", address, "link", signature, null, null, null);
    if (!(door.verify(reply, visitor) instanceof SignIn.Linked)) {
      throw new AssertionError("not linked");
    }
  }

  private static Model model(String id) {
    return new Model(
        id,
        new Card(id, "weights", "licence", 0, List.of()),
        131_072,
        16_384,
        false,
        new Model.Tokens(16, 4.0, 0),
        Set.of(),
        new Price(100_000_000, 20_000_000, 400_000_000),
        List.of(new Route("provider", id)));
  }

  private Viewer viewer(Session session) {
    String wallet = session.wallet().isEmpty() ? "This machine" : session.wallet();
    String brief = session.wallet().isEmpty() ? wallet : Address.parse(wallet).brief();
    return new Viewer(wallet, brief, session.account().equals(account));
  }

  private void doors(Router router, Watch watch, SignInPage.Entrance entrance) {
    StaticFiles files = new StaticFiles(Pages.files());
    Pages pages = new Pages(files);
    SameOrigin origin = new SameOrigin(URI.create(ORIGIN));
    Cookies cookies = new Cookies(false);
    SignInPage signIn = new SignInPage(pages, entrance, origin, x -> find(x, cookies));
    Desk desk =
        new Desk(
            new Desk.Parts(
                pages,
                signIn,
                origin,
                x -> find(x, cookies),
                this::viewer,
                session -> entrance == SignInPage.Entrance.LOCAL || sessions.isConfirmed(session),
                time,
                budget));
    OverviewPage overview =
        new OverviewPage(desk, ledger, view::standing, _ -> entitlement, keyring);
    KeysPage keys =
        new KeysPage(desk, keyring, catalogue, view::standing, Randomness.secure(), ORIGIN);
    UsagePage usage = new UsagePage(desk, ledger, keyring);
    AccountPage account =
        new AccountPage(
            desk,
            accounts,
            sessions,
            AccountPage.Connections.NONE,
            x -> cookies.clear(x, "sid"),
            ORIGIN);
    router
        .below(HttpMethod.GET, StaticFiles.PATH, files)
        .on(HttpMethod.GET, "/", overview.show())
        .on(HttpMethod.GET, "/sign-in", signIn)
        .on(HttpMethod.GET, "/keys", keys.list())
        .below(HttpMethod.GET, "/keys/", keys.one())
        .on(HttpMethod.POST, "/keys", keys.create(watch))
        .below(HttpMethod.POST, "/keys/", keys.change(watch))
        .on(HttpMethod.GET, "/usage", usage.show())
        .on(HttpMethod.GET, "/usage.csv", usage.csv())
        .on(HttpMethod.GET, "/apps", account.apps())
        .on(HttpMethod.GET, "/account", account.show())
        .on(HttpMethod.POST, "/account/sign-out", account.signOut(watch))
        .on(HttpMethod.POST, "/account/sign-out-everywhere", account.signOutEverywhere(watch))
        .below(HttpMethod.POST, "/account/sessions/", account.endSession(watch))
        .below(HttpMethod.POST, "/account/wallets/", account.unlink(watch));
  }

  private Optional<Session> find(Exchange exchange, Cookies cookies) {
    return cookies.find(exchange, "sid").flatMap(sessions::find);
  }

  int port() {
    return site.port();
  }

  /** A month of calls, up to the noon of 2026-11-22, and three running now. */
  void month() throws Exception {
    StoredKey laptop = key("laptop", Limits.NONE, null, Set.of());
    StoredKey ci = key("ci", new Limits(60, 200_000, 4), "0.50", Set.of("gpt-oss-20b", "glm-5"));
    StoredKey claude = key("claude-code", Limits.NONE, "3", Set.of());
    KeySettings chat =
        new KeySettings("Playground", Set.of(Door.PLAYGROUND), Set.of(), null, Limits.NONE, null);
    StoredKey playground = keyring.create(account, chat).key();
    List<StoredKey> keys = List.of(claude, laptop, claude, ci, laptop, claude, playground);
    for (int day = 0; day < DAYS; day++) {
      int calls = day % 7 < 2 ? 3 : 9 + day * 5 % 17;
      for (int i = 0; i < calls; i++) {
        int which = (day * 3 + i * i) % MODELS.size();
        long cost = 4_000_000L + (day * 37L + i * 91L) % 83 * 3_100_000L / (1 + which);
        call(keys.get(i % keys.size()), MODELS.get(which), 900 + i * 731L, 220 + i * 97L, cost);
      }
      time.advance(day == DAYS - 1 ? Duration.ofHours(3) : Duration.ofDays(1));
    }
    keyring.find("no such key");
    for (int i = 0; i < 3; i++) {
      view.hold(
          new Spender(account, laptop.id(), null),
          new Ask(new Nanos(130_000_000), Nanos.ZERO),
          id(),
          MODELS.getFirst());
    }
    view.flush();
    StoredKey old = key("old laptop", Limits.NONE, null, Set.of());
    keyring.revoke(old.id());
    KeySettings workshop =
        new KeySettings(
            "workshop, Friday",
            Door.OF_KEYS,
            Set.of("gpt-oss-20b"),
            Nanos.ofUsd(new BigDecimal("0.25")),
            Limits.NONE,
            Instant.ofEpochMilli(time.epochMillis()).plus(Duration.ofDays(6)));
    keyring.create(account, workshop);
    entitlement = gold(Instant.ofEpochMilli(time.epochMillis()));
  }

  private Entitlement gold(Instant now) {
    BigInteger unit = BigInteger.TEN.pow(18);
    return new Entitlement(
        account,
        "Gold",
        ALLOWANCE,
        "RUN",
        List.of(
            new Entitlement.Holding(
                "RUN",
                "eip155:8453",
                18,
                unit.multiply(BigInteger.valueOf(52_400)),
                unit.multiply(BigInteger.valueOf(12_400)),
                now.plus(Duration.ofMinutes(854))),
            new Entitlement.Holding(
                "RUN",
                "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
                6,
                new BigInteger("310500000"),
                new BigInteger("310500000"),
                null)),
        new Entitlement.Next(
            "Platinum",
            new Nanos(20 * Nanos.PER_USD),
            "RUN",
            BigInteger.ZERO,
            18,
            now.plus(Duration.ofMinutes(854))),
        now.minus(Duration.ofMinutes(23)),
        null,
        null);
  }

  private StoredKey key(String name, Limits limits, @Nullable String cap, Set<String> models)
      throws SQLException {
    Nanos most = cap == null ? null : Nanos.ofUsd(new BigDecimal(cap));
    KeySettings settings = new KeySettings(name, Door.OF_KEYS, models, most, limits, null);
    StoredKeyring.Created created = keyring.create(account, settings);
    keyring.find(created.secret().reveal());
    return created.key();
  }

  private static String id() {
    return HexFormat.of().toHexDigits(Randomness.secure().nextLong()).repeat(2);
  }

  private void call(StoredKey key, String model, long prompt, long output, long cost) {
    Spender spender = new Spender(key.account(), key.id(), null);
    Nanos most = new Nanos(cost);
    if (view.hold(spender, new Ask(most, most), id(), model) instanceof Reservation.Held held) {
      held.hold()
          .settle(
              new Settlement(
                  "provider",
                  prompt,
                  prompt / 3,
                  output,
                  most,
                  Settlement.Basis.MEASURED,
                  Settlement.Ended.COMPLETE,
                  false,
                  false));
    }
    view.flush();
  }

  @Override
  public void close() {
    site.close();
    ledger.close();
    db.close();
  }
}
