package com.runspace.upstream;

import com.runspace.wire.ChatEdit;
import com.runspace.wire.ChatRequest;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.vertx.core.AsyncResult;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A provider that speaks OpenAI's chat completions over HTTP/1.1 with keep-alive. */
final class OpenAiUpstream implements Upstream {
  private static final int CONNECTIONS_MAX = 20_000;
  private static final int IDLE_SECONDS_MAX = 55;
  private static final int READ_BYTES_MAX = 4 << 10;
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  // What is not compressed need not be inflated to be read, nor deflated again.
  private static final CharSequence IDENTITY = HttpHeaders.createOptimized("identity");
  private static final CharSequence AGENT = HttpHeaders.createOptimized("runspace");

  private final Provider provider;
  private final HttpClient client;
  private final RequestOptions options;
  private final @Nullable CharSequence bearer;
  private final Map<String, ChatEdit.Target> targets = new HashMap<>();

  OpenAiUpstream(Vertx vertx, Provider provider) {
    this.provider = provider;
    HttpClientOptions http =
        provider.clientOptions().setKeepAlive(true).setKeepAliveTimeout(IDLE_SECONDS_MAX);
    client =
        vertx
            .httpClientBuilder()
            .with(http)
            .with(new PoolOptions().setHttp1MaxSize(CONNECTIONS_MAX))
            .withConnectHandler(OpenAiUpstream::readLittleAtOnce)
            .build();
    options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(provider.url().getHost())
            .setPort(provider.port())
            .setSsl(provider.isTls())
            // Named once, or each request would find out anew whether the host is an address.
            .setServer(SocketAddress.inetSocketAddress(provider.port(), provider.url().getHost()))
            .setURI(provider.path("/chat/completions"));
    bearer =
        provider.key() == null
            ? null
            : HttpHeaders.createOptimized("Bearer " + provider.key().reveal());
  }

  /**
   * Reads little and then looks whether anybody still wants to hear more. Left to itself the
   * channel reads sixteen times before it heeds a pause, and Vert.x lets as many pieces wait before
   * it tells the channel: with a thousand slow readers and a fast provider that is the whole heap.
   */
  private static void readLittleAtOnce(HttpConnection connection) {
    if (connection instanceof ConnectionBase base) {
      base.channel()
          .config()
          .setRecvByteBufAllocator(
              new AdaptiveRecvByteBufAllocator(256, 1024, READ_BYTES_MAX).maxMessagesPerRead(1));
    }
  }

  @Override
  public Provider provider() {
    return provider;
  }

  @Override
  public Sent send(ChatRequest chat, String model, long outputLimit, AnswerListener listener) {
    ChatEdit.Target target =
        targets.computeIfAbsent(
            model, id -> ChatEdit.Target.of(id, provider.limitName(), provider.removed()));
    Buffer body = Buffer.buffer(chat.length() + ChatEdit.GROWTH_BYTES + model.length());
    ChatEdit.write(
        chat, target, outputLimit, (bytes, from, to) -> body.appendBytes(bytes, from, to - from));
    Exchange exchange = new Exchange(body, listener);
    client.request(options).onComplete(exchange::connected);
    return exchange;
  }

  /** One request and its answer. */
  private final class Exchange implements Sent {
    private @Nullable Buffer body;
    private final AnswerListener listener;
    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse response;
    private boolean over;

    Exchange(Buffer body, AnswerListener listener) {
      this.body = body;
      this.listener = listener;
    }

    private void connected(AsyncResult<HttpClientRequest> result) {
      HttpClientRequest ready = result.result();
      if (over) {
        // The caller left while the connection was being opened.
        if (ready != null) {
          ready.exceptionHandler(_ -> {});
          ready.connection().close();
        }
        return;
      }
      if (ready == null) {
        fail(UpstreamFault.Kind.NO_CONNECTION, result.cause());
        return;
      }
      request = ready;
      ready.exceptionHandler(cause -> fail(UpstreamFault.Kind.BROKEN, cause));
      ready.headers().set(HttpHeaders.CONTENT_TYPE, JSON);
      ready.headers().set(HttpHeaders.ACCEPT_ENCODING, IDENTITY);
      ready.headers().set(HttpHeaders.USER_AGENT, AGENT);
      if (bearer != null) {
        ready.headers().set(HttpHeaders.AUTHORIZATION, bearer);
      }
      ready.response().onComplete(this::answered);
      ready.end(body);
      body = null;
    }

    private void answered(AsyncResult<HttpClientResponse> result) {
      if (over) {
        return;
      }
      HttpClientResponse head = result.result();
      if (head == null) {
        fail(UpstreamFault.Kind.BROKEN, result.cause());
        return;
      }
      if (head.statusCode() < 200) {
        // The last head may still come, and must not become the answer to the next request.
        head.request().connection().close();
        fail(UpstreamFault.Kind.BROKEN, new IOException("status " + head.statusCode()));
        return;
      }
      response = head;
      head.exceptionHandler(cause -> fail(UpstreamFault.Kind.BROKEN, cause));
      head.handler(bytes -> {
        if (!over) {
          listener.bytes(bytes);
        }
      });
      head.endHandler(_ -> {
        if (!over) {
          over = true;
          listener.end();
        }
      });
      String type = head.getHeader(HttpHeaders.CONTENT_TYPE);
      listener.head(head.statusCode(), type == null ? "" : type, retryAfter(head));
    }

    private static long retryAfter(HttpClientResponse head) {
      String seconds = head.getHeader(HttpHeaders.RETRY_AFTER);
      if (seconds == null || seconds.length() > 6) {
        return 0;
      }
      return seconds.chars().allMatch(c -> c >= '0' && c <= '9') && !seconds.isEmpty()
          ? Long.parseLong(seconds)
          : 0;
    }

    private void fail(UpstreamFault.Kind kind, Throwable cause) {
      if (!over) {
        over = true;
        String detail = cause.getMessage();
        listener.failed(
            new UpstreamFault(kind, detail == null ? cause.getClass().getSimpleName() : detail));
      }
    }

    @Override
    public void cancel() {
      if (over) {
        return;
      }
      over = true;
      if (request != null) {
        request.reset();
      }
    }

    @Override
    public boolean isWritten() {
      return request != null;
    }

    @Override
    public void pause() {
      if (response != null) {
        response.pause();
      }
    }

    @Override
    public void resume() {
      if (response != null) {
        response.resume();
      }
    }
  }
}
