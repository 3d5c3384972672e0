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

  static final String DEFAULT_FLAGS =
      "-XX:+UseParallelGC -Xms512m -Xmx512m --enable-native-access=ALL-UNNAMED"
          + " --sun-misc-unsafe-memory-access=allow";

  /** The model's name at the upstream. */
  static final String UPSTREAM_MODEL = "upstream-model";

  /** The most output tokens of the model {@code m}, which the hostile requests are for. */
  static final int MAX_OUTPUT = 4096;

  private static final Pattern KEY = Pattern.compile("\"key\"\\s*:\\s*\"([^\"]+)\"");

  private RunSpace() {}

  /** Starts it from a copy of the jar, so that a build during the run does not pull it away. */
  static Gateway start(Options options, Path temp, int upstream, String label) throws IOException {
    return start(NAME, options, temp, upstream, label);
  }

  /** Starts it as it is, or, under the name {@link #IN_MEMORY}, with nothing that is kept. */
  static Gateway start(String name, Options options, Path temp, int upstream, String label)
      throws IOException {
    Path folder = Files.createTempDirectory(temp, name);
    Path jar = folder.resolve("runspace.jar");
    Files.copy(options.gatewayJar(), jar, StandardCopyOption.REPLACE_EXISTING);
    Path config = folder.resolve("bench.yaml");
    Files.writeString(config, config(upstream, Ports.free()));
    int port = Ports.free();
    List<String> command = new ArrayList<>(List.of(Child.java()));
    command.addAll(options.jvmFlags());
    if (name.equals(IN_MEMORY)) {
      command.add("-Drunspace.keep.nothing=true");
    }
    command.addAll(recording(options.profile(), name, label));
    command.addAll(List.of("-jar", jar.toString(), "serve", "--json"));
    command.addAll(List.of("--data", folder.resolve("data").toString()));
    command.addAll(List.of("--config", config.toString(), "--port", "" + port));
    Child child = Child.start(name, folder, command, Map.of());
    try {
      String ready =
          child.awaitLine(line -> line.contains("\"event\":\"ready\""), Duration.ofSeconds(60));
      Matcher key = KEY.matcher(ready);
      if (!key.find()) {
        throw new IOException("runspace is ready but names no key: " + ready);
      }
      List<String> headers = List.of("authorization: Bearer " + key.group(1));
      return new Gateway(name, true, port, headers, child);
    } catch (IOException e) {
      child.close();
      throw e;
    }
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

  /** The allowance is large enough that no call of a long run is clamped or refused. */
  private static String config(int upstream, int adminPort) {
    return """
    log: {calls: false}
    admin: {port: %d}
    local: {engine: off, ollama: off, allowance: 1000000}
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
        .formatted(adminPort, upstream, UPSTREAM_MODEL, MAX_OUTPUT, UPSTREAM_MODEL);
  }
}
