package com.runspace.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What the native library needs to know of the machine. The prebuilt x86-64 library uses AVX2 and
 * its companions without asking the processor first, and a processor without them would end the
 * process with SIGILL in the middle of an answer. So the question is asked here, before loading.
 *
 * @param system {@code os.name}
 * @param architecture {@code os.arch}
 * @param cpuinfo where Linux tells the features of the processor
 */
record Machine(String system, String architecture, Path cpuinfo) {
  private static final List<String> NEEDED = List.of("avx2", "fma", "f16c", "bmi2");

  static Machine current() {
    return new Machine(
        System.getProperty("os.name", ""),
        System.getProperty("os.arch", ""),
        Path.of("/proc/cpuinfo"));
  }

  /**
   * The resource that holds the native library for this machine.
   *
   * @throws StartFailure if there is none, or the processor cannot run it
   */
  String library() throws StartFailure {
    boolean mac = system.toLowerCase(Locale.ROOT).startsWith("mac");
    if (!mac && !system.equals("Linux")) {
      throw platform("there is no native library for " + system + "; use Linux or macOS");
    }
    String processor =
        switch (architecture) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "aarch64";
          default -> throw platform("there is no native library for " + architecture);
        };
    if (!mac && processor.equals("x86_64")) {
      requireFeatures();
    }
    return mac
        ? "/de/kherud/llama/Mac/" + processor + "/libjllama.dylib"
        : "/de/kherud/llama/Linux/" + processor + "/libjllama.so";
  }

  private void requireFeatures() throws StartFailure {
    Set<String> features;
    try (var lines = Files.lines(cpuinfo)) {
      features =
          lines
              .filter(line -> line.startsWith("flags"))
              .findFirst()
              .map(line -> Set.copyOf(Arrays.asList(line.split("\\s+"))))
              .orElse(Set.of());
    } catch (IOException e) {
      throw platform("cannot read " + cpuinfo + " to see whether the processor has AVX2");
    }
    for (String feature : NEEDED) {
      if (!features.contains(feature)) {
        throw platform(
            "this processor lacks "
                + feature.toUpperCase(Locale.ROOT)
                + ", which local models need; run the model on another machine");
      }
    }
  }

  private static StartFailure platform(String line) {
    return new StartFailure(StartFailure.PLATFORM, line);
  }
}
