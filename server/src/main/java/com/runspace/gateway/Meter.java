package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.base.Nanos;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Reservation.Hold;
import com.runspace.models.Model;
import com.runspace.models.Quote;
import com.runspace.wire.Usage;
import org.jspecify.annotations.Nullable;

/**
 * What one call used, and the settling of it, once.
 *
 * <p>A provider's figures count when there are any: several reports are cumulative and the last one
 * wins. Figures that make no sense are mended towards what can be true and flagged; they can never
 * credit an account. Without figures the bytes that passed are counted.
 */
final class Meter {
  /** More tokens than any window; keeps sums of figures from overflowing. */
  private static final long FIGURE_MAX = 1L << 40;

  private final Model model;
  private final Quote quote;
  private final Hold hold;
  private final long promptBytes;
  private final boolean shortened;
  private final Loop loop;
  private final Sink sink;
  private final long startedNanos;

  private Usage.@Nullable Reported reported;
  private boolean flagged;
  private boolean cutByLength;
  private long textBytes;
  private long firstTextNanos;
  private @Nullable Usage settled;

  /**
   * Begins to meter.
   *
   * @param shortened whether the output limit was lowered to what the allowance affords
   */
  Meter(
      Model model,
      Quote quote,
      Hold hold,
      long promptBytes,
      boolean shortened,
      Loop loop,
      Sink sink) {
    this.model = model;
    this.quote = quote;
    this.hold = hold;
    this.promptBytes = promptBytes;
    this.shortened = shortened;
    this.loop = loop;
    this.sink = sink;
    this.startedNanos = loop.time().nanos();
    loop.observer().admitted();
  }

  /** So many bytes of text have passed. */
  void passed(long bytes) {
    textBytes += bytes;
    if (firstTextNanos == 0 && bytes > 0) {
      firstTextNanos = loop.time().nanos() - startedNanos;
    }
  }

  void cutByLength() {
    cutByLength = true;
  }

  void report(Usage.Reported usage) {
    Usage.Reported before = reported;
    if (before != null
        && (usage.prompt() < before.prompt() || usage.completion() < before.completion())) {
      flagged = true;
    }
    reported = usage;
  }

  /** Whether the answer was cut because the allowance affords no longer one. */
  boolean isClamped() {
    return shortened && cutByLength;
  }

  /**
   * Settles the call with what is known now.
   *
   * @param provider who answered, empty when nobody did
   * @param nothing true when the provider refused the call or was never reached
   * @return the figures of the usage row
   */
  Usage settle(String provider, Ended ended, boolean nothing) {
    if (settled != null) {
      return settled;
    }
    Basis basis = Basis.MEASURED;
    Usage usage;
    if (reported != null) {
      usage = sensible(reported);
    } else if (nothing) {
      basis = Basis.NONE;
      usage = new Usage(0, 0, 0, 0);
    } else {
      basis = Basis.ESTIMATED;
      usage = new Usage(estimatedPrompt(), 0, model.estimateTokens(textBytes), 0);
    }
    Nanos cost = cost(usage);
    flagged |= basis == Basis.MEASURED && cost.compareTo(hold.amount()) > 0;
    Settlement settlement =
        new Settlement(
            provider,
            usage.prompt(),
            usage.cached(),
            usage.completion(),
            cost,
            basis,
            ended,
            isClamped(),
            flagged);
    Nanos charged = hold.settle(settlement);
    settled = usage;
    tell(settlement, charged);
    return usage;
  }

  private void tell(Settlement settlement, Nanos charged) {
    long elapsed = loop.time().nanos() - startedNanos;
    var call = new CallObserver.Call(model.id(), settlement, charged, firstTextNanos, elapsed);
    loop.observer().settled(call);
    sink.settled(call);
  }

  private long estimatedPrompt() {
    return Math.min(
        model.estimateTokens(promptBytes) + model.tokens().template(), quote.promptTokens());
  }

  private Nanos cost(Usage usage) {
    try {
      return quote.price().of(usage.prompt() - usage.cached(), usage.cached(), usage.completion());
    } catch (ArithmeticException tooLarge) {
      // Absurd figures; the hold caps the charge all the same.
      flagged = true;
      return hold.amount();
    }
  }

  private Usage sensible(Usage.Reported usage) {
    long prompt = plausible(usage.prompt());
    long completion = plausible(usage.completion());
    // Some providers leave reasoning out of the completion and only add it to the total.
    long byTotal = plausible(usage.total()) - prompt;
    long output = Math.max(completion, byTotal);
    long cached = plausible(usage.cached());
    if (cached > prompt) {
      flagged = true;
      cached = prompt;
    }
    long reasoning = Math.min(plausible(usage.reasoning()), output);
    return new Usage(prompt, cached, output, reasoning);
  }

  private long plausible(long figure) {
    flagged |= figure < 0 || figure > FIGURE_MAX;
    return Math.clamp(figure, 0, FIGURE_MAX);
  }

  /** The usage object and what belongs beside it, as JSON. */
  byte[] usageJson(Usage usage) {
    StringBuilder json = usage.json(new StringBuilder(192));
    if (isClamped()) {
      json.append(",\"limit_reason\":\"allowance\"");
    }
    return json.toString().getBytes(US_ASCII);
  }
}
