package com.runspace.chain;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.chain.RpcFault.Kind;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One address at which a chain can be asked, and whether that is worth trying. After three failures
 * in a row it rests for half a minute; then one question tries it. Its address, which may hold a
 * key, is in no message. Safe to share between threads.
 */
final class RpcProvider {
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final int FAILURES = 3;
  private static final long REST_NANOS = 30_000_000_000L;

  private final String name;
  private final URI url;
  private final Time time;
  private int failures;
  private long restsUntil;

  /**
   * Checks the address.
   *
   * @param name what messages call it
   * @throws IllegalArgumentException when it is not one of http or https, or holds a password
   */
  RpcProvider(String name, Secret url, Time time) {
    this.name = name;
    this.time = time;
    this.url = uri(name, url);
  }

  private static URI uri(String name, Secret url) {
    URI uri;
    try {
      uri = URI.create(url.reveal());
    } catch (IllegalArgumentException _) {
      // Its words hold the text.
      throw new IllegalArgumentException("the address of " + name + " is no URL");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException("the address of " + name + " must be http or https");
    }
    if (uri.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "the address of " + name + " cannot hold a user and password");
    }
    return uri;
  }

  String name() {
    return name;
  }

  /** Whether it is worth asking now. Who hears yes after a rest is the one who tries it. */
  synchronized boolean mayBeAsked() {
    if (failures < FAILURES) {
      return true;
    }
    if (time.nanos() - restsUntil < 0) {
      return false;
    }
    restsUntil = time.nanos() + REST_NANOS;
    return true;
  }

  synchronized void answered() {
    failures = 0;
  }

  synchronized void failed() {
    failures++;
    if (failures >= FAILURES) {
      restsUntil = time.nanos() + REST_NANOS;
    }
  }

  /** Sends a body and reads the answer; the limit is for all of it. */
  HttpResponse<byte[]> post(HttpClient client, String body, Duration limit) throws RpcFault {
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .timeout(limit)
            .POST(HttpRequest.BodyPublishers.ofString(body, UTF_8))
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(
            request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), BODY_BYTES_MAX));
    try {
      // The request's own limit ends with the head of the answer; this one with its last byte.
      return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException late) {
      throw new RpcFault(Kind.TRANSPORT, name + ": no answer within " + limit, late);
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause();
      String what =
          cause instanceof IOException ? cause.getClass().getSimpleName() : String.valueOf(cause);
      throw new RpcFault(Kind.TRANSPORT, name + ": no answer (" + what + ")", failed);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new RpcFault(Kind.TRANSPORT, name + ": interrupted", stopped);
    } finally {
      // Ends the exchange when it is not over.
      answer.cancel(true);
    }
  }
}
