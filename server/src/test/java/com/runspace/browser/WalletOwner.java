package com.runspace.browser;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Who sits at the wallet in the browser. The wallet asks on a loopback port before it shows an
 * account or signs; the owner agrees and hands over the key, or declines. Keys stay in this process
 * until they are asked for, and are written nowhere.
 */
public final class WalletOwner implements AutoCloseable {
  /** EIP-1193: the person declined. */
  public static final int DECLINED = 4001;

  /** Wallets say this while their window is open with an earlier question. */
  public static final int PENDING = -32002;

  /**
   * What the wallet asked. The method of what it refused by itself begins with {@code refused:}.
   *
   * @param origin of the page, as the browser tells it
   * @param wallet the name under which the wallet was announced
   * @param message what to sign, or null where an account is to be shown
   */
  public record Question(String origin, String wallet, String method, @Nullable String message) {}

  private record Refusal(int code, String message) {}

  private final HttpServer server;
  private final ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, TestKey> shown = new ConcurrentHashMap<>();
  private final Map<String, TestKey> signing = new ConcurrentHashMap<>();
  private final Map<String, Refusal> refusals = new ConcurrentHashMap<>();
  private final List<Question> questions = new CopyOnWriteArrayList<>();

  private WalletOwner() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(workers);
    server.createContext("/", this::hear);
    server.start();
  }

  static WalletOwner start() {
    try {
      return new WalletOwner();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
  }

  /** Shows this key's account to pages, and signs with it. */
  public void takes(TestKey key) {
    shown.put(key.family(), key);
    signing.put(key.family(), key);
  }

  /** Signs with this key from now on, whichever account was shown. */
  public void signsWith(TestKey key) {
    signing.put(key.family(), key);
  }

  /** Answers the next question of this kind with an error, such as {@link #DECLINED}. */
  public void refusesNext(String method, int code) {
    String why = code == DECLINED ? "The user rejected the request." : "Request already pending.";
    refusals.put(method, new Refusal(code, why));
  }

  /** What was asked since the test began, in order. */
  public List<Question> questions() {
    return List.copyOf(questions);
  }

  /** What was asked by these methods. */
  public List<Question> questions(String method) {
    return questions.stream().filter(question -> question.method().equals(method)).toList();
  }

  /** Forgets keys, refusals and questions. */
  void forget() {
    shown.clear();
    signing.clear();
    refusals.clear();
    questions.clear();
  }

  private void hear(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      JsonObject asked = new JsonObject(new String(body, StandardCharsets.UTF_8));
      Question question =
          new Question(
              asked.getString("origin", ""),
              asked.getString("wallet", ""),
              asked.getString("method", ""),
              asked.getString("message"));
      questions.add(question);
      byte[] answer = answer(question).encode().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private JsonObject answer(Question question) {
    Refusal refusal = refusals.remove(question.method());
    if (refusal != null) {
      return new JsonObject().put("code", refusal.code()).put("message", refusal.message());
    }
    String method = question.method();
    String family = method.startsWith("solana:") ? "solana" : "eip155";
    boolean onlyShown = method.equals("eth_requestAccounts") || method.equals("solana:connect");
    TestKey key = (onlyShown ? shown : signing).get(family);
    if (key == null) {
      String none = "There is no account of " + family + " in this wallet.";
      return new JsonObject().put("code", DECLINED).put("message", none);
    }
    JsonObject answer = new JsonObject();
    answer.put("address", key.address()).put("publicKey", key.publicKey());
    return onlyShown ? answer : answer.put("secret", key.secret());
  }

  @Override
  public void close() {
    server.stop(0);
    workers.close();
  }
}
