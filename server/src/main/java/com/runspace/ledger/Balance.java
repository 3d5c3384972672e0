package com.runspace.ledger;

import com.runspace.base.Day;
import com.runspace.base.Nanos;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The state of one account's day, as a pure value; each method is a transition to the next one.
 *
 * <p>Invariants: nothing is negative; {@code used + held <= granted} at every hold, for the account
 * and, against its own cap, for the spender, so that no later settle can break it, because a charge
 * never exceeds its hold. A grant or cap that falls during the day stops new holds only: what is
 * held or used stays. Account and spender change together, because they are one value.
 *
 * <p>Where nodes share the day, {@code used + held <= share} holds as well, at all times. The
 * shares of all nodes are never more than the grant, so neither is what they use together.
 *
 * @param used what is charged on this node
 * @param lines the spenders that were active on this day, each once; an account has few
 */
record Balance(Day day, Nanos granted, Part part, Nanos used, Nanos held, List<Line> lines) {
  /**
   * What a node has of a limit that it may share with others.
   *
   * @param share the most that may be used and held here
   * @param elsewhere what others have used, as far as is known here
   */
  record Part(Nanos share, Nanos elsewhere) {
    /** No other node has anything of it. */
    static final Part WHOLE = new Part(new Nanos(Long.MAX_VALUE), Nanos.ZERO);

    /** Nothing yet. */
    static final Part NONE = new Part(Nanos.ZERO, Nanos.ZERO);

    Part {
      if (share.isNegative() || elsewhere.isNegative()) {
        throw new IllegalArgumentException("negative part");
      }
    }

    Part grown(Nanos by) {
      return new Part(share.plus(by), elsewhere);
    }

    /** Never less than is in use, so that a running call keeps what it holds. */
    Part shrunk(Nanos inUse, Nanos keep) {
      return new Part(share.min(inUse.plus(keep)), elsewhere);
    }

    Part told(Nanos usedElsewhere) {
      return new Part(share, usedElsewhere);
    }

    /** What is still free here; never more than is left of the limit over all nodes. */
    Nanos free(Nanos limit, Nanos used, Nanos held) {
      Nanos here = limit.minus(elsewhere).min(share);
      return here.minus(used).minus(held).max(Nanos.ZERO);
    }
  }

  /** The part of one spender in the account's day; {@code part} is of the spender's cap. */
  record Line(String spender, Part part, Nanos used, Nanos held) {
    Line {
      if (used.isNegative() || held.isNegative()) {
        throw new IllegalArgumentException("negative line");
      }
    }

    Line(String spender, Nanos used, Nanos held) {
      this(spender, Part.WHOLE, used, held);
    }

    static Line opening(String spender) {
      return new Line(spender, Nanos.ZERO, Nanos.ZERO);
    }

    Nanos free(Nanos cap) {
      return part.free(cap, used, held);
    }
  }

  Balance {
    lines = List.copyOf(lines);
    if (granted.isNegative() || used.isNegative() || held.isNegative()) {
      throw new IllegalArgumentException("negative balance");
    }
  }

  /** The balance of a day that is all here. */
  Balance(Day day, Nanos granted, Nanos used, Nanos held, List<Line> lines) {
    this(day, granted, Part.WHOLE, used, held, lines);
  }

  static Balance opening(Day day, Nanos granted) {
    return new Balance(day, granted, Nanos.ZERO, Nanos.ZERO, List.of());
  }

  Nanos free() {
    return part.free(granted, used, held);
  }

  /** What is free of the spender's cap; all there is without one. */
  Nanos freeOfCap(Spender spender) {
    Nanos cap = spender.dailyCap();
    return cap == null ? Part.WHOLE.share : line(spender.id()).free(cap);
  }

  Line line(String spender) {
    int at = indexOf(spender);
    return at < 0 ? Line.opening(spender) : lines.get(at);
  }

  /**
   * The amount a call would be given: its full worst case where that fits into half of what is
   * free, else the half, but never less than a short answer; zero when not even that is free. The
   * same rule holds for the spender's cap, and the smaller amount is given.
   */
  Nanos affordable(Spender spender, Ask ask) {
    return affordable(spender, ask, false);
  }

