package com.runspace.chains;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.testkit.SourceTree;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A program of the packages that {@code ./runspace test} installs, as a child process that listens
 * on a loopback port. Where the packages are is in {@code RUNSPACE_TEST_NODE_MODULES}, else they
 * are looked for where that command and {@code npm ci} put them.
 */
public final class NodeProgram implements AutoCloseable {
  private static final String FOLDER = "RUNSPACE_TEST_NODE_MODULES";
  private static final String NODE = "ACCEPTANCE_NODE";
  private static final long STOP_SECONDS = 10;

  private final Process process;
  private final int port;

  private NodeProgram(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** The folder {@code node_modules} that has a package; empty when none has. */
  public static Optional<Path> modulesWith(String name) {
    List<Path> places = new ArrayList<>();
    String told = System.getenv(FOLDER);
    if (told != null) {
      places.add(Path.of(told));
    }
    Path root = SourceTree.root();
    places.add(root.resolve("acceptance/node_modules"));
    places.add(root.resolve(".cache/acceptance-node/node_modules"));
    return places.stream().filter(place -> Files.isDirectory(place.resolve(name))).findFirst();
  }

  /** Node, as {@code ./runspace test} found it, else the one on the path. */
  public static String node() {
    String told = System.getenv(NODE);
    return told == null || told.isEmpty() ? "node" : told;
  }

  /**
   * Starts a program and reads what it says until it tells its port.
   *
   * @param listening the line that does, with the port as its group
   */
  static NodeProgram start(List<String> command, Pattern listening, @Nullable Path modules) {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    if (modules != null) {
      builder.environment().put("NODE_PATH", modules.toString());
    }
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    StringBuilder said = new StringBuilder();
    try {
      BufferedReader lines = process.inputReader(UTF_8);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        Matcher matcher = listening.matcher(line);
        if (matcher.find()) {
          // What it says later must not fill the pipe.
          Thread.ofVirtual().start(() -> drain(lines));
          return new NodeProgram(process, Integer.parseInt(matcher.group(1)));
        }
        said.append(line).append('\n');
      }
    } catch (IOException e) {
      said.append(e);
    }
    process.destroyForcibly();
    throw new AssertionError(command.getFirst() + " did not start:\n" + said);
  }

  private static void drain(BufferedReader lines) {
    try {
      lines.transferTo(Writer.nullWriter());
    } catch (IOException _) {
      // It ended, or its test did.
    }
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Stops answering, as a node that hangs does; the connections stay. */
  void pause() {
    signal("STOP");
  }

  void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("a node does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
