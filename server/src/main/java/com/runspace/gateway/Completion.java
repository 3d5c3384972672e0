package com.runspace.gateway;

import com.runspace.base.Nanos;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.ledger.Ask;
import com.runspace.ledger.Spender;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Quote;
import com.runspace.wire.ApiError;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.Refusal;

/**
 * One completion, metered: the only way in for every surface. Belongs to one event loop.
 *
 * <p>Read {@link #run} for what is checked, and in what order.
 */
public final class Completion {
  private final Catalogue catalogue;
  private final Loop loop;

  Completion(Catalogue catalogue, Loop loop) {
    this.catalogue = catalogue;
    this.loop = loop;
  }

  /**
   * Runs a call for a caller; the sink hears the answer or the refusal.
   *
   * @param door the surface on which the caller came
   * @param callId 128 bits as 32 hex digits, unique for ever
   */
  public void run(Caller caller, Door door, String callId, ChatRequest request, Sink sink) {
    if (!caller.doors().contains(door)) {
      sink.refuse(Refusal.of(ApiError.KEY_SCOPE, "This key may not be used on this endpoint."));
      return;
    }
    Model model = catalogue.find(request.model()).orElse(null);
    if (model == null) {
      sink.refuse(notFound(request.model()));
      return;
    }
    if (!caller.mayUse(model.id())) {
      sink.refuse(
          Refusal.of(
              ApiError.MODEL_NOT_ALLOWED,
              "This key may not use the model `" + model.id() + "`.",
              "model"));
      return;
    }
    Quote quote =
        model.quote(
            request.promptBytes(),
            request.messages(),
            request.mediaParts(),
            request.outputLimit(),
            request.choices());
    Ask ask;
    try {
      Nanos full = quote.worstCase(quote.outputLimit());
      long least = Math.min(model.shortAnswer(), quote.outputLimit());
      Nanos shortest = quote.worstCase(least);
      Price price = quote.price();
      ask = new Ask(full, shortest, price.input(), price.cached(), price.output());
    } catch (ArithmeticException tooLarge) {
      sink.refuse(
          Refusal.of(ApiError.INVALID_VALUE, "This call is too large to be priced.", "max_tokens"));
      return;
    }
    Spender spender = new Spender(caller.account(), caller.keyId(), caller.dailyCap());
    new ChatCall(loop, callId, request, model, quote, sink).start(spender, ask);
  }

  static Refusal notFound(String model) {
    return Refusal.of(
        ApiError.MODEL_NOT_FOUND,
        "The model `" + model + "` does not exist or you do not have access to it.",
        "model");
  }
}
