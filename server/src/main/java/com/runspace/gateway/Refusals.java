package com.runspace.gateway;

import com.runspace.http.BodyReader;
import com.runspace.http.Exchange;
import com.runspace.http.Fallbacks;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The one place where a refusal becomes HTTP. */
public final class Refusals {
  private static final CharSequence SHOULD_RETRY = HttpHeaders.createOptimized("x-should-retry");

  private Refusals() {}

  /** Answers with the refusal, unless an answer has begun already. */
  public static void send(Exchange exchange, Refusal refusal) {
    if (exchange.response().headWritten() || exchange.response().closed()) {
      return;
    }
    exchange.refusal(refusal.error().name().toLowerCase(Locale.ROOT));
    switch (refusal.error().retry()) {
      case YES -> exchange.response().headers().set(SHOULD_RETRY, "true");
      case NO -> exchange.response().headers().set(SHOULD_RETRY, "false");
      case BY_STATUS -> {}
    }
    refusal.headers().forEach(line -> exchange.response().putHeader(line.name(), line.value()));
    exchange.json(refusal.error().status(), refusal.body());
  }

  /** The event that tells every known client that a stream broke; nothing may follow it. */
  static byte[] event(Refusal refusal) {
    String json = new String(refusal.body(), StandardCharsets.UTF_8);
    return ("event: error\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8);
  }

  /** The answers to requests that no door takes. */
  public static Fallbacks fallbacks() {
    return new Fallbacks() {
      @Override
      public void unknownPath(Exchange exchange) {
        unknownUrl(exchange);
      }

      @Override
      public void otherMethod(Exchange exchange, Set<String> allowed) {
        notForMethod(exchange, allowed);
      }

      @Override
      public void unreadable(Exchange exchange) {
        send(exchange, Refusal.of(ApiError.BAD_FRAMING, "The request is not valid HTTP/1.1."));
      }

      @Override
      public void headTooLarge(Exchange exchange) {
        send(
            exchange,
            Refusal.of(
                ApiError.HEADERS_TOO_LARGE,
                "The request line may have 8 KiB, the headers 16 KiB in 100 lines."));
      }

      @Override
      public void failed(Exchange exchange) {
        send(exchange, Refusal.of(ApiError.INTERNAL, "The service failed on this request."));
      }
    };
  }

  /** Clients of the MCP server look for metadata behind the whole of its address, key and all. */
  private static String withoutSecrets(String path) {
    return path.replaceAll("rs[ko]_[a-z]+_[A-Za-z0-9_-]+", "…");
  }

  private static void unknownUrl(Exchange exchange) {
    send(
        exchange,
        Refusal.of(
            ApiError.UNKNOWN_URL,
            "Invalid URL ("
                + exchange.request().method()
                + " "
                + withoutSecrets(String.valueOf(exchange.request().path()))
                + "). The API is at /v1/chat/completions and /v1/models."));
  }

  private static void notForMethod(Exchange exchange, Set<String> allowed) {
    String methods = String.join(", ", allowed);
    send(
        exchange,
        Refusal.of(
                ApiError.METHOD_NOT_ALLOWED,
                "Not allowed to "
                    + exchange.request().method()
                    + " on "
                    + exchange.request().path()
                    + ". Use "
                    + methods
                    + ".")
            .with("allow", methods));
  }

  /** A body that nobody has looked into. */
  public static Refusal body(BodyReader.Problem problem, Exchange exchange) {
    return switch (problem) {
      case TOO_LARGE ->
          Refusal.of(
              ApiError.BODY_TOO_LARGE,
              "The request is larger than " + (BodyReader.BYTES_MAX >> 20) + " MiB.");
      case TOO_SLOW ->
          Refusal.of(
              ApiError.BODY_TIMEOUT,
              "The request's body came too slowly: it may take "
                  + BodyReader.SLOW_AFTER_SECONDS
                  + " s, and longer only at "
                  + (BodyReader.SLOW_BYTES_PER_SECOND >> 10)
                  + " KiB/s or more.");
      case BROKEN ->
          Refusal.of(ApiError.BAD_FRAMING, "The framing of the request's body is broken.");
      case ENCODED ->
          Refusal.of(
              ApiError.ENCODING_UNSUPPORTED,
              "Content-Encoding '"
                  + exchange.request().getHeader(HttpHeaders.CONTENT_ENCODING)
                  + "' is not supported. Send the body as it is.");
      case NO_MEMORY ->
          Refusal.of(
                  ApiError.OVERLOADED,
                  "The service holds too many large requests just now. Try again shortly.")
              .retryAfter(1);
    };
  }

  /**
   * Who calls; null when nobody known does, and then that is answered already. Judged on the
   * headers: the body of a stranger is not worth reading.
   */
  public static @Nullable Caller caller(Exchange exchange, Keyring keyring) {
    String bearer = exchange.bearer();
    Caller caller = bearer == null ? null : keyring.find(bearer).orElse(null);
    if (caller == null) {
      if (exchange.request().method().equals(HttpMethod.POST)) {
        exchange.closeAfterAnswer();
      }
      send(exchange, invalidKey(bearer == null));
      return null;
    }
    exchange.caller(caller.keyId());
    return caller;
  }

  /** No credential, or none that is alive. */
  static Refusal invalidKey(boolean missing) {
    String message =
        missing
            ? "You didn't provide an API key. Send it as 'Authorization: Bearer rsk_live_...'."
            : "Incorrect API key provided: it is unknown, revoked or expired.";
    return Refusal.of(ApiError.INVALID_KEY, message).with("www-authenticate", "Bearer");
  }
}
