package com.runspace.browser;

import com.runspace.RunningGateway;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chains.Anvil;
import com.runspace.chains.SolanaNode;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The whole service as an operator would run it: a provider with the models that ship, two chains
 * with a token each, and somebody on each who holds enough for a tier.
 */
final class Premises implements AutoCloseable {
  /** A prompt whose answer begins and never ends. */
  static final String SLOWLY = "Tell me a long story.";

  private static final int DECIMALS = 6;
  private static final String TIERS =
      """
      [{name: bronze, holds: "1000", allowance: 0.50}, \
      {name: silver, holds: "10000", allowance: 5}, {name: gold, holds: "100000", allowance: 50}]\
      """;

  private final ScriptedUpstream provider = ScriptedUpstream.start();
  private final HttpClient http = HttpClient.newHttpClient();
  private final TestKey holder = TestKey.ethereum();
  private final TestKey operator = TestKey.ethereum();
  private final TestKey solanaHolder = TestKey.solana();
  private final Anvil anvil;
  private final SolanaNode solana;
  private final Address token;
  private final Address mint;
  private final Path data;
  private final AheadTime clocks = new AheadTime();
  private final RunningGateway gateway;

  /** The clocks of this machine, and what a test let pass. */
  private static final class AheadTime implements Time {
    private final AtomicLong aheadNanos = new AtomicLong();

    @Override
    public long nanos() {
      return Time.system().nanos() + aheadNanos.get();
    }

    @Override
    public long epochMillis() {
      return Time.system().epochMillis() + aheadNanos.get() / 1_000_000;
    }
  }

  private Premises() throws IOException {
    data = Files.createTempDirectory("runspace-premises");
    Instant now = Instant.now();
    Instant longAgo = now.minus(Duration.ofDays(7));
    anvil = Anvil.start(longAgo);
    token = anvil.token(DECIMALS);
    anvil.mint(token, Address.parse(holder.address()), tokens(12_500));
    anvil.mint(token, Address.parse(operator.address()), tokens(250_000));
    anvil.settle(now.minusSeconds(60));
    solana = SolanaNode.start(longAgo);
    mint = solana.mint(DECIMALS, false);
    Address owner = Address.parse(solanaHolder.address());
    solana.mintTo(mint, owner, tokens(104_000).toString());
    solana.at(now.minusSeconds(60));
    provider.answersEach(request -> answer(new JsonObject(request.body().utf8())));
    gateway = started();
  }

  /** A service that does not start leaves no chain behind. */
  private RunningGateway started() throws IOException {
    boolean done = false;
    try {
      RunningGateway running =
          RunningGateway.before(provider)
              .settings(settings())
              .environment(Map.of("OPENROUTER_API_KEY", "test"))
              .time(clocks)
              .data(Files.createDirectory(data.resolve("data")))
              .start();
      done = true;
      return running;
    } finally {
      if (!done) {
        anvil.close();
        solana.close();
        provider.close();
        Browser.delete(data);
      }
    }
  }

  static Premises open() {
    try {
      return new Premises();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BigInteger tokens(long whole) {
    return BigInteger.valueOf(whole).multiply(BigInteger.TEN.pow(DECIMALS));
  }

  private String settings() {
    return """
    server: {eventLoops: 1, drain: 100ms}
    log: {calls: false}
    local: {engine: off, ollama: off}
    providers:
      openrouter: {url: "%s/v1", probe: off}
    gate:
      operators: ["%s"]
      tokens:
        - {name: RUN, chain: "%s", address: "%s", decimals: %d, rpc: ["%s"], tiers: %s}
        - {name: SRUN, chain: "%s", address: "%s", decimals: %d, rpc: ["%s"], tiers: %s}
    """
        .formatted(
            provider.url(),
            operator.address(),
            Anvil.CHAIN,
            token,
            DECIMALS,
            anvil.url(),
            TIERS,
            SolanaNode.CHAIN,
            mint,
            DECIMALS,
            solana.url(),
            TIERS);
  }

  /** A short poem, as a stream or whole, with usage. */
  private static Script answer(JsonObject request) {
    Chunks chunks = new Chunks("chatcmpl-1", request.getString("model"));
    if (!request.getBoolean("stream", false)) {
      return Script.json(200, chunks.completion("A reed bends and lives.", "stop", 400, 600));
    }
    if (request.encode().contains(SLOWLY)) {
      return Script.sse().event(chunks.role()).event(chunks.content("Once upon ")).stall();
    }
    return Script.sse()
        .event(chunks.role())
        .event(chunks.content("A reed bends "))
        .event(chunks.content("and lives,\nthe oak stands firm and breaks."))
        .event(chunks.content(request.encode().contains("in HTML") ? " <b>Not bold.</b>" : ""))
        .event(chunks.finish("stop"))
        .event(chunks.usage(400, 600))
        .done();
  }

  ScriptedUpstream provider() {
    return provider;
  }

  /** Without a slash at its end. */
  String url() {
    return "http://127.0.0.1:" + gateway.port();
  }

  /** Lets time pass for the service. */
  void passes(Duration time) {
    clocks.aheadNanos.addAndGet(time.toNanos());
  }

  /** Who has held enough on the EVM chain for long. */
  TestKey holder() {
    return holder;
  }

  /** Who runs the service, and holds more than anybody. */
  TestKey operator() {
    return operator;
  }

  /** Who has held enough on Solana for long. */
  TestKey solanaHolder() {
    return solanaHolder;
  }

  /** Signs in as a person would, with the wallet of this key. */
  void signIn(Browser browser, TestKey key) {
    signInAt(browser, "/sign-in", key);
    browser.read("Overview");
  }

  void signInAt(Browser browser, String path, TestKey key) {
    browser.owner().takes(key);
    browser.installs("[{\"name\": \"Test Wallet\", \"families\": [\"" + key.family() + "\"]}]");
    browser.open(url() + path);
    browser.press("Test Wallet");
    String entrance = browser.driver().getCurrentUrl();
    browser.await(
        "other page", () -> entrance.equals(browser.driver().getCurrentUrl()) ? null : true);
  }

  /** Calls a model with this key; the status. */
  int call(String key) {
    return call(key, "llama-3.3-70b");
  }

  int call(String key, String model) {
    String body =
        "{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}".formatted(model);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url() + "/v1/chat/completions"))
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return send(request).statusCode();
  }

  /** As if the keys that were used today had been used for a month. */
  void hasBeenUsed() {
    History.write(data.resolve("data/runspace.db"));
  }

  /** The message that this key's wallet would be asked to sign. */
  String challenge(TestKey key) {
    String body =
        "{\"chain\":\"%s\",\"address\":\"%s\",\"purpose\":\"sign_in\"}"
            .formatted(key.family(), key.address());
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url() + "/auth/challenge"))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    return new JsonObject(send(request).body()).getString("message");
  }

  private HttpResponse<String> send(HttpRequest request) {
    try {
      return http.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    gateway.close();
    anvil.close();
    solana.close();
    provider.close();
    http.close();
    Browser.delete(data);
  }
}
