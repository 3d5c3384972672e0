package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** RunSpace itself, with everything on: key check, limits, hold, settle, metering. */
final class RunSpace {
  static final String NAME = "runspace";

  /** The same without journal, posting and store: what is more with them is what they cost. */
  static final String IN_MEMORY = "memory";

  /** Another build of it, measured beside this one. */
  static final String OTHER = "other";

  static final String DEFAULT_FLAGS =
      "-XX:+UseParallelGC -Xms512m -Xmx512m --enable-native-access=ALL-UNNAMED"
          + " --sun-misc-unsafe-memory-access=allow";

  /** The model's name at the upstream. */
  static final String UPSTREAM_MODEL = "upstream-model";

  /** The most output tokens of the model {@code m}, which the hostile requests are for. */
  static final int MAX_OUTPUT = 4096;

  /** Where its settings and its data lie in the folder of a gateway. */
  static final String CONFIG = "bench.yaml";

  static final String DATA = "data";

  /** How long it may take to start. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Large enough that no call of a long run is clamped or refused. */
  private static final String ALLOWANCE = "1000000";

  private static final Pattern KEY = Pattern.compile("\"key\"\\s*:\\s*\"([^\"]+)\"");

  private RunSpace() {}

  /** Starts it from a copy of the jar, so that a build during the run does not pull it away. */
  static Gateway start(Options options, Path temp, int upstream, String label) throws IOException {
    return start(NAME, options, temp, upstream, label);
  }

  /**
   * Starts it as it is; under the name {@link #IN_MEMORY} with nothing that is kept, and as {@link
   * #OTHER} from another jar.
   */
  static Gateway start(String name, Options options, Path temp, int upstream, String label)
      throws IOException {
    Path folder = Files.createTempDirectory(temp, name);
    Path jar = folder.resolve("runspace.jar");
    Files.copy(options.jar(name), jar, StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(folder.resolve(CONFIG), config(upstream, Ports.free(), ALLOWANCE, ""));
    int port = Ports.free();
    List<String> more = new ArrayList<>(recording(options.profile(), name, label));
    if (name.equals(IN_MEMORY)) {
      more.add("-Drunspace.keep.nothing=true");
    }
    Child child = begin(name, folder, jar, port, options, more);
    try {
      Matcher key = KEY.matcher(child.awaitLine(RunSpace::isReady, PATIENCE));
      if (!key.find()) {
        throw new IOException("runspace is ready but names no key");
      }
      List<String> headers = List.of("authorization: Bearer " + key.group(1));
      return new Gateway(name, true, port, headers, child);
    } catch (IOException e) {
      child.close();
      throw e;
    }
  }

  /** Starts it in a folder that has its settings, without waiting until it is ready. */
  static Child begin(
      String name, Path folder, Path jar, int port, Options options, List<String> more)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(Child.java()));
    command.addAll(options.jvmFlags());
    command.addAll(more);
    command.addAll(List.of("-jar", jar.toString(), "serve", "--json"));
    command.addAll(List.of("--data", folder.resolve(DATA).toString()));
    command.addAll(List.of("--config", folder.resolve(CONFIG).toString(), "--port", "" + port));
    return Child.start(name, folder, command, Map.of());
  }

  /** Whether it says with this line that it answers calls. */
  static boolean isReady(String line) {
    return line.contains("\"event\":\"ready\"");
  }

  private static List<String> recording(@Nullable Path folder, String name, String label)
      throws IOException {
    if (folder == null) {
      return List.of();
    }
    Files.createDirectories(folder);
    Path file = folder.resolve(name + "-" + label + ".jfr");
    return List.of(
        "-XX:+UnlockDiagnosticVMOptions",
        "-XX:+DebugNonSafepoints",
        "-XX:StartFlightRecording=filename=" + file + ",settings=profile,dumponexit=true");
  }

  /**
   * Its settings.
   *
   * @param allowance of an account, in dollars a day
   * @param more settings, as lines of YAML
   */
  static String config(int upstream, int adminPort, String allowance, String more) {
    return more
        + """
        log: {calls: false}
        admin: {port: %d}
        local: {engine: off, ollama: off, allowance: %s}
        providers:
          bench: {url: "http://127.0.0.1:%d/v1", probe: off}
        models:
          - id: bench
            name: Bench
            weights: bench
            licence: Apache-2.0
            window: 131072
            maxOutput: 4096
            price: {input: 0.10, output: 0.40}
            routes:
              - {provider: bench, model: %s}
          - id: m
            weights: bench
            licence: Apache-2.0
            window: 131072
            maxOutput: %d
            price: {input: 0.10, output: 0.40}
            routes:
              - {provider: bench, model: %s}
        """
            .formatted(adminPort, allowance, upstream, UPSTREAM_MODEL, MAX_OUTPUT, UPSTREAM_MODEL);
  }
}
