package com.runspace.gateway;

import static java.util.stream.Collectors.joining;

import com.runspace.base.Nanos;
import com.runspace.keys.Admission;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.keys.RateState;
import com.runspace.ledger.Ask;
import com.runspace.ledger.Spender;
import com.runspace.models.Catalogue;
import com.runspace.models.Modality;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Quote;
import com.runspace.wire.ApiError;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.Refusal;
import org.jspecify.annotations.Nullable;

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
    Refusal unfit = unfit(model, request);
    if (unfit != null) {
      sink.refuse(unfit);
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
    long tokens = model.estimateTokens(request.promptBytes()) + quote.outputLimit();
    switch (caller.admit(loop.watch().now(), tokens)) {
      case Admission.Limited limited -> sink.refuse(tooMany(limited));
      case Admission.Admitted permit -> {
        Spender spender = new Spender(caller.account(), caller.keyId(), caller.dailyCap());
        Entry entry = new Entry(callId, caller, permit, spender, ask);
        new ChatCall(loop, entry, request, model, quote, sink).start();
      }
    }
  }

  private static Refusal tooMany(Admission.Limited limited) {
    String what =
        switch (limited.kind()) {
          case REQUESTS -> "requests per minute";
          case TOKENS -> "tokens per minute";
          case CONCURRENT -> "calls at once";
        };
    long seconds = Math.ceilDiv(limited.retryAfterMillis(), 1_000L);
    return Refusal.of(
            ApiError.RATE_LIMITED,
            "Rate limit reached for %s of this key. Limit %d, remaining %d. Please try again in %s."
                .formatted(
                    what,
                    limited.limit(),
                    limited.remaining(),
                    RateState.duration(limited.retryAfterMillis())))
        .retryAfter(seconds);
  }

  /** Who begins a call, and with what right. */
  record Entry(String callId, Caller caller, Admission.Admitted permit, Spender spender, Ask ask) {}

  /** Why the model cannot take what is in this request; null when it can. */
  private @Nullable Refusal unfit(Model model, ChatRequest request) {
    if (request.mediaParts() == 0) {
      return null;
    }
    for (String kind : request.mediaKinds()) {
      Modality modality = Modality.ofPart(kind).orElse(null);
      if (modality == null || !model.inputs().contains(modality)) {
        String inputs = model.inputs().stream().map(Modality::id).sorted().collect(joining(", "));
        return Refusal.of(
            ApiError.UNSUPPORTED_VALUE,
            "The model `%s` does not take parts of type '%s'. It takes: %s."
                .formatted(model.id(), kind, inputs),
            "messages");
      }
    }
    if (request.hasRemoteMedia() && loop.upstreams().areAllPrivate(model)) {
      return Refusal.of(
          ApiError.UNSUPPORTED_VALUE,
          "The model `%s` takes media only inside of the request, as data: URLs."
              .formatted(model.id()),
          "messages");
    }
    return null;
  }

  static Refusal notFound(String model) {
    return Refusal.of(
        ApiError.MODEL_NOT_FOUND,
        "The model `" + model + "` does not exist or you do not have access to it.",
        "model");
  }
}
