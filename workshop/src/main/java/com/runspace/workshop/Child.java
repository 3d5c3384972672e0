package com.runspace.workshop;

import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A program started by the bench, with its output in files, and stopped by it in every case.
 *
 * <p>It starts with as many file descriptors as the machine allows: ten thousand streams are twenty
 * thousand sockets for a gateway.
 */
final class Child implements AutoCloseable {
  private static final Set<Child> LIVE = ConcurrentHashMap.newKeySet();

  private final String name;
  private final Process process;
  private final Path out;
  private final Path err;

  private Child(String name, Process process, Path out, Path err) {
    this.name = name;
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Starts a program; its output goes into {@code name.out} and {@code name.err} in the folder. */
  static Child start(String name, Path folder, List<String> command, Map<String, String> more)
      throws IOException {
    Path out = Files.createTempFile(folder, name + "-", ".out");
    Path err = Files.createTempFile(folder, name + "-", ".err");
    List<String> words =
        new ArrayList<>(List.of("/bin/sh", "-c", OpenFiles.RAISE + "exec \"$@\"", name));
    words.addAll(command);
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(more);
    Child child = new Child(name, builder.start(), out, err);
    LIVE.add(child);
    return child;
  }

  /** Starts a program of this module in a small JVM that compiles quickly and collects rarely. */
  static Child startJava(String main, Path folder, List<String> arguments) throws IOException {
    String classes = System.getProperty("java.class.path");
    List<String> words = new ArrayList<>(List.of(java(), "-XX:+UseSerialGC", "-Xms256m"));
    words.addAll(List.of("-Xmn192m", "-Xmx2g", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of("-cp", absolute(classes), "com.runspace.workshop." + main));
    words.addAll(arguments);
    return start(main, folder, words, Map.of());
  }

  private static String absolute(String classPath) {
    return Stream.of(classPath.split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElse("");
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  /** Its process and all that descend from it. */
  List<Long> pids() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(ProcessHandle::pid)
        .toList();
  }

  List<String> outputLines() throws IOException {
    return Files.readAllLines(out);
  }

  /** What it has written to its standard error so far. */
  List<String> errorLines() throws IOException {
    return Files.readAllLines(err);
  }

  /** Waits until the program has printed such a line. */
  String awaitLine(Predicate<String> wanted, Duration patience) throws IOException {
    long until = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < until) {
      for (String line : outputLines()) {
        if (wanted.test(line)) {
          return line;
        }
      }
      if (!process.isAlive()) {
        break;
      }
      pause();
    }
    throw new IOException(complaint("did not say that it is ready"));
  }

  /** Waits until the program accepts connections on this port. */
  void awaitPort(int port, Duration patience) throws IOException {
    long until = System.nanoTime() + patience.toNanos();
    while (System.nanoTime() < until && process.isAlive()) {
      if (Ports.accepts(port)) {
        return;
      }
      pause();
    }
    throw new IOException(complaint("does not listen on port " + port));
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static IOException interrupted() {
    Thread.currentThread().interrupt();
    return new InterruptedIOException("interrupted");
  }

  /** Ends it as a power cut would: it can do nothing about it. */
  void kill() throws IOException {
    LIVE.remove(this);
    process.destroyForcibly();
    var _ = await(Duration.ofSeconds(10));
  }

  /** Asks it to end, and waits until it has; returns its exit code. */
  int end(Duration patience) throws IOException {
    process.destroy();
    int code = await(patience);
    LIVE.remove(this);
    return code;
  }

  /** Waits for the program to end by itself; returns its exit code. */
  int await(Duration patience) throws IOException {
    try {
      if (process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        return process.exitValue();
      }
    } catch (InterruptedException e) {
      throw interrupted();
    }
    throw new IOException(complaint("has not ended after " + patience.toSeconds() + " s"));
  }

  /** What happened, with the last words of the program. */
  String complaint(String what) throws IOException {
    List<String> words = new ArrayList<>(outputLines());
    words.addAll(Files.readAllLines(err));
    String last = String.join("\n  ", words.subList(Math.max(0, words.size() - 8), words.size()));
    String ended = process.isAlive() ? "" : ", ended with " + process.exitValue();
    return name + " " + what + ended + (last.isEmpty() ? "" : "; its last words:\n  " + last);
  }

  /** The processes of all programs that run now. */
  static List<Long> livePids() {
    return LIVE.stream().flatMap(child -> child.pids().stream()).toList();
  }

  /** Stops whatever still runs; for the end of the bench, however it comes. */
  static void closeAll() {
    LIVE.forEach(Child::close);
  }

  /** Asks the program to stop, and after ten seconds makes it. */
  @Override
  public void close() {
    LIVE.remove(this);
    List<ProcessHandle> family =
        Stream.concat(Stream.of(process.toHandle()), process.descendants()).toList();
    process.destroy();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    family.forEach(ProcessHandle::destroyForcibly);
  }
}
