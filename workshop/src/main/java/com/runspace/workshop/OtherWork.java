package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How busy the machine was with work that is not the bench's.
 *
 * <p>On shared cores such work stretches latencies and, worse, makes figures look better: events
 * that wait for a core are then relayed in bunches. So every run says how much of it there was.
 */
final class OtherWork {
  private final List<Long> pids;
  private final long beganNanos = System.nanoTime();
  private final long beganMicros;

  /**
   * Begins to watch.
   *
   * @param pids of the bench's processes that live on; those that end meanwhile count by themselves
   */
  OtherWork(List<Long> pids) throws IOException {
    this.pids = pids;
    beganMicros = micros();
  }

  /** Cores' worth of other work since then. */
  double cores() throws IOException {
    return Math.max(0, (micros() - beganMicros) * 1e3 / (System.nanoTime() - beganNanos));
  }

  private long micros() throws IOException {
    long own = ProcessFigures.cpuMicros(pids) + ProcessFigures.ownCpuMicros();
    return busyMicros() - own;
  }

  /** User, nice and system time of all cores, and what the host took away from them. */
  private static long busyMicros() throws IOException {
    String[] fields = Files.readString(Path.of("/proc/stat")).split("\\s+", 10);
    long ticks = 0;
    for (int field : new int[] {1, 2, 3, 8}) {
      ticks += Long.parseLong(fields[field]);
    }
    return ticks * ProcessFigures.MICROS_PER_TICK;
  }
}
