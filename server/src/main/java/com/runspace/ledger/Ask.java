package com.runspace.ledger;

import com.runspace.base.Nanos;

/**
 * What a call asks to hold.
 *
 * @param full its worst case with the output limit it asked for
 * @param least its worst case with the shortest answer worth giving; at most {@code full}
 */
public record Ask(Nanos full, Nanos least) {
  public Ask {
    if (least.compareTo(full) > 0 || least.isNegative()) {
      throw new IllegalArgumentException("least " + least + " of full " + full);
    }
  }
}
