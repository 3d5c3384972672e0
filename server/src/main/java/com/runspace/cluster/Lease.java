package com.runspace.cluster;

import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.cluster.LeaseStore.Outcome;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One limit of which this node has a part, and what the node wishes of it. Guarded by itself; only
 * {@link #want} is for any thread, all else is for the one that asks the store.
 */
final class Lease {
  enum Look {
    KEEP,
    DUE,
    DONE
  }

  private static final long MILLI = 1_000_000L;
  private static final long SECOND = 1_000 * MILLI;

  /** So long others may take to give back before a caller is told that there is nothing. */
  private static final long PATIENCE_NANOS = SECOND / 4;

  /**
   * What a node takes of a day is to last so long at the pace of the last part. It asks again at
   * half of it, and when the pace has risen, so that calls go on while the store is out for a
   * minute, with some to spare.
   */
  private static final long LASTING_NANOS = 180 * SECOND;

  /** What nobody has used for so long goes back. */
  private static final long IDLE_NANOS = 120 * SECOND;

  /**
   * A pace may be that of a burst, so no part is larger than so many times the last one. Yet the
   * second part is to last: the first one is a few calls, and the store may go out soon after it.
   */
  private static final int LARGER_MAX = 64;

  /** A store that answers later than this is as good as none to whoever waits. */
  private static final long SLOW_NANOS = SECOND;

  private static final long SOON_NANOS = 5 * SECOND;

  private final Subject subject;
  private Share share;
  private @Nullable CompletableFuture<?> pending;
  private long least;
  private long more;
  private long begunNanos;
  private boolean asking;
  private boolean returned;
  private long askedNanos;
  private boolean dry;
  private boolean dryForNeed;
  private long dryUntilNanos;
  private long lastGiven;
  private long usedWhenGrown;
  private long grownNanos;
  private long touchedNanos;
  private long lastUsed;
  private long lastAmount = -1;
  private long stillSinceNanos;
  private long told = -1;
  private boolean gone;
  private boolean fresh;
  private volatile boolean wanted;

  Lease(Share share) {
    this.share = share;
    this.subject = new Subject(share.subject(), share.day());
  }

  Subject subject() {
    return subject;
  }

  synchronized boolean isAsking() {
    return asking;
  }

  /**
   * Takes in a wish; null when this lease is gone, and another one is to be asked.
   *
   * @param outside whether the store cannot be asked now
   */
  synchronized Shares.@Nullable Answer want(
      Share of, long needed, long good, boolean outside, long now) {
    if (gone) {
      return null;
    }
    share = of;
    touchedNanos = now;
    CompletableFuture<?> begun = pending;
    if (outside || (begun != null && now - begunNanos >= SLOW_NANOS)) {
      return new Shares.Answer.Out();
    }
    if (begun == null) {
      // That there was nothing to spare says nothing of what others give back where it is needed.
      if (dry && now - dryUntilNanos < 0 && (needed == 0 || dryForNeed)) {
        return new Shares.Answer.Dry();
      }
      begun = new CompletableFuture<>();
      begin(begun, now);
      fresh = true;
    }
    least = Math.max(least, needed);
    more = Math.max(more, Math.max(needed, good));
    return new Shares.Answer.Coming(begun);
  }

  /** Whether a wish has begun since this was asked the last time. */
  synchronized boolean isFresh() {
    boolean was = fresh;
    fresh = false;
    return was;
  }

  private void begin(CompletableFuture<?> wish, long now) {
    pending = wish;
    begunNanos = now;
    least = 0;
    more = 0;
    asking = false;
    returned = false;
  }

  /** Another node has given back; says whether to ask the store about it now. */
  synchronized boolean returned() {
    returned = pending != null && !asking;
    return asking;
  }

  /** Another node needs what this one may not need. */
  void wanted() {
    wanted = true;
  }

  synchronized Wish wish(long number, long now) {
    boolean back = wanted;
    if (back) {
      wanted = false;
      boolean busy = now - touchedNanos < SECOND || share.used() != lastUsed;
      long keep = busy ? Math.max(0, share.amount() - share.used()) / 4 : 0;
      var _ = share.shrink(keep);
    }
    long good = pending == null ? 0 : Math.max(more, good(now));
    return new Wish(
        subject,
        share.limit(),
        share.amount(),
        share.used(),
        least,
        Math.min(good, share.limit()),
        number,
        back);
  }

  /** What would be good to have beyond what is here, by what became of the last part. */
  private long good(long now) {
    if (subject.day() == 0) {
      return now - grownNanos < SOON_NANOS ? 2 * lastGiven : 0;
    }
    return Math.min(lasting(now), LARGER_MAX * lastGiven);
  }

  /** What is used in {@link #LASTING_NANOS} at the pace since the last part came. */
  private long lasting(long now) {
    long most = Long.MAX_VALUE / (LASTING_NANOS / MILLI);
    long spent = Math.clamp(share.used() - usedWhenGrown, 0, most);
    return spent * (LASTING_NANOS / MILLI) / (Math.max(SECOND, now - grownNanos) / MILLI);
  }

  /**
   * Whether the pace has risen so much that what is here does not last half as long as it is to.
   * Half of the largest part there is has to do, so that no disk has more of an account to lose.
   */
  private boolean isShort(long now) {
    return subject.day() != 0
        && lastGiven > 0
        && now - grownNanos >= SOON_NANOS
        && now - dryUntilNanos >= SOON_NANOS
        && share.amount() - share.used()
            < Math.min(lasting(now), share.limit() / Division.PARTS) / 2;
  }

  /** Takes in what the store has given; says whether it must be asked again at once. */
  synchronized boolean take(Wish wish, Outcome outcome, long now) {
    if (outcome.given() > 0) {
      share.grow(outcome.given());
      lastGiven = Math.min(outcome.given(), Long.MAX_VALUE / LARGER_MAX);
      usedWhenGrown = share.used();
      grownNanos = now;
    }
    share.told(outcome.usedElsewhere());
    told = wish.have() + outcome.given();
    if (pending == null) {
      return false;
    }
    boolean needed = least > wish.least();
    least = Math.max(0, least - outcome.given());
    if (outcome.met() && needed) {
      return true;
    }
    if (outcome.met()) {
      // Where nothing was needed and nothing came, it is not asked for again and again.
      dry = outcome.given() == 0 && wish.more() > 0;
      dryForNeed = false;
      dryUntilNanos = now + SECOND;
      end();
    } else if (!asking) {
      asking = true;
      askedNanos = now;
      // Somebody may have been quicker to give back than this was to hear that nothing is left.
      return returned;
    } else if (now - askedNanos >= PATIENCE_NANOS) {
      dry = true;
      dryForNeed = true;
      dryUntilNanos = now + SECOND;
      end();
    }
    return false;
  }

  /** The store may know of more than this node has, so it must be told again. */
  synchronized void unanswered() {
    told = -1;
    end();
  }

  private void end() {
    CompletableFuture<?> done = pending;
    pending = null;
    asking = false;
    least = 0;
    more = 0;
    if (done != null) {
      done.complete(null);
    }
  }

  /** Gives up what is not in use. */
  synchronized void shrink() {
    var _ = share.shrink(0);
  }

  /** Gives up what is not in use, and any wish for more. */
  synchronized void release() {
    end();
    shrink();
  }

  synchronized boolean isOutOfPatience(long now) {
    return asking && now - askedNanos >= PATIENCE_NANOS;
  }

  synchronized Look look(long today, long now) {
    if (pending != null) {
      return Look.KEEP;
    }
    long used = share.used();
    if (used != lastUsed || share.amount() != lastAmount) {
      lastUsed = used;
      lastAmount = share.amount();
      stillSinceNanos = now;
    }
    boolean over = subject.day() != 0 && subject.day() < today;
    boolean idle = now - Math.max(stillSinceNanos, touchedNanos) >= IDLE_NANOS;
    if (!over && !idle && isShort(now)) {
      begin(new CompletableFuture<>(), now);
      return Look.DUE;
    }
    if (!over && !idle) {
      return Look.KEEP;
    }
    long amount = share.shrink(0);
    lastAmount = amount;
    if (amount != told) {
      return Look.DUE;
    }
    // All that is left is used for good, and the store knows it.
    gone = amount == share.used();
    return gone ? Look.DONE : Look.KEEP;
  }
}
