package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.base.Shares;
import com.runspace.base.Shares.Answer;
import com.runspace.ledger.Balance.Part;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One account's day on this node: its balance and, where nodes share days, the parts of it. */
final class AccountDay {
  /** How much of what a call needs is here. */
  sealed interface Supply {
    /** As much as there is to be had; if it is not enough, more will not come at once. */
    record All() implements Supply {}

    /** The full worst case is here, and more can be had for others. */
    record Plenty() implements Supply {}

    /** More is on its way, and needed. */
    record Coming(CompletableFuture<?> arrival) implements Supply {}

    /** More would be needed for an answer of full length, and the store cannot be asked. */
    record Out() implements Supply {}
  }

  static final Supply ALL = new Supply.All();
  private static final Supply PLENTY = new Supply.Plenty();
  private static final Supply OUT = new Supply.Out();

  final AtomicReference<Balance> balance;
  private final AccountId account;
  private final @Nullable Shares shares;
  private final DayShare share;
  private final ConcurrentMap<String, DayShare> caps = new ConcurrentHashMap<>();

  /**
   * A day as it stands.
   *
   * @param shares null when all of the day is here
   */
  AccountDay(AccountId account, Balance opening, @Nullable Shares shares) {
    this.account = account;
    this.shares = shares;
    balance = new AtomicReference<>(shares == null ? opening : opening.parted(part -> held(part)));
    share = new DayShare(balance, new DayShare.Owner(account, null), Nanos.ZERO);
  }

  /** Where days are shared, a part that nobody has given is none. */
  private static Part held(Part part) {
    return part.equals(Part.WHOLE) ? Part.NONE : part;
  }

  /** The node's part of the account's day. */
  DayShare share() {
    return share;
  }

  /** The node's part of a key's cap; it begins with what the balance has of it. */
  DayShare capOf(String spender, Nanos cap) {
    DayShare known = caps.get(spender);
    if (known != null) {
      known.cap(cap);
      return known;
    }
    return caps.computeIfAbsent(
        spender,
        id -> {
          balance.updateAndGet(now -> now.parted(id, part -> held(part)));
          return new DayShare(balance, new DayShare.Owner(account, id), cap);
        });
  }

  /** Asks for more where little is left for such a call; says what can be had. */
  Supply supply(Spender spender, Ask ask) {
    if (shares == null) {
      return ALL;
    }
    Nanos cap = spender.dailyCap();
    DayShare ofCap = cap == null ? null : capOf(spender.id(), cap);
    Balance now = balance.get();
    Supply one = supply(shares, share, now.free(), ask);
    return ofCap == null ? one : both(one, supply(shares, ofCap, now.freeOfCap(spender), ask));
  }

  private static Supply supply(Shares shares, DayShare share, Nanos free, Ask ask) {
    Nanos low = share.low(ask.full());
    if (free.compareTo(low) >= 0) {
      return PLENTY;
    }
    long missing = ask.full().minus(free).max(Nanos.ZERO).value();
    boolean enough = missing == 0;
    return switch (shares.want(share, missing, low.plus(low).minus(free).value())) {
      case Answer.Coming coming ->
          enough ? PLENTY : new Supply.Coming(coming.arrival().toCompletableFuture());
      case Answer.Dry _ -> ALL;
      case Answer.Out _ -> enough ? PLENTY : OUT;
    };
  }

  private static Supply both(Supply one, Supply other) {
    if (one instanceof Supply.Coming(var first) && other instanceof Supply.Coming(var second)) {
      return new Supply.Coming(CompletableFuture.allOf(first, second));
    }
    if (one instanceof Supply.Coming || other instanceof Supply.Plenty) {
      return one;
    }
    if (other instanceof Supply.Coming || one instanceof Supply.Plenty) {
      return other;
    }
    return one instanceof Supply.Out ? one : other;
  }
}
