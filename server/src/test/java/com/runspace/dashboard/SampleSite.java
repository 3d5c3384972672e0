package com.runspace.dashboard;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Watch;
import com.runspace.chain.Address;
import com.runspace.chain.Namespace;
import com.runspace.gate.Entitlement;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Router;
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
import com.runspace.ledger.Settlement;
import com.runspace.ledger.Spender;
import com.runspace.models.Card;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Route;
import com.runspace.testkit.ManualTime;
import com.runspace.wallet.Session;
import com.runspace.wallet.Wallet;
import com.runspace.web.Cookies;
import com.runspace.web.LoopSite;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.web.StaticFiles;
import io.vertx.core.http.HttpMethod;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The pages over a real store with a month of calls in it. Whoever sends the cookie {@code sid=ID}
 * is signed in by the session of that id; the wallets are lists in memory.
 */
final class SampleSite implements AutoCloseable, AccountPage.Holder {
  static final String ORIGIN = "http://127.0.0.1:8080";
  static final AccountId ANNA = new AccountId("acc_7f3a");
  static final AccountId BERT = new AccountId("acc_bert");
  static final String WALLET = "0x52908400098527886E0F7030069857D2E4169EE7";
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
  final Map<String, Session> sessions = new ConcurrentHashMap<>();
  final List<Wallet> wallets = new ArrayList<>();
  volatile Entitlement entitlement = Entitlement.none(ANNA);

  private final Catalogue catalogue =
      new Catalogue(MODELS.stream().map(SampleSite::model).toList());
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
    life.live(this);
    ledger.post();
    session("anna", ANNA, WALLET, Duration.ofMinutes(2));
    session("stale", ANNA, WALLET, Duration.ofMinutes(16));
    session("bert", BERT, "", Duration.ZERO);
    wallets.add(wallet("w1", Namespace.EIP155, WALLET));
    wallets.add(wallet("w2", Namespace.SOLANA, "7EqQdEULxWcraVx3mXKFjc84LhCkMGZCkRuDpvcMwJeK"));
    site = LoopSite.of(time, (router, watch) -> doors(router, watch, entrance));
  }

  /** What happened before the pages are looked at. */
  interface Life {
    void live(SampleSite site) throws Exception;
  }

  private static Wallet wallet(String id, Namespace namespace, String address) {
    Instant linked = Instant.parse("2026-10-24T09:00:00Z");
    return new Wallet(id, ANNA, new Address(namespace, address), "", linked);
  }

  final void session(String id, AccountId account, String wallet, Duration sinceSigned) {
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    String agent =
        id.equals("stale")
            ? "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1) AppleWebKit/605 Version/19.1 Safari/604.1"
            : "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36";
    Instant signed = now.minus(sinceSigned);
    sessions.put(
        id,
        new Session(id, account, wallet, signed, now, now.plus(Duration.ofDays(7)), signed, agent));
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

  private void doors(Router router, Watch watch, SignInPage.Entrance entrance) {
    StaticFiles files = new StaticFiles(Pages.files());
    Pages pages = new Pages(files);
    SameOrigin origin = new SameOrigin(URI.create(ORIGIN));
    Cookies cookies = new Cookies(false);
    SignInPage signIn = new SignInPage(pages, entrance, origin, x -> find(x, cookies));
    Desk desk =
        new Desk(
            new Desk.Parts(
                pages, signIn, origin, x -> find(x, cookies), ANNA::equals, time, budget));
    OverviewPage overview =
        new OverviewPage(desk, ledger, view::standing, _ -> entitlement, keyring);
    KeysPage keys =
        new KeysPage(desk, keyring, catalogue, view::standing, Randomness.secure(), ORIGIN);
    UsagePage usage = new UsagePage(desk, ledger, keyring);
    AccountPage account = new AccountPage(desk, this, x -> cookies.clear(x, "sid"), ORIGIN);
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
    return cookies.find(exchange, "sid").map(sessions::get);
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
    StoredKey playground = keyring.create(ANNA, chat).key();
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
          new Spender(ANNA, laptop.id(), null),
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
    keyring.create(ANNA, workshop);
    entitlement = gold(Instant.ofEpochMilli(time.epochMillis()));
  }

  private static Entitlement gold(Instant now) {
    BigInteger unit = BigInteger.TEN.pow(18);
    return new Entitlement(
        ANNA,
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
    StoredKeyring.Created created = keyring.create(ANNA, settings);
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
  public List<Wallet> wallets(AccountId account) {
    return wallets.stream().filter(wallet -> wallet.account().equals(account)).toList();
  }

  @Override
  public List<Session> sessions(AccountId account) {
    return sessions.values().stream().filter(open -> open.account().equals(account)).toList();
  }

  @Override
  public boolean end(AccountId account, String session) {
    return sessions.values().removeIf(s -> s.id().equals(session) && s.account().equals(account));
  }

  @Override
  public void endAll(AccountId account) {
    sessions.values().removeIf(session -> session.account().equals(account));
  }

  @Override
  public AccountPage.Unlinked unlink(AccountId account, String wallet) {
    if (wallets(account).size() == 1) {
      return AccountPage.Unlinked.LAST;
    }
    return wallets.removeIf(w -> w.id().equals(wallet))
        ? AccountPage.Unlinked.DONE
        : AccountPage.Unlinked.UNKNOWN;
  }

  @Override
  public void close() {
    site.close();
    ledger.close();
    db.close();
  }
}
