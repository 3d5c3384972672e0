package com.runspace.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.Watch;
import com.runspace.chain.Json;
import com.runspace.gateway.Refusals;
import com.runspace.http.Blocking;
import com.runspace.http.BodyReader;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import com.runspace.web.AddressLimits;
import com.runspace.web.SameOrigin;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What all doors of this room do before and after their own work: the request must be JSON, small,
 * of our own pages or of a program, and not too many; work that blocks is done beside the loop.
 * Belongs to one event loop.
 */
final class JsonDoor {
  static final int BODY_BYTES_MAX = 16 << 10;

  private static final Logger LOG = System.getLogger(JsonDoor.class.getName());
  private static final String JSON = "application/json";

  private final Watch watch;
  private final MemoryBudget budget;
  private final SameOrigin origin;

  JsonDoor(Watch watch, MemoryBudget budget, SameOrigin origin) {
    this.watch = watch;
    this.budget = budget;
    this.origin = origin;
  }

  /**
   * Reads a request and hands its JSON object on, unless it is answered already.
   *
   * @param limits for the caller's address; null for none
   */
  void read(Exchange exchange, @Nullable AddressLimits limits, Consumer<Json> then) {
    plain(exchange);
    Refusal refusal = judge(exchange, limits);
    if (refusal != null) {
      exchange.closeAfterAnswer();
      Refusals.send(exchange, refusal);
      return;
    }
    BodyReader.read(
        exchange,
        watch,
        budget,
        BODY_BYTES_MAX,
        new BodyReader.Listener() {
          @Override
          public void whole(byte[] body, MemoryBudget.Share share) {
            share.giveBack();
            parse(exchange, body, then);
          }

          @Override
          public void refused(BodyReader.Problem problem) {
            exchange.closeAfterAnswer();
            Refusals.send(
                exchange,
                problem == BodyReader.Problem.TOO_LARGE
                    ? Refusal.of(ApiError.BODY_TOO_LARGE, "The body is larger than 16 KiB.")
                    : Refusals.body(problem, exchange));
          }
        });
  }

  /** Headers of every answer here: it is of one person and at one moment. */
  static void plain(Exchange exchange) {
    MultiMap headers = exchange.response().headers();
    headers.set("cache-control", "no-store");
    headers.set("referrer-policy", "no-referrer");
    headers.set("x-content-type-options", "nosniff");
  }

  private @Nullable Refusal judge(Exchange exchange, @Nullable AddressLimits limits) {
    if (!origin.allowsScript(exchange)) {
      return Refusal.of(
          ApiError.CROSS_ORIGIN, "This is for pages at " + origin.origin() + " and for programs.");
    }
    long wait = limits == null ? 0 : limits.take(exchange.clientAddress());
    if (wait > 0) {
      return Refusal.of(ApiError.RATE_LIMITED, "Too many tries from this address.")
          .retryAfter(wait);
    }
    String type = exchange.request().getHeader(HttpHeaders.CONTENT_TYPE);
    boolean isJson =
        type != null && type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(JSON);
    // A page of another site cannot send this type without asking first, and is not allowed to.
    return isJson ? null : Refusal.of(ApiError.NOT_JSON, "Send the body as application/json.");
  }

  private static void parse(Exchange exchange, byte[] body, Consumer<Json> then) {
    Json json;
    try {
      json = Json.read(body);
    } catch (IllegalArgumentException notJson) {
      Refusals.send(exchange, Refusal.of(ApiError.BAD_JSON, "The body is not JSON."));
      return;
    }
    if (!json.isObject()) {
      Refusals.send(exchange, Refusal.of(ApiError.BAD_JSON, "The body is not a JSON object."));
      return;
    }
    try {
      then.accept(json);
    } catch (IllegalArgumentException wrong) {
      Refusals.send(exchange, invalid(wrong));
    }
  }

  /** A member that is missing or of another type, in the reader's words. */
  static Refusal invalid(IllegalArgumentException wrong) {
    return Refusal.of(ApiError.INVALID_VALUE, String.valueOf(wrong.getMessage()));
  }

  /** Does work that blocks, and answers with what comes of it. */
  static <T> void work(Exchange exchange, Callable<T> work, Consumer<T> answer) {
    Blocking.run(
        work,
        answer,
        fault -> {
          LOG.log(Logger.Level.ERROR, exchange.id(), fault);
          Refusals.send(
              exchange,
              Refusal.of(ApiError.INTERNAL, "This could not be kept. Try again in a moment."));
        });
  }

  static void answer(Exchange exchange, JsonObject json) {
    exchange.json(200, json.encode().getBytes(UTF_8));
  }

  /** Done, and nothing to say. */
  static void answerNothing(Exchange exchange) {
    if (!exchange.response().headWritten() && !exchange.response().closed()) {
      exchange.response().setStatusCode(204).end();
    }
  }

  /** A text that may be absent. */
  static @Nullable String optional(Json json, String name) {
    Json found = json.find(name);
    return found == null ? null : found.text();
  }
}
