package com.runspace.workshop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says what the figures were taken on, without which they cannot be read. */
final class Machine {
  private Machine() {}

  static List<String> describe(Options options, @Nullable Path nginx) throws IOException {
    List<String> facts = new ArrayList<>();
    facts.add("date: " + Instant.now().atZone(ZoneOffset.UTC).toLocalDate());
    facts.add(
        "machine: "
            + Runtime.getRuntime().availableProcessors()
            + " cores, "
            + processor()
            + ", Linux "
            + System.getProperty("os.version")
            + ", shared by gateway, upstream and load");
    if (options.only().contains(Nginx.NAME) && nginx != null) {
      facts.add("nginx: " + version(nginx.toString(), "-v") + ", 1 worker, bare proxy");
    }
    if (options.only().contains(Portkey.NAME) && Portkey.installed(options.portkey())) {
      facts.add(
          "portkey: @portkey-ai/gateway "
              + packageVersion(options.portkey())
              + " on Node "
              + version("node", "--version"));
    }
    if (options.only().contains(RunSpace.NAME)) {
      facts.add(
          "runspace: JDK "
              + Runtime.version()
              + ", "
              + String.join(" ", options.jvmFlags())
              + (options.profile() == null ? "" : ", with a flight recording, which costs"));
    }
    facts.add(
        "rounds: "
            + options.rounds()
            + (options.quick() ? ", quick: **these figures mean nothing**" : ""));
    return facts;
  }

  private static String processor() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
      if (line.startsWith("model name")) {
        return line.substring(line.indexOf(':') + 1).strip();
      }
    }
    return System.getProperty("os.arch");
  }

  private static String version(String program, String option) {
    try {
      Process process = new ProcessBuilder(program, option).redirectErrorStream(true).start();
      String said =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return said.replace("nginx version: nginx/", "");
    } catch (IOException e) {
      return "of unknown version";
    }
  }

  private static String packageVersion(Path folder) throws IOException {
    String json = Files.readString(folder.resolve("package.json"));
    return json.replaceAll("(?s).*?\"version\"\\s*:\\s*\"([^\"]+)\".*", "$1");
  }
}
