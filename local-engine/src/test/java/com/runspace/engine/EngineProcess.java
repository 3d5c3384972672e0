package com.runspace.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** The real program in a process of its own. */
final class EngineProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;

  private EngineProcess(Process process) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
  }

  static EngineProcess start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx128m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    return new EngineProcess(new ProcessBuilder(command).start());
  }

  /** Waits for the line that says where it listens. */
  URI awaitReady() throws IOException {
    String line = out.readLine();
    if (line == null || !line.startsWith("ready http://")) {
      throw new AssertionError("expected the ready line, got: " + line + "\n" + errors());
    }
    return URI.create(line.split(" ", 3)[1]);
  }

  /** Ends what it reads from standard input, as the death of its parent does. */
  void closeInput() throws IOException {
    process.getOutputStream().close();
  }

  int awaitExit() throws InterruptedException {
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("still running after 30 s");
    }
    return process.exitValue();
  }

  /** All that was written to standard error; waits for the end of the process. */
  String errors() throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** The rest of standard output; waits for the end of the process. */
  List<String> rest() {
    return out.lines().toList();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      process.destroyForcibly();
    }
  }
}
