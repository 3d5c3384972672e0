package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A gateway of several on one store: a process that can be killed and started again as itself. */
final class Node implements AutoCloseable {
  private static final Duration DRAIN = Duration.ofSeconds(60);

  private final String name;
  private final Path folder;
  private final Path jar;
  private final int port;
  private final int adminPort;
  private final Options options;
  private volatile @Nullable Child child;

  private Node(String name, Path folder, Path jar, int port, int adminPort, Options options) {
    this.name = name;
    this.folder = folder;
    this.jar = jar;
    this.port = port;
    this.adminPort = adminPort;
    this.options = options;
  }

  /**
   * What nodes have in common.
   *
   * @param store the address of their store
   * @param allowance of each account, in dollars a day
   * @param loops event loops of each
   */
  record Plan(Options options, Path temp, int upstream, String store, String allowance, int loops) {
    /** A node that does not run yet, on a port of its own. */
    Node node(String name) throws IOException {
      Path folder = Files.createDirectories(temp.resolve(name));
      Path jar = temp.resolve("runspace.jar");
      if (!Files.exists(jar)) {
        Files.copy(options.gatewayJar(), jar, StandardCopyOption.REPLACE_EXISTING);
      }
      int adminPort = Ports.free();
      String more =
          "gate: open\nstore: {url: \"%s\"}\nserver: {eventLoops: %d, drain: 20s}\n"
              .formatted(store, loops);
      String config = RunSpace.config(upstream, adminPort, allowance, more);
      Files.writeString(folder.resolve(RunSpace.CONFIG), config);
      return new Node(name, folder, jar, Ports.free(), adminPort, options);
    }

    /** So many nodes that answer calls. */
    List<Node> started(int count) throws IOException {
      List<Node> nodes = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Node node = node("node" + "abcdefghij".charAt(i));
        nodes.add(node);
        node.begin();
        // One after another: the first makes the tables.
        node.awaitReady();
      }
      return nodes;
    }
  }

  String name() {
    return name;
  }

  int port() {
    return port;
  }

  int adminPort() {
    return adminPort;
  }

  boolean isRunning() {
    return child != null;
  }

  /** Whether anybody listens at its port. */
  boolean answers() {
    return Ports.accepts(port);
  }

  /** Starts its process. */
  void begin() throws IOException {
    child = RunSpace.begin(name, folder, jar, port, options, List.of());
  }

  /** Waits until it answers calls. */
  void awaitReady() throws IOException {
    var _ = running().awaitLine(RunSpace::isReady, RunSpace.PATIENCE);
  }

  /** Ends its process as {@code kill -9} does. */
  void kill() throws IOException {
    Child ending = running();
    child = null;
    ending.kill();
  }

  /** Asks it to end, and waits until its answers are over and its books are closed. */
  void drain() throws IOException {
    Child ending = running();
    int code = ending.end(DRAIN);
    child = null;
    // 128 and the number of SIGTERM: ended as asked.
    if (code != 0 && code != 143) {
      throw new IOException(ending.complaint("was to drain"));
    }
  }

  private Child running() throws IOException {
    Child running = child;
    if (running == null) {
      throw new IOException(name + " does not run");
    }
    return running;
  }

  Operator operator() {
    return new Operator(folder.resolve(RunSpace.DATA));
  }

  List<Long> pids() throws IOException {
    return running().pids();
  }

  /** What it has logged since its last start. */
  List<String> log() throws IOException {
    Child running = child;
    return running == null ? List.of() : running.errorLines();
  }

  @Override
  public void close() {
    Child running = child;
    if (running != null) {
      running.close();
    }
  }
}
