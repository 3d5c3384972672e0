package com.runspace.gate;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rule that decides what a holding is worth: its lowest amount over a window of rounds. A round
 * reads all wallets at one block, so that in it each token is in one wallet only.
 *
 * <p>The window at a moment goes back to the earlier of two: the hold time and two slots before it,
 * and the newest round that is as old as the hold time. Why that is enough: let tokens count for an
 * account at s and for another at t, both within one hold time, s first. Let r be the newest round
 * at or before s. It is in the window at s, as every newest round is. It is in the window at t too:
 * the round at which that one begins is not after t minus the hold time, so before s, so not after
 * r. Then these tokens were in wallets of both at r, which cannot be. So over all accounts the
 * amounts that count within a hold time, which is a day or more, are together at most what exists.
 * The two slots are for chains that cannot be read at one block, and for the looks of it: a window
 * that does not jump.
 *
 * <p>A pure rule: no clock, no store. A round that failed is not there, and the window reaches over
 * the gap.
 */
final class Floor {
  /** What an account held in a round. */
  record Sample(Instant at, BigInteger held) {}

  private final Duration hold;
  private final Duration window;

  /**
   * A rule.
   *
   * @param hold how long a holding must have lasted; zero when only the newest amount counts
   * @param slot the time in which there is one round
   */
  Floor(Duration hold, Duration slot) {
    this.hold = hold;
    this.window = hold.plus(slot.multipliedBy(2));
  }

  /** Whether only the newest reading counts. */
  boolean isInstant() {
    return hold.isZero();
  }

  /**
   * From when on rounds matter at a moment.
   *
   * @param rounds when rounds were, ascending
   * @return null when no round is as old as the hold time
   */
  @Nullable Instant start(Instant now, List<Instant> rounds) {
    Instant anchor = null;
    for (Instant round : rounds) {
      if (!round.isAfter(now.minus(hold))) {
        anchor = round;
      }
    }
    if (anchor == null) {
      return null;
    }
    Instant nominal = now.minus(window);
    return anchor.isBefore(nominal) ? anchor : nominal;
  }

  /**
   * The lowest amount over the window; zero while there is not enough history.
   *
   * @param samples one for each round up to now, ascending
   */
  BigInteger at(Instant now, List<Sample> samples) {
    Instant start = start(now, samples.stream().map(Sample::at).toList());
    if (start == null) {
      return BigInteger.ZERO;
    }
    BigInteger lowest = null;
    for (Sample sample : samples) {
      if (!sample.at.isBefore(start) && !sample.at.isAfter(now)) {
        lowest = lowest == null ? sample.held : lowest.min(sample.held);
      }
    }
    return lowest == null ? BigInteger.ZERO : lowest;
  }

  /**
   * When the floor will have reached an amount, if that is held from now on.
   *
   * @return null when it has; the moment is a forecast, which holds when no round fails
   */
  @Nullable Instant reaches(BigInteger amount, Instant now, List<Sample> samples) {
    if (isInstant() || at(now, samples).compareTo(amount) >= 0) {
      return null;
    }
    Instant last = null;
    Instant after = null;
    for (Sample sample : samples) {
      if (sample.held.compareTo(amount) < 0) {
        last = sample.at;
        after = null;
      } else if (after == null) {
        after = sample.at;
      }
    }
    if (last == null) {
      // Enough all the time, but not for long enough.
      return samples.isEmpty() ? now.plus(window) : samples.getFirst().at.plus(hold);
    }
    // The last round with too little must have left the window, with another one in its place.
    Instant left = last.plus(window).plusMillis(1);
    return after != null && after.plus(hold).isAfter(left) ? after.plus(hold) : left;
  }
}
