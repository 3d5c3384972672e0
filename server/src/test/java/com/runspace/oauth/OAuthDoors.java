package com.runspace.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.auth.Auth;
import com.runspace.auth.Visitors;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.gateway.Refusals;
import com.runspace.http.LoopServer;
import com.runspace.http.MemoryBudget;
import com.runspace.http.Observer;
import com.runspace.http.Router;
import com.runspace.http.TrustedProxies;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import com.runspace.oauth.GuardedFetch.Names;
import com.runspace.testkit.Bytes;
import com.runspace.testkit.EvmKey;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.PemFiles;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.wallet.Accounts;
import com.runspace.wallet.ContractWallets;
import com.runspace.wallet.Sessions;
import com.runspace.wallet.SignIn;
import com.runspace.wallet.WalletSettings;
import com.runspace.web.Cookies;
import com.runspace.web.Form;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.web.StaticFiles;
import com.runspace.web.Viewer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The authorization server and the sign-in on a real port over a real store, with people who have
 * wallets and browsers, an app that speaks to it, and a host on which documents of clients lie.
 */
@Timeout(60)
abstract class OAuthDoors {
  static final String SITE = "https://run-space.example";
  static final String ISSUER = SITE + "/oauth";
  static final String RESOURCE = SITE + "/mcp";
  static final String BACK = "https://app.example/back";
  static final String VERIFIER = "verifier-".repeat(5);
  static final EvmKey ANNE = EvmKey.number(1);
  static final EvmKey BOB = EvmKey.number(2);
  static final String MORE = "claude://claude.ai/mcp-auth-callback/sdk";

  private static @TempDir Path certificates;
  private static PemFiles certificate;

  final ManualTime time = ManualTime.at("2026-11-22T12:00:30Z");

  /** How often a name was resolved, and what the next answers are. */
  final AtomicInteger resolved = new AtomicInteger();

  volatile Names names = _ -> List.of(InetAddress.getLoopbackAddress());
  volatile Predicate<InetAddress> reachable = InetAddress::isLoopbackAddress;

  /** What the host with the documents answers. */
  volatile Consumer<HttpServerRequest> document = ask -> ask.response().setStatusCode(404).end();

  @TempDir private Path folder;
  Db db;
  StoredKeyring keyring;
  Grants grants;
  GuardedFetch fetch;
  HttpServer host;
  private Vertx vertx;
  private int port;

  @BeforeAll
  static void makeCertificate() {
    certificate = PemFiles.make(certificates, "host");
  }

  @BeforeEach
  void open() throws Exception {
    Randomness random = Randomness.secure();
    vertx = Vertx.vertx();
    host = await(documents().listen(0, "127.0.0.1"));
    db = Db.sqlite(folder.resolve("store.db"), Duration.ofMillis(500));
    keyring = new StoredKeyring(db, time, random);
    Sessions sessions = new Sessions(db, time, random);
    Accounts accounts = new Accounts(db, sessions, time, random, _ -> {});
    WalletSettings wallets = new WalletSettings(SITE, Set.of(), List.of(8453L), "");
    SignIn signIn = new SignIn(wallets, accounts, sessions, ContractWallets.NONE, time, random);
    Visitors visitors = new Visitors(sessions, new Cookies(true), time, random);
    SameOrigin origin = new SameOrigin(URI.create(SITE));
    MemoryBudget budget = MemoryBudget.ofHeap();
    Issuer issuer = new Issuer(ISSUER, SITE);
    grants = new Grants(db, keyring, Limits.NONE, issuer, 100, time, random);
    fetch = fetch();
    Set<String> more = Set.of(MORE);
    OAuth.Shared oauth =
        new OAuth.Shared(
            issuer,
            grants,
            new ClientDocuments(fetch, more, time),
            more,
            new Pending(time, random),
            new Pages(new StaticFiles(Pages.files())),
            visitors,
            exchange ->
                visitors.find(exchange).map(s -> new Viewer(s.wallet(), "w", false)).orElse(null),
            origin,
            budget,
            OAuth.Limits.of(time),
            time,
            random);
    Auth.Shared auth =
        new Auth.Shared(
            signIn,
            accounts,
            sessions,
            visitors,
            keyring,
            origin,
            budget,
            new Auth.Limits(time),
            time);
    LoopServer server = server(oauth, auth);
    await(vertx.deployVerticle(server));
    port = server.actualPort();
  }

