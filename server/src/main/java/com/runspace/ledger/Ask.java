package com.runspace.ledger;

import com.runspace.base.Nanos;

/**
 * What a call asks to hold.
 *
 * @param full its worst case with the output limit it asked for
 * @param least its worst case with the shortest answer worth giving; at most {@code full}
 * @param inputPrice of the quote, for the record: nano-dollars per million tokens
 * @param cachedPrice of the quote, for the record
 * @param outputPrice of the quote, for the record
 */
public record Ask(Nanos full, Nanos least, long inputPrice, long cachedPrice, long outputPrice) {
  public Ask {
    if (least.compareTo(full) > 0 || least.isNegative()) {
      throw new IllegalArgumentException("least " + least + " of full " + full);
    }
  }

  /** An ask whose prices nobody records. */
  public Ask(Nanos full, Nanos least) {
    this(full, least, 0, 0, 0);
  }
}
