package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.base.Share;
import com.runspace.ledger.Balance.Part;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** This node's part of what an account, or one capped key of it, may spend in a day. */
final class DayShare implements Share {
  private static final String ACCOUNT = "account ";
  private static final String CAP = "cap ";

  /** No call is asked for beyond this, so that sums fit. */
  private static final long MOST_ASKED = Long.MAX_VALUE / 8;

  /** What a subject is of. */
  record Owner(AccountId account, @Nullable String spender) {
    /** Reads a subject that this class has made; null for any other. */
    static @Nullable Owner of(String subject) {
      if (subject.startsWith(ACCOUNT)) {
        return new Owner(new AccountId(subject.substring(ACCOUNT.length())), null);
      }
      int space = subject.lastIndexOf(' ');
      if (!subject.startsWith(CAP) || space < CAP.length()) {
        return null;
      }
      AccountId account = new AccountId(subject.substring(CAP.length(), space));
      return new Owner(account, subject.substring(space + 1));
    }

    private String subject() {
      return spender == null ? ACCOUNT + account.value() : CAP + account.value() + ' ' + spender;
    }
  }

  private final AtomicReference<Balance> balance;
  private final Owner owner;
  private final String subject;
  private volatile Nanos cap;
  private volatile Nanos lastPart = Nanos.ZERO;

  /**
   * A part that begins as the balance has it.
   *
   * @param cap of the key; nothing for an account, whose grant is in the balance
   */
  DayShare(AtomicReference<Balance> balance, Owner owner, Nanos cap) {
    this.balance = balance;
    this.owner = owner;
    this.subject = owner.subject();
    this.cap = cap;
  }

  /** The cap is now {@code amount}. */
  void cap(Nanos amount) {
    cap = amount;
  }

  /**
   * Below this, more is asked for before it is needed: half of the last part, so that the other
   * half is here when the store is out.
   */
  Nanos low(Nanos full) {
    long twice = 2 * Math.min(full.value(), MOST_ASKED);
    return new Nanos(Math.max(twice, lastPart.value() / 2));
  }

  private Part part(Balance now) {
    return owner.spender == null ? now.part() : now.line(owner.spender).part();
  }

  private Nanos used(Balance now) {
    return owner.spender == null ? now.used() : now.line(owner.spender).used();
  }

  private Nanos inUse(Balance now) {
    return used(now).plus(owner.spender == null ? now.held() : now.line(owner.spender).held());
  }

  private Balance parted(Balance now, Part part) {
    return owner.spender == null ? now.parted(_ -> part) : now.parted(owner.spender, _ -> part);
  }

  @Override
  public String subject() {
    return subject;
  }

  @Override
  public long day() {
    return balance.get().day().epochDay();
  }

  @Override
  public long limit() {
    return owner.spender == null ? balance.get().granted().value() : cap.value();
  }

  @Override
  public long amount() {
    return part(balance.get()).share().value();
  }

  @Override
  public long used() {
    return used(balance.get()).value();
  }

  @Override
  public void grow(long by) {
    lastPart = new Nanos(by);
    balance.updateAndGet(now -> parted(now, part(now).grown(new Nanos(by))));
  }

  @Override
  public void told(long usedElsewhere) {
    balance.updateAndGet(now -> parted(now, part(now).told(new Nanos(usedElsewhere))));
  }

  @Override
  public long shrink(long keep) {
    lastPart = lastPart.min(new Nanos(keep));
    Balance after =
        balance.updateAndGet(now -> parted(now, part(now).shrunk(inUse(now), new Nanos(keep))));
    return part(after).share().value();
  }
}
