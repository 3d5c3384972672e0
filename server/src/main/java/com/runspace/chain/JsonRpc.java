package com.runspace.chain;

import com.runspace.base.JsonText;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.chain.RpcFault.Kind;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks a chain by JSON-RPC 2.0, at one of several providers: the first that is not resting and
 * answers. A reverted call is an answer of the chain, so no other provider is asked then. Every
 * call blocks. Safe to share between threads.
 */
public final class JsonRpc implements AutoCloseable {
  /** How long one question may take at one provider. */
  public static final Duration REQUEST_LIMIT = Duration.ofSeconds(5);

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(2);
  private static final int BATCH_MAX = 100;
  private static final int WORDS_MAX = 200;

  /** What nodes say of code that ended badly by itself. */
  private static final Pattern CONTRACTS_FAULT =
      Pattern.compile(
          "revert|out of gas|evm error|invalid opcode|invalid jump|stack underflow|stack limit");

  /**
   * One question.
   *
   * @param params a JSON array
   */
  public record Call(String method, String params) {}

  private final HttpClient client;
  private final ExecutorService threads;
  private final List<RpcProvider> providers;

  /**
   * Connects to nobody yet.
   *
   * @param name of the chain, for messages
   * @param urls of the providers, asked in this order
   * @throws IllegalArgumentException when one of them is no http or https URL
   */
  public JsonRpc(String name, List<Secret> urls, Time time) {
    if (urls.isEmpty()) {
      throw new IllegalArgumentException(name + " needs the address of a provider");
    }
    List<RpcProvider> made = new ArrayList<>();
    for (Secret url : urls) {
      made.add(new RpcProvider(name + " provider " + (made.size() + 1), url, time));
    }
    providers = List.copyOf(made);
    threads = Executors.newVirtualThreadPerTaskExecutor();
    client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .executor(threads)
            .build();
  }

  private JsonRpc(JsonRpc all, RpcProvider one) {
    client = all.client;
    threads = all.threads;
    providers = List.of(one);
  }

  /** How many providers there are. */
  public int providers() {
    return providers.size();
  }

  /**
   * One of the providers alone, to compare what two of them say. Not to be closed.
   *
   * @param number from 0
   */
  public JsonRpc only(int number) {
    return new JsonRpc(this, providers.get(number));
  }

  /** Asks one question. */
  public Json call(String method, String params) throws RpcFault {
    return call(method, params, REQUEST_LIMIT);
  }

  /**
   * Asks one question.
   *
   * @param limit of the time at each provider
   */
  public Json call(String method, String params, Duration limit) throws RpcFault {
    return ask(List.of(new Call(method, params)), /* batch= */ false, limit).getFirst();
  }

  /**
   * Asks any number of questions, at most a hundred in one request. The results stand in the order
   * of the questions; one that fails fails all.
   */
  public List<Json> batch(List<Call> calls) throws RpcFault {
    return batch(calls, REQUEST_LIMIT);
  }

  /** Asks any number of questions, with a limit of the time for each request. */
  List<Json> batch(List<Call> calls, Duration limit) throws RpcFault {
    List<Json> results = new ArrayList<>(calls.size());
    for (int from = 0; from < calls.size(); from += BATCH_MAX) {
      List<Call> part = calls.subList(from, Math.min(calls.size(), from + BATCH_MAX));
      results.addAll(ask(part, /* batch= */ true, limit));
    }
    return results;
  }

  private List<Json> ask(List<Call> calls, boolean batch, Duration limit) throws RpcFault {
    String body = body(calls, batch);
    @Nullable RpcFault last = null;
    for (RpcProvider provider : providers) {
      if (!provider.mayBeAsked()) {
        continue;
      }
      try {
        List<Json> results =
            read(provider.name(), provider.post(client, body, limit), calls.size(), batch);
        provider.answered();
        return results;
      } catch (RpcFault fault) {
        switch (fault.kind()) {
          case REVERTED -> {
            provider.answered();
            throw fault;
          }
          // It is alive, but cannot tell; perhaps the next one can.
          case OTHER -> provider.answered();
          case TRANSPORT, RATE_LIMITED -> provider.failed();
        }
        last = fault;
      }
    }
    throw last == null
        ? new RpcFault(Kind.TRANSPORT, providers.getFirst().name() + ": resting after failures")
        : last;
  }

