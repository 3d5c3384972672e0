package com.runspace.workshop;

import java.util.Arrays;

/** Measured values, all of them kept, so that percentiles are exact. */
final class Samples {
  private long[] values = new long[1 << 16];
  private int size;

  void add(long value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size * 2);
    }
    values[size++] = value;
  }

  /** The value that this share of the samples does not exceed; 0 without samples. */
  long percentile(double share) {
    if (size == 0) {
      return 0;
    }
    Arrays.sort(values, 0, size);
    int rank = (int) Math.ceil(share * size);
    return values[Math.clamp(rank - 1, 0, size - 1)];
  }
}
