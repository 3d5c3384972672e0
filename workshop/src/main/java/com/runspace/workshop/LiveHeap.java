package com.runspace.workshop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a running JVM holds on to. Asking collects its garbage first, so not in a measured window.
 */
final class LiveHeap {
  private static final Pattern TOTAL = Pattern.compile("(?m)^Total +\\d+ +(\\d+)");

  private LiveHeap() {}

  /** Bytes of all objects that are alive. */
  static long bytes(Gateway gateway) throws IOException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    String pid = Long.toString(gateway.pids().getFirst());
    Process process =
        new ProcessBuilder(List.of(jcmd, pid, "GC.class_histogram"))
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Matcher total = TOTAL.matcher(said);
    if (!total.find()) {
      throw new IOException("jcmd gave no histogram: " + said.lines().findFirst().orElse(""));
    }
    return Long.parseLong(total.group(1));
  }
}