  private HttpServer documents() {
    PemKeyCertOptions own =
        new PemKeyCertOptions()
            .setCertPath(certificate.certificate().toString())
            .setKeyPath(certificate.key().toString());
    return vertx
        .createHttpServer(new HttpServerOptions().setSsl(true).setSni(true).setKeyCertOptions(own))
        .requestHandler(ask -> document.accept(ask));
  }

  private GuardedFetch fetch() {
    GuardedFetch.Reach reach =
        new GuardedFetch.Reach(
            name -> {
              resolved.incrementAndGet();
              return names.of(name);
            },
            each -> reachable.test(each),
            host.actualPort(),
            Duration.ofSeconds(2));
    PemTrustOptions trust = new PemTrustOptions().addCertPath(certificate.certificate().toString());
    return new GuardedFetch(vertx, reach, new HttpClientOptions().setTrustOptions(trust));
  }

  private static LoopServer server(OAuth.Shared shared, Auth.Shared signIn) {
    LoopServer.Place place =
        new LoopServer.Place(
            "127.0.0.1", 0, null, TrustedProxies.NONE, Duration.ofMillis(100), Observer.NONE);
    return new LoopServer(
        place,
        Time.system(),
        Randomness.secure(),
        (_, watch) -> {
          Auth auth = new Auth(watch, signIn);
          OAuth oauth = new OAuth(watch, shared);
          return new Router(Refusals.fallbacks())
              .on(HttpMethod.POST, "/auth/challenge", auth.challenge())
              .on(HttpMethod.POST, "/auth/verify", auth.verify())
              .on(HttpMethod.GET, "/meta/resource", oauth.issuer().resourceDocument())
              .on(HttpMethod.GET, "/meta/server", oauth.issuer().serverDocument())
              .on(HttpMethod.GET, "/oauth/authorize", oauth.authorize())
              .on(HttpMethod.GET, "/oauth/consent", oauth.consent())
              .on(HttpMethod.POST, "/oauth/consent", oauth.decide())
              .on(HttpMethod.POST, "/oauth/token", oauth.token())
              .on(HttpMethod.POST, "/oauth/register", oauth.register())
              .on(HttpMethod.POST, "/oauth/revoke", oauth.revoke());
        });
  }

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
    db.close();
  }

  static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  final Response send(Request request) {
    try (RawClient client = RawClient.to(port)) {
      return client.call(request.header("connection", "close"));
    }
  }

  final Response post(String path, Map<String, String> form) {
    return send(formOf(path, form));
  }

  static Request formOf(String path, Map<String, String> form) {
    return new Request("POST", path, List.of(), Bytes.of(query(form)))
        .header("content-type", "application/x-www-form-urlencoded");
  }

  static String query(Map<String, String> parameters) {
    return parameters.entrySet().stream()
        .map(each -> each.getKey() + "=" + URLEncoder.encode(each.getValue(), UTF_8))
        .collect(Collectors.joining("&"));
  }

  static JsonObject json(Response response) {
    return new JsonObject(response.text());
  }

  static void assertError(Response response, int status, String error) {
    assertThat(response.status()).as(response.text()).isEqualTo(status);
    assertThat(json(response).getString("error")).isEqualTo(error);
    assertThat(response.header("cache-control")).isEqualTo("no-store");
  }

  /** Registers an app; its id. */
  final String register(String... redirects) {
    JsonObject metadata =
        new JsonObject()
            .put("client_name", "An app")
            .put("redirect_uris", new JsonArray(List.of(redirects)))
            .put("grant_types", new JsonArray().add("authorization_code").add("refresh_token"))
            .put("token_endpoint_auth_method", "none");
    Response response = send(Request.post("/oauth/register", metadata.encode()));
    assertThat(response.status()).as(response.text()).isEqualTo(201);
    return json(response).getString("client_id");
  }

  /** What an app asks for, to be changed by a test. */
  static Map<String, String> ask(String client, String redirect) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("response_type", "code");
    parameters.put("client_id", client);
    parameters.put("redirect_uri", redirect);
    parameters.put("code_challenge", Tokens.challenge(VERIFIER));
    parameters.put("code_challenge_method", "S256");
    parameters.put("resource", RESOURCE);
    parameters.put("scope", "mcp offline_access");
    parameters.put("state", "a state&=+ü");
    return parameters;
  }

  static Map<String, String> redeem(String client, String code, String redirect) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("grant_type", "authorization_code");
    parameters.put("client_id", client);
    parameters.put("code", code);
    parameters.put("redirect_uri", redirect);
    parameters.put("code_verifier", VERIFIER);
    parameters.put("resource", RESOURCE);
    return parameters;
  }

  static Map<String, String> refresh(String client, String token) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("grant_type", "refresh_token");
    parameters.put("client_id", client);
    parameters.put("refresh_token", token);
    return parameters;
  }

  /** The parameters of an answer to the app. */
  static Form answered(Response response, String redirect) {
    assertThat(response.status()).as(response.text()).isEqualTo(303);
    String to = response.header("location");
    assertThat(to).startsWith(redirect + "?");
    Form form = Form.of(to.substring(redirect.length() + 1));
    assertThat(form.text("iss")).isEqualTo(ISSUER);
    return form;
  }

  /** The tokens of an app that Anne lets in. */
  final JsonObject tokens(String client, String redirect) {
    Visitor anne = new Visitor().signedIn(ANNE);
    String code =
        answered(anne.approve(anne.consent(ask(client, redirect))), redirect).text("code");
    Response response = post("/oauth/token", redeem(client, code, redirect));
    assertThat(response.status()).as(response.text()).isEqualTo(200);
    return json(response);
  }

  /** Somebody with a browser, which keeps cookies and says where its forms are from. */
  final class Visitor {
    private final Map<String, String> cookies = new LinkedHashMap<>();

    Response send(Request request) {
      String all =
          cookies.entrySet().stream()
              .map(each -> each.getKey() + "=" + each.getValue())
              .collect(Collectors.joining("; "));
      Response response =
          OAuthDoors.this.send(all.isEmpty() ? request : request.header("cookie", all));
      for (String line : response.headers().all("set-cookie")) {
        String[] pair = line.split(";", 2)[0].split("=", 2);
        cookies.put(pair[0], pair[1]);
      }
      return response;
    }

    Response get(String path) {
      return send(Request.get(path));
    }

    private JsonObject json(String path, JsonObject body) {
      Response response = send(Request.post(path, body.encode()).header("origin", SITE));
      assertThat(response.status()).as(response.text()).isEqualTo(200);
      return new JsonObject(response.text());
    }

    Visitor signedIn(EvmKey key) {
      JsonObject proof =
          new JsonObject()
              .put("chain", "eip155")
              .put("address", key.address().shown())
              .put("purpose", "sign_in");
      JsonObject challenge = json("/auth/challenge", proof);
      json(
          "/auth/verify",
          proof
              .put("id", challenge.getString("id"))
              .put("signature", key.signs(challenge.getString("message"))));
      return this;
    }

    /** Follows an app's link to the page of approval. */
    Response consent(Map<String, String> ask) {
      Response sent = get("/oauth/authorize?" + query(ask));
      assertThat(sent.header("location")).startsWith("/oauth/consent?request=");
      return get(sent.header("location"));
    }

    /** The fields of the form on the page. */
    Map<String, String> form(Response page, String decision) {
      assertThat(page.status()).as(page.text()).isIn(200, 403, 422);
      Map<String, String> form = new LinkedHashMap<>();
      form.put("request", field(page, "request"));
      form.put("token", field(page, "token"));
      form.put("decision", decision);
      form.put("life", "30");
      form.put("cap", "0.25");
      return form;
    }

    Response approve(Response page) {
      return submit(form(page, "approve"));
    }

    Response submit(Map<String, String> form) {
      return send(
          formOf("/oauth/consent", form)
              .header("origin", SITE)
              .header("sec-fetch-site", "same-origin"));
    }
  }

  static String field(Response page, String name) {
    Matcher found =
        Pattern.compile("name=\"" + name + "\" value=\"([^\"]+)\"").matcher(page.text());
    assertThat(found.find()).as(page.text()).isTrue();
    return found.group(1);
  }
}