  /**
   * The same for a node that has a part of the day.
   *
   * @param plenty whether more can be had for the calls to come, so that nothing need be saved here
   */
  Nanos affordable(Spender spender, Ask ask, boolean plenty) {
    Nanos free = free().min(freeOfCap(spender));
    if (plenty && ask.full().compareTo(free) <= 0) {
      return ask.full();
    }
    Nanos amount = shortened(ask, free());
    return spender.dailyCap() == null ? amount : amount.min(shortened(ask, freeOfCap(spender)));
  }

  private static Nanos shortened(Ask ask, Nanos free) {
    if (ask.least().compareTo(free) > 0) {
      return Nanos.ZERO;
    }
    Nanos half = new Nanos(free.value() / 2);
    return ask.full().min(half.max(ask.least()));
  }

  /**
   * Why not even a short answer can be had: spent, or held by calls in flight. The figures are of
   * the limit that is in the way, the account's grant or the spender's cap.
   */
  Reservation refusal(Spender spender, Ask ask) {
    Nanos usedByAll = used.plus(part.elsewhere);
    if (ask.least().compareTo(granted.minus(usedByAll)) > 0) {
      return new Reservation.Spent(day, granted, usedByAll, held, false);
    }
    Line line = line(spender.id());
    Nanos usedOfCap = line.used.plus(line.part.elsewhere);
    Nanos cap = spender.dailyCap();
    if (cap != null && ask.least().compareTo(cap.minus(usedOfCap)) > 0) {
      return new Reservation.Spent(day, cap, usedOfCap, line.held, true);
    }
    return cap == null || ask.least().compareTo(free()) > 0
        ? new Reservation.Busy(day, granted, usedByAll, held)
        : new Reservation.Busy(day, cap, usedOfCap, line.held);
  }

  /** Holds an amount that is affordable. */
  Balance hold(Spender spender, Nanos amount) {
    if (amount.compareTo(free().min(freeOfCap(spender))) > 0) {
      throw new IllegalArgumentException("hold of " + amount + " with " + free() + " free");
    }
    Line line = line(spender.id());
    Line next = new Line(line.spender, line.part, line.used, line.held.plus(amount));
    return new Balance(day, granted, part, used, held.plus(amount), with(next));
  }

  /** Ends a hold of {@code amount}: a charge is used, the rest is free again. */
  Balance settle(String spender, Nanos amount, Nanos charge) {
    if (charge.isNegative() || charge.compareTo(amount) > 0) {
      throw new IllegalArgumentException("charge of " + charge + " for a hold of " + amount);
    }
    Line line = line(spender);
    Line next = new Line(line.spender, line.part, line.used.plus(charge), line.held.minus(amount));
    return new Balance(day, granted, part, used.plus(charge), held.minus(amount), with(next));
  }

  /** The grant is now {@code amount}. */
  Balance grant(Nanos amount) {
    return new Balance(day, amount, part, used, held, lines);
  }

  /** The account's part of this node is now another. */
  Balance parted(UnaryOperator<Part> change) {
    return new Balance(day, granted, change.apply(part), used, held, lines);
  }

  /** This node's part of a spender's cap is now another. */
  Balance parted(String spender, UnaryOperator<Part> change) {
    Line line = line(spender);
    Line next = new Line(line.spender, change.apply(line.part), line.used, line.held);
    return new Balance(day, granted, part, used, held, with(next));
  }

  private int indexOf(String spender) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).spender.equals(spender)) {
        return i;
      }
    }
    return -1;
  }

  private List<Line> with(Line line) {
    int at = indexOf(line.spender);
    @Nullable Line[] next = lines.toArray(new Line[lines.size() + (at < 0 ? 1 : 0)]);
    next[at < 0 ? lines.size() : at] = line;
    return asList(next);
  }

  @SuppressWarnings("NullAway") // the one place that was empty has just been filled
  private static List<Line> asList(@Nullable Line[] lines) {
    return List.of(lines);
  }
}
