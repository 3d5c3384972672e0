package com.runspace.engine;

import java.io.PrintStream;
import java.lang.foreign.MemorySegment;

/**
 * The log of llama.cpp. It is dropped unless asked for, except for the first error, because the
 * functions themselves only return null and the log alone says why.
 */
final class NativeLog {
  private static final int ERROR = 4;

  private final boolean verbose;
  private final PrintStream out;
  private volatile String firstError = "";

  NativeLog(boolean verbose, PrintStream out) {
    this.verbose = verbose;
    this.out = out;
  }

  /** Called by llama.cpp from any of its threads. */
  @SuppressWarnings("restricted")
  void line(int level, MemorySegment text, MemorySegment userData) {
    if (!verbose && level != ERROR) {
      return;
    }
    String line = text.reinterpret(Long.MAX_VALUE).getString(0);
    if (verbose) {
      out.print(line);
    }
    if (level == ERROR && firstError.isEmpty()) {
      firstError = line.strip();
    }
  }

  /** The first error since start, which is the cause; those after it are its consequences. */
  String cause() {
    String text = firstError;
    int colon = text.indexOf(": ");
    return colon > 0 && text.startsWith("llama_") ? text.substring(colon + 2) : text;
  }
}
