package com.runspace.workshop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** How many files a program started by the bench may have open. */
final class OpenFiles {
  /** Shell words that raise the limit as far as may be, before the program takes over. */
  static final String RAISE = "ulimit -n 65536 2>/dev/null || ulimit -n \"$(ulimit -Hn)\"; ";

  private OpenFiles() {}

  /** As many as {@link #RAISE} asks for, or, where that is refused, the hard limit. */
  static int limit() throws IOException {
    Process shell = new ProcessBuilder("/bin/sh", "-c", RAISE + "ulimit -n").start();
    String answer =
        new String(shell.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
    return answer.equals("unlimited") ? 65_536 : Math.min(65_536, Integer.parseInt(answer));
  }
}
