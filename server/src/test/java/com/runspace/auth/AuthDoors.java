package com.runspace.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.gateway.Refusals;
import com.runspace.http.LoopServer;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Observer;
import com.runspace.http.Router;
import com.runspace.http.TrustedProxies;
import com.runspace.keys.StoredKeyring;
import com.runspace.testkit.EvmKey;
import com.runspace.testkit.Headers;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.wallet.Accounts;
import com.runspace.wallet.ContractWallets;
import com.runspace.wallet.OneTimeCodes;
import com.runspace.wallet.Sessions;
import com.runspace.wallet.SignIn;
import com.runspace.wallet.WalletSettings;
import com.runspace.web.Cookies;
import com.runspace.web.SameOrigin;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The doors of sign-in on a real port over a real store, with people who have browsers. */
@Timeout(60)
abstract class AuthDoors {
  static final String SITE = "https://run-space.example";
  static final EvmKey ANNE = EvmKey.number(1);
  static final EvmKey BOB = EvmKey.number(2);
  static final AccountId LOCAL = new AccountId("local");

  final ManualTime time = ManualTime.at("2026-11-22T12:00:30Z");
  final Randomness random = new Random(5)::nextBytes;

  @TempDir Path folder;
  Db db;
  Sessions sessions;
  Accounts accounts;
  StoredKeyring keyring;
  OneTimeCodes codes;
  private Vertx vertx;
  private int port;

  /** Where the site is; a test of plain http says so. */
  String site() {
    return SITE;
  }

  @BeforeEach
  void open() throws Exception {
    db = Db.sqlite(folder.resolve("store.db"), Duration.ofMillis(50));
    sessions = new Sessions(db, time, random);
    accounts = new Accounts(db, sessions, time, random, _ -> {});
    keyring = new StoredKeyring(db, time, random);
    codes = new OneTimeCodes(time, random);
    Address never = Address.parse("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed");
    WalletSettings settings = new WalletSettings(site(), Set.of(never), List.of(8453L), "");
    SignIn signIn = new SignIn(settings, accounts, sessions, ContractWallets.NONE, time, random);
    Cookies cookies = new Cookies(settings.isSecure());
    Visitors visitors = new Visitors(sessions, cookies, time, random);
    Auth.Shared shared =
        new Auth.Shared(
            signIn,
            accounts,
            sessions,
            visitors,
            keyring,
            new SameOrigin(URI.create(site())),
            MemoryBudget.ofHeap(),
            new Auth.Limits(time),
            time);
    vertx = Vertx.vertx();
    LoopServer server = server(shared);
    vertx
        .deployVerticle(server)
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    port = server.actualPort();
  }

  private LoopServer server(Auth.Shared shared) {
    LoopServer.Place place =
        new LoopServer.Place(
            "127.0.0.1", 0, null, TrustedProxies.NONE, Duration.ofMillis(100), Observer.NONE);
    return new LoopServer(
        place,
        Time.system(),
        Randomness.secure(),
        (_, watch) -> {
          Auth auth = new Auth(watch, shared);
          return new Router(Refusals.fallbacks())
              .on(HttpMethod.POST, "/auth/challenge", auth.challenge())
              .on(HttpMethod.POST, "/auth/verify", auth.verify())
              .on(HttpMethod.POST, "/auth/logout", auth.logout())
              .on(HttpMethod.POST, "/auth/logout-everywhere", auth.logoutEverywhere())
              .on(HttpMethod.POST, "/auth/end-session", auth.endSession())
              .on(HttpMethod.POST, "/auth/unlink", auth.unlink())
              .on(HttpMethod.GET, "/auth/open", auth.open(codes, LOCAL));
        });
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    db.close();
  }

  final Response send(Request request) {
    try (RawClient client = RawClient.to(port)) {
      return client.call(request);
    }
  }

  /** A browser: keeps cookies, and says where its pages are from. */
  final class Browser {
    final Map<String, String> cookies = new LinkedHashMap<>();

    /** What the browser sends as this cookie; empty when it has none. */
    String cookie(String name) {
      return cookies.getOrDefault(name, "");
    }

    Request with(Request request) {
      if (cookies.isEmpty()) {
        return request;
      }
      return request.header(
          "cookie",
          cookies.entrySet().stream()
              .map(each -> each.getKey() + "=" + each.getValue())
              .collect(Collectors.joining("; ")));
    }

    Response send(Request request) {
      Response response = AuthDoors.this.send(with(request));
      for (String line : response.headers().all("set-cookie")) {
        String pair = line.split(";", 2)[0];
        int equals = pair.indexOf('=');
        if (line.contains("Max-Age=0")) {
          cookies.remove(pair.substring(0, equals));
        } else {
          cookies.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
      }
      return response;
    }

    Response post(String path, JsonObject json) {
      return send(
          Request.post(path, json.encode())
              .header("origin", site())
              .header("sec-fetch-site", "same-origin"));
    }

    JsonObject challenge(EvmKey key, String purpose) {
      Response response =
          post(
              "/auth/challenge",
              new JsonObject()
                  .put("chain", "eip155")
                  .put("address", key.address().shown())
                  .put("purpose", purpose));
      assertThat(response.status()).as(response.text()).isEqualTo(200);
      return new JsonObject(response.text());
    }

    JsonObject reply(EvmKey key, String purpose) {
      JsonObject challenge = challenge(key, purpose);
      return new JsonObject()
          .put("id", challenge.getString("id"))
          .put("chain", "eip155")
          .put("address", key.address().shown())
          .put("purpose", purpose)
          .put("signature", key.signs(challenge.getString("message")));
    }

    Response proves(EvmKey key, String purpose) {
      return post("/auth/verify", reply(key, purpose));
    }

    Browser signedIn(EvmKey key) {
      Response response = proves(key, "sign_in");
      assertThat(response.status()).as(response.text()).isEqualTo(200);
      return this;
    }
  }

  static void assertError(Response response, int status, String code) {
    assertThat(response.status()).as(response.text()).isEqualTo(status);
    JsonObject error = new JsonObject(response.text()).getJsonObject("error");
    assertThat(error.getString("code")).isEqualTo(code);
    assertThat(error.getString("message")).endsWith(".");
  }

  static List<String> cookieLines(Headers headers) {
    return headers.all("set-cookie");
  }
}
