package com.runspace.gateway;

import static java.util.stream.Collectors.joining;

import com.runspace.base.Nanos;
import com.runspace.keys.Admission;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.ledger.Ask;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.models.Catalogue;
import com.runspace.models.Modality;
import com.runspace.models.Model;
import com.runspace.models.Price;
import com.runspace.models.Quote;
import com.runspace.wire.ApiError;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.Refusal;
import java.util.concurrent.CompletionStage;
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
    Entrance entrance = new Entrance(loop, new Call(callId, caller, model.id(), tokens, ask));
    new ChatCall(loop, entrance, request, model, quote, sink).start();
  }

  /** Who calls what, and what the call needs. */
  record Call(String id, Caller caller, String model, long tokens, Ask ask) {}

  /**
   * The way into a call: a place among the calls of its key, then money. What other nodes or calls
   * in flight may yet give is waited for, a short time; nothing is taken meanwhile but what the
   * call already has, and that it keeps.
   */
  static final class Entrance {
    private static final long WAIT_NANOS = 2_000_000_000L;

    private final Loop loop;
    private final Call call;
    private final Spender spender;
    private final long cameNanos;
    private Admission.@Nullable Admitted permit;
    private @Nullable CompletionStage<?> awaited;
    private boolean isClosed;

    Entrance(Loop loop, Call call) {
      this.loop = loop;
      this.call = call;
      Caller caller = call.caller();
      this.spender = new Spender(caller.account(), caller.keyId(), caller.dailyCap());
      this.cameNanos = loop.watch().now();
    }

    Call call() {
      return call;
    }

    /** Looks whether the call may be let in; to be called again on each tick until it was told. */
    void tryNow(ChatCall guest) {
      // What was asked for is not asked for again before it is there, or it is too late.
      if (isClosed || (awaited != null && !isLate())) {
        return;
      }
      if (permit == null) {
        takePlace(guest);
      }
      if (permit != null) {
        takeMoney(guest);
      }
    }

    private boolean isLate() {
      return loop.watch().now() - cameNanos >= WAIT_NANOS;
    }

    private void takePlace(ChatCall guest) {
      switch (call.caller().admit(loop.watch().now(), call.tokens())) {
        case Admission.Admitted admitted -> permit = admitted;
        case Admission.Limited limited -> guest.refuse(AllowanceRefusals.tooMany(limited));
        case Admission.Closed _ -> guest.refuse(AllowanceRefusals.unknownRate());
        case Admission.Coming coming -> {
          if (isLate()) {
            guest.refuse(AllowanceRefusals.unknownRate());
          } else {
            retryAfter(coming.arrival(), guest);
          }
        }
      }
    }

    private void takeMoney(ChatCall guest) {
      switch (loop.ledger().hold(spender, call.ask(), call.id(), call.model())) {
        case Reservation.Held held -> {
          isClosed = true;
          guest.admitted(held.hold());
        }
        case Reservation.Busy busy -> {
          if (isLate()) {
            guest.refuse(AllowanceRefusals.held(busy));
          }
        }
        case Reservation.Coming coming -> {
          if (isLate()) {
            guest.refuse(AllowanceRefusals.unknown());
          } else {
            retryAfter(coming.arrival(), guest);
          }
        }
        case Reservation.Spent spent ->
            guest.refuse(AllowanceRefusals.spent(spent, loop.nowMillis()));
        case Reservation.Closed closed ->
            guest.refuse(Refusal.of(ApiError.OVERLOADED, closed.reason()).retryAfter(5));
      }
    }

    /** Looks again as soon as something has arrived, on this loop and not at the next tick only. */
    private void retryAfter(CompletionStage<?> arrival, ChatCall guest) {
      awaited = arrival;
      loop.whenDone(
          arrival,
          () -> {
            awaited = null;
            tryNow(guest);
          });
    }

    /**
     * Lets nobody in any more and gives the place back; only the first time counts.
     *
     * @param usedTokens of prompt and answer together
     */
    void leave(long usedTokens) {
      isClosed = true;
      if (permit != null) {
        permit.end(loop.watch().now(), usedTokens);
      }
    }
  }

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
