package com.runspace;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The service as its operator starts it, in a process of its own that can be killed. */
final class ServiceProcess implements AutoCloseable {
  private final Process process;
  private final Path log;
  private final int port;
  private final String key;

  private ServiceProcess(Process process, Path log, JsonObject ready) {
    this.process = process;
    this.log = log;
    this.port = URI.create(ready.getString("url")).getPort();
    this.key = ready.getString("key");
  }

  /** Starts it and waits until it says that it is ready. */
  static ServiceProcess start(Path data, Path config, Path log) throws IOException {
    Process process =
        command(data, config).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    BufferedReader said = process.inputReader(StandardCharsets.UTF_8);
    String line = said.readLine();
    while (line != null && !line.contains("\"event\":\"ready\"")) {
      line = said.readLine();
    }
    if (line == null) {
      process.destroyForcibly();
      throw new AssertionError("it did not start: " + Files.readString(log));
    }
    return new ServiceProcess(process, log, new JsonObject(line));
  }

  /**
   * A start that has to fail.
   *
   * @param said the lines on stderr
   */
  record Failure(int exitCode, List<String> said) {}

  /** Starts it and waits until it gives up. */
  static Failure failure(Path data, Path config) throws IOException, InterruptedException {
    Process process = command(data, config).start();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        throw new AssertionError("it still runs");
      }
      // A few lines fit into a pipe that nobody reads. A library of the tests complains too.
      List<String> said =
          process
              .errorReader(StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.startsWith("SLF4J"))
              .toList();
      return new Failure(process.exitValue(), said);
    } finally {
      process.destroyForcibly();
    }
  }

  /** A start that is small and quick rather than fast later. */
  static ProcessBuilder command(Path data, Path config) {
    String path = System.getProperty("surefire.test.class.path");
    return new ProcessBuilder(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            path == null ? System.getProperty("java.class.path") : path,
            Main.class.getName(),
            "serve",
            "--data=" + data,
            "--config=" + config,
            "--port=0",
            "--json",
            "--no-engine"));
  }

  long pid() {
    return process.pid();
  }

  int port() {
    return port;
  }

  /** The first key of a new data folder; empty in one that has a key. */
  String key() {
    return key;
  }

  /** What it has logged, earlier processes with the same log included. */
  String logged() throws IOException {
    return Files.readString(log);
  }

  /** Ends it with SIGKILL and waits for that. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}
