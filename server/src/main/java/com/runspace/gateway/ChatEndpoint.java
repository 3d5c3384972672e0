package com.runspace.gateway;

import com.runspace.http.BodyReader;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.keys.Limits;
import com.runspace.keys.RateState;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.Refusal.Refused;
import io.vertx.core.MultiMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/chat/completions}, and the same for other doors that speak its format. */
final class ChatEndpoint implements Handler {
  private final Door door;
  private final Function<Exchange, @Nullable Caller> who;
  private final Loop loop;
  private final Completion completion;

  /**
   * Makes the handler of one door.
   *
   * @param who finds the caller, or answers by itself and gives null
   */
  ChatEndpoint(
      Door door, Function<Exchange, @Nullable Caller> who, Loop loop, Completion completion) {
    this.door = door;
    this.who = who;
    this.loop = loop;
    this.completion = completion;
  }

  @Override
  public void handle(Exchange exchange) {
    Caller caller = who.apply(exchange);
    if (caller == null) {
      return;
    }
    tellRates(exchange.response().headers(), caller);
    BodyReader.read(
        exchange,
        loop.watch(),
        loop.budget(),
        new BodyReader.Listener() {
          @Override
          public void whole(byte[] body, MemoryBudget.Share share) {
            chat(exchange, caller, body, share);
          }

          @Override
          public void refused(BodyReader.Problem problem) {
            exchange.closeAfterAnswer();
            Refusals.send(exchange, Refusals.body(problem, exchange));
          }
        });
  }

  /** How the limits of the key stand as this call comes; nothing of a key without limits. */
  private void tellRates(MultiMap headers, Caller caller) {
    if (caller.limits().equals(Limits.NONE)) {
      return;
    }
    RateState rates = caller.rates(loop.watch().now());
    tellRate(headers, "requests", rates.requests());
    tellRate(headers, "tokens", rates.tokens());
  }

  private static void tellRate(MultiMap headers, String what, RateState.Window window) {
    if (window.limit() > 0) {
      headers.set("x-ratelimit-limit-" + what, Long.toString(window.limit()));
      headers.set("x-ratelimit-remaining-" + what, Long.toString(window.remaining()));
      headers.set("x-ratelimit-reset-" + what, RateState.duration(window.resetMillis()));
    }
  }

  private void chat(Exchange exchange, Caller caller, byte[] body, MemoryBudget.Share share) {
    ChatRequest request;
    try {
      request = ChatRequest.scan(body);
    } catch (Refused refused) {
      Refusals.send(exchange, refused.refusal());
      return;
    }
    HttpSink sink = new HttpSink(exchange, share::giveBack);
    completion.run(caller, door, exchange.callId(), request, sink);
  }
}
