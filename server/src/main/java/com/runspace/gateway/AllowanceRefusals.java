package com.runspace.gateway;

import com.runspace.base.Day;
import com.runspace.base.JsonText;
import com.runspace.base.Nanos;
import com.runspace.keys.Admission;
import com.runspace.keys.RateState;
import com.runspace.ledger.Reservation;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What callers are told when the limits of their key or the allowance do not carry a call. Amounts
 * are nano-dollars.
 */
final class AllowanceRefusals {
  private AllowanceRefusals() {}

  /** 429: the key has called too much. */
  static Refusal tooMany(Admission.Limited limited) {
    long seconds = Math.ceilDiv(limited.retryAfterMillis(), 1_000L);
    return Refusal.of(
            ApiError.RATE_LIMITED,
            "Rate limit reached for %s of this key. Limit %d, remaining %d. Please try again in %s."
                .formatted(
                    name(limited.kind()),
                    limited.limit(),
                    limited.remaining(),
                    RateState.duration(limited.retryAfterMillis())))
        .retryAfter(seconds);
  }

  /** 503: this node has too small a part of a limit of the key, and cannot get more. */
  static Refusal unknownRate() {
    return Refusal.of(
            ApiError.OVERLOADED,
            "The limits of this key are shared by several machines of this service, and this one"
                + " cannot ask the others just now. Please try again shortly.")
        .retryAfter(5);
  }

  /** 503: what this node may spend of the allowance has not come in time. */
  static Refusal unknown() {
    return Refusal.of(
            ApiError.OVERLOADED,
            "The store did not answer in time, so your allowance could not be looked up. Please try"
                + " again shortly.")
        .retryAfter(5);
  }

  private static String name(Admission.Kind kind) {
    return switch (kind) {
      case REQUESTS -> "requests per minute";
      case TOKENS -> "tokens per minute";
      case CONCURRENT -> "calls at once";
    };
  }

  /** 402: nothing to be had before the next day. */
  static Refusal spent(Reservation.Spent spent, long nowMillis) {
    ApiError error = spent.capOfKey() ? ApiError.KEY_CAP_SPENT : ApiError.ALLOWANCE_SPENT;
    String what =
        spent.capOfKey() ? "The daily cap of this key is spent." : "Daily allowance spent.";
    return Refusal.of(error, what + " It resets at " + spent.day().end() + ".")
        .withExtra(figures(spent.day(), spent.granted(), spent.used(), spent.held(), false))
        .retryAfter(spent.day().secondsLeft(nowMillis));
  }

  /** 429: calls in flight hold what is missing. */
  static Refusal held(Reservation.Busy busy) {
    return Refusal.of(
            ApiError.ALLOWANCE_HELD,
            "Calls in flight hold the rest of today's allowance. Try again when they are done.")
        .withExtra(figures(busy.day(), busy.granted(), busy.used(), busy.held(), true))
        .retryAfter(2);
  }

  private static Map<String, String> figures(
      Day day, Nanos granted, Nanos used, Nanos held, boolean retryable) {
    Map<String, String> extra = new LinkedHashMap<>();
    extra.put("limit", Long.toString(granted.value()));
    extra.put("used", Long.toString(used.value()));
    extra.put("held", Long.toString(held.value()));
    extra.put("unit", "\"nano_usd\"");
    extra.put("resets_at", JsonText.quote(day.end().toString()));
    extra.put("retryable", Boolean.toString(retryable));
    return extra;
  }
}
