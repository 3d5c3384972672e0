package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the kernel has counted for some processes, added up. */
final class ProcessFigures {
  /** The kernel's clock tick as shown in /proc: 100 a second on every machine we could meet. */
  static final long MICROS_PER_TICK = 10_000;

  private ProcessFigures() {}

  /** User and system time so far, in microseconds, of every thread these processes had. */
  static long cpuMicros(List<Long> pids) throws IOException {
    long ticks = 0;
    for (long pid : pids) {
      ticks += ticks(Long.toString(pid), 2);
    }
    return ticks * MICROS_PER_TICK;
  }

  /**
   * The same of a process, which comes first, and those that live of its family; what its children
   * that have ended had used is counted too.
   */
  static long familyCpuMicros(List<Long> pids) throws IOException {
    long ticks = ticks(Long.toString(pids.getFirst()), 4);
    return ticks * MICROS_PER_TICK + livingCpuMicros(pids.subList(1, pids.size()));
  }

  private static long livingCpuMicros(List<Long> pids) {
    long micros = 0;
    for (long pid : pids) {
      try {
        micros += cpuMicros(List.of(pid));
      } catch (IOException ended) {
        // It has ended meanwhile, and its parent counts it next time.
      }
    }
    return micros;
  }

  /** The same of this process, together with its children that have ended. */
  static long ownCpuMicros() throws IOException {
    return ticks("self", 4) * MICROS_PER_TICK;
  }

  /** The first of the four times: user, system, user of ended children, system of these. */
  private static long ticks(String pid, int times) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    // The second field, the command in brackets, may hold spaces, so the count starts behind it.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    long ticks = 0;
    for (int i = 0; i < times; i++) {
      ticks += Long.parseLong(fields[11 + i]);
    }
    return ticks;
  }

  /** Resident memory in KiB; pages shared by several of the processes count for each. */
  static long residentKib(List<Long> pids) throws IOException {
    long kib = 0;
    for (long pid : pids) {
      for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
        if (line.startsWith("VmRSS:")) {
          kib += Long.parseLong(line.replaceAll("[^0-9]", ""));
        }
      }
    }
    return kib;
  }
}
