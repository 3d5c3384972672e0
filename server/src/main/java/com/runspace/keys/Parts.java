package com.runspace.keys;

import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.keys.Admission.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * This node's parts of the limits of one key, and the wish for more of them. A part is wanted when
 * a call does not fit into it and could fit into a larger one; what is wanted is a good piece, and
 * twice as much each time that it was too small again soon.
 */
final class Parts {
  /** A part that was too small again within this time is wanted larger. */
  private static final long SOON_NANOS = 10_000_000_000L;

  private static final int FIRST_OF = 4;

  private final Limiter limiter;
  private final Shares shares;
  private final Time time;
  private final Part requests;
  private final Part tokens;
  private final Part calls;

  Parts(Limiter limiter, Limits limits, String keyId, Shares shares, Time time) {
    this.limiter = limiter;
    this.shares = shares;
    this.time = time;
    this.requests = new Part(Kind.REQUESTS, "requests " + keyId, limits.requestsPerMinute());
    this.tokens = new Part(Kind.TOKENS, "tokens " + keyId, limits.tokensPerMinute());
    this.calls = new Part(Kind.CONCURRENT, "calls " + keyId, limits.concurrentCalls());
  }

  /** Whether this node may still use what it has. */
  boolean areGood() {
    return shares.areGood();
  }

  /** Asks for all that a call misses, at once: one answer is waited for and not three. */
  Admission ask(List<Limiter.Gap> gaps) {
    if (gaps.stream().anyMatch(gap -> gap.missing() == 0)) {
      return Limiter.longest(gaps.stream().filter(gap -> gap.missing() == 0).toList());
    }
    List<CompletableFuture<?>> arrivals = new ArrayList<>(gaps.size());
    List<Limiter.Gap> dry = new ArrayList<>(0);
    boolean isOut = false;
    for (Limiter.Gap gap : gaps) {
      switch (part(gap.kind()).want(gap.missing())) {
        case Shares.Answer.Coming coming -> arrivals.add(coming.arrival().toCompletableFuture());
        case Shares.Answer.Dry _ -> dry.add(gap);
        case Shares.Answer.Out _ -> isOut = true;
      }
    }
    if (isOut) {
      return new Admission.Closed();
    }
    return dry.isEmpty()
        ? new Admission.Coming(CompletableFuture.allOf(arrivals.toArray(CompletableFuture[]::new)))
        : Limiter.longest(dry);
  }

  private Part part(Kind kind) {
    return switch (kind) {
      case REQUESTS -> requests;
      case TOKENS -> tokens;
      case CONCURRENT -> calls;
    };
  }

  /** The part of one limit. */
  private final class Part implements Share {
    private final Kind kind;
    private final String subject;
    private final long limit;

    // Written when the store has given, which is one thread at a time.
    private volatile long piece;
    private volatile long grownNanos = time.nanos() - SOON_NANOS;

    Part(Kind kind, String subject, long limit) {
      this.kind = kind;
      this.subject = subject;
      this.limit = limit;
      this.piece = firstPiece();
    }

    private long firstPiece() {
      return Math.ceilDiv(limit, FIRST_OF);
    }

    private boolean hasJustGrown() {
      return time.nanos() - grownNanos < SOON_NANOS;
    }

    Shares.Answer want(long missing) {
      long good = hasJustGrown() ? 2 * piece : firstPiece();
      return shares.want(this, missing, Math.max(missing, Math.min(good, limit - amount())));
    }

    @Override
    public String subject() {
      return subject;
    }

    @Override
    public long day() {
      return 0;
    }

    @Override
    public long limit() {
      return limit;
    }

    @Override
    public long amount() {
      return limiter.amount(kind);
    }

    @Override
    public long used() {
      return 0;
    }

    @Override
    public void grow(long by) {
      piece = hasJustGrown() ? Math.min(limit, 2 * piece) : firstPiece();
      grownNanos = time.nanos();
      limiter.grow(kind, by, limit, grownNanos);
    }

    @Override
    public long shrink(long keep) {
      return limiter.shrink(kind, keep, time.nanos());
    }
  }
}
