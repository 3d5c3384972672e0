package com.runspace.workshop;

import java.io.IOException;
import java.util.List;

/** What a run counts: failures always, all else only inside the window. */
final class Tally {
  private final List<Long> pids;
  private final Samples answerNanos = new Samples();
  private final Samples eventNanos = new Samples();
  private final Samples firstNanos = new Samples();
  private boolean counting;
  private long answers;
  private long events;
  private long failed;
  private long unsent;
  private String firstFailure = "";
  private long beganNanos;
  private long windowNanos = 1;
  private long cpuMicros;
  private long residentKib;

  Tally(List<Long> pids) {
    this.pids = pids;
  }

  void begin(long now) throws IOException {
    cpuMicros = ProcessFigures.cpuMicros(pids);
    beganNanos = now;
    counting = true;
  }

  void end(long now) throws IOException {
    cpuMicros = ProcessFigures.cpuMicros(pids) - cpuMicros;
    residentKib = ProcessFigures.residentKib(pids);
    windowNanos = now - beganNanos;
    counting = false;
  }

  /** Ends a window that was broken off. */
  void stop(long now) throws IOException {
    if (counting) {
      end(now);
    }
  }

  void answer(long nanos) {
    if (counting) {
      answers++;
      answerNanos.add(nanos);
    }
  }

  void event(long nanos) {
    if (counting) {
      events++;
      eventNanos.add(nanos);
    }
  }

  void first(long nanos) {
    if (counting) {
      firstNanos.add(nanos);
    }
  }

  void failed(String why) {
    failed++;
    if (firstFailure.isEmpty()) {
      firstFailure = why;
    }
  }

  void unsent(int requests) {
    unsent = requests;
  }

  long failed() {
    return failed;
  }

  /** What went wrong first, on one line, or nothing. */
  String firstFailure() {
    return firstFailure.replaceAll("\\s+", " ");
  }

  /** The figures of the window; the latencies are those of events if there were any. */
  Figures figures() {
    Samples latencies = events > 0 ? eventNanos : answerNanos;
    return new Figures(
        events > 0 ? events : answers,
        failed,
        unsent,
        windowNanos / 1e9,
        cpuMicros,
        residentKib,
        latencies.percentile(0.5) / 1e3,
        latencies.percentile(0.99) / 1e3,
        firstNanos.percentile(0.5) / 1e3);
  }
}
