package com.runspace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What Linux tells about its TCP sockets. */
final class KernelSockets {
  private KernelSockets() {}

  /** How many connects to this port wait for their answer. */
  static int connecting(int port) {
    // The port of the remote address, then the state SYN_SENT. Sought in the text as it is: the
    // tables may hold thousands of dead sockets, and a test waits for this answer.
    String mark = String.format(Locale.ROOT, ":%04X 02 ", port);
    int count = 0;
    for (String name : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      String table = text(Path.of(name));
      int at = table.indexOf(mark);
      while (at >= 0) {
        count++;
        at = table.indexOf(mark, at + 1);
      }
    }
    return count;
  }

  private static String text(Path table) {
    try {
      return Files.exists(table) ? Files.readString(table, StandardCharsets.ISO_8859_1) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