  /** Questions are numbered from 1, whatever the batch. */
  private static String body(List<Call> calls, boolean batch) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < calls.size(); i++) {
      body.append(i == 0 ? "" : ",").append("{\"jsonrpc\":\"2.0\",\"id\":").append(i + 1);
      JsonText.quote(body.append(",\"method\":"), calls.get(i).method());
      body.append(",\"params\":").append(calls.get(i).params()).append('}');
    }
    return batch ? "[" + body + "]" : body.toString();
  }

  private static List<Json> read(
      String provider, HttpResponse<byte[]> response, int count, boolean batch) throws RpcFault {
    if (response.statusCode() == 429) {
      throw new RpcFault(Kind.RATE_LIMITED, provider + ": HTTP 429");
    }
    try {
      Json answer = Json.read(response.body());
      // Some send an error of the question with a status of their own.
      if (answer.isObject() && answer.find("error") != null) {
        throw fault(provider, answer.member("error"));
      }
      if (response.statusCode() == 200) {
        return results(provider, batch ? answer.items() : List.of(answer), count);
      }
    } catch (IllegalArgumentException unreadable) {
      if (response.statusCode() == 200) {
        throw new RpcFault(
            Kind.TRANSPORT, provider + ": unreadable, " + unreadable.getMessage(), unreadable);
      }
    }
    throw new RpcFault(Kind.TRANSPORT, provider + ": HTTP " + response.statusCode());
  }

  private static List<Json> results(String provider, List<Json> answers, int count)
      throws RpcFault {
    @Nullable Json[] results = new @Nullable Json[count];
    for (Json answer : answers) {
      Json error = answer.find("error");
      if (error != null) {
        throw fault(provider, error);
      }
      long id = answer.member("id").number();
      if (id < 1 || id > count || results[(int) id - 1] != null) {
        throw new IllegalArgumentException("answers a question that was not asked");
      }
      results[(int) id - 1] = answer.member("result");
    }
    List<Json> list = new ArrayList<>(count);
    for (Json result : results) {
      if (result == null) {
        throw new IllegalArgumentException("an answer is missing");
      }
      list.add(result);
    }
    return list;
  }

  private static RpcFault fault(String provider, Json error) {
    long code = error.member("code").number();
    Json words = error.find("message");
    String message = words == null || !words.isText() ? "" : plain(words.text());
    return new RpcFault(
        kind(code, message.toLowerCase(Locale.ROOT)),
        provider + ": error " + code + (message.isEmpty() ? "" : ", " + message));
  }

  /**
   * Nodes agree on few codes. 3 is a revert with data in most of them; others tell by words alone,
   * and -32005 is the limit of EIP-1474.
   */
  private static Kind kind(long code, String message) {
    if (code == 3 || CONTRACTS_FAULT.matcher(message).find()) {
      return Kind.REVERTED;
    }
    return code == 429 || code == -32005 || message.contains("rate limit")
        ? Kind.RATE_LIMITED
        : Kind.OTHER;
  }

  /** The provider's words for a log: short, and no line of their own. */
  private static String plain(String words) {
    StringBuilder plain = new StringBuilder();
    words
        .codePoints()
        .limit(WORDS_MAX)
        .map(c -> Character.isISOControl(c) ? ' ' : c)
        .forEach(plain::appendCodePoint);
    return plain.toString();
  }

  /** Ends what is being asked. */
  @Override
  public void close() {
    client.shutdownNow();
    threads.shutdownNow();
  }
}
