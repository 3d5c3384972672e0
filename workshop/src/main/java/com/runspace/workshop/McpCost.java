package com.runspace.workshop;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What the MCP server costs beside the API, in one run: the CPU of {@code tools/list} beside that
 * of {@code GET /v1/models}, and what RunSpace holds on to with a thousand {@code run_model}
 * streams beside a thousand chat streams.
 */
final class McpCost {
  static final String HELP =
      """
      Measures the MCP server of RunSpace beside its API.

        ./runspace bench mcp [options]

        --rounds N            how often each phase comes (3)
        --seconds N           how long each phase lasts (10)
        --connections N       that ask at once (16)
        --streams N           open at once (1,000)
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVM

      The tables go to standard output. Exit code 0: measured; 1: an answer was not as it should
      be; 2: not run.
      """;

  private static final Set<String> NAMES =
      Set.of("--rounds", "--seconds", "--connections", "--streams", "--gateway-jar", "--jvm-flags");
  private static final Duration EVENT_EACH = Duration.ofSeconds(1);
  private static final int EVENTS = 100_000;
  private static final int PATIENCE_MILLIS = 10_000;
  private static final byte[] HEAD_END = Bytes.of("\r\n\r\n");
  private static final byte[] LENGTH = Bytes.of("content-length: ");
  private static final String LIST =
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/list\",\"params\":{}}";
  private static final String RUN =
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{\"name\":\"run_model\","
          + "\"arguments\":{\"model\":\"bench\",\"prompt\":\"hello\"},"
          + "\"_meta\":{\"progressToken\":7,"
          + "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
          + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";

  /** In this version a call ends with its connection, so that none of a round is in the next. */
  private static final String RUN_HEADERS =
      String.join(
          "\r\n",
          "accept: application/json, text/event-stream",
          "mcp-protocol-version: 2026-07-28",
          "mcp-method: tools/call",
          "mcp-name: run_model",
          "");

  private static final String CHAT =
      "{\"model\":\"bench\",\"stream\":true,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";

  private final Gateway gateway;
  private final Arguments given;
  private final AtomicLong odd = new AtomicLong();

  private McpCost(Gateway gateway, Arguments given) {
    this.gateway = gateway;
    this.given = given;
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException, InterruptedException {
    if (List.of(words).contains("--help")) {
      System.out.print(HELP);
      return 0;
    }
    Arguments given;
    Options options;
    try {
      given = Arguments.parse(words, NAMES, Set.of());
      options = Options.ofGateway(given, Bench.module());
    } catch (IllegalArgumentException e) {
      System.err.println("mcp: " + e.getMessage() + "; --help tells what there is");
      return 2;
    }
    Path temp = Bench.workFolder();
    try (Upstream upstream = new Upstream(0, EVENT_EACH, EVENTS)) {
      Thread.ofPlatform().daemon().name("upstream").start(() -> serve(upstream));
      try (Gateway gateway = RunSpace.start(options, temp, upstream.port(), "mcp")) {
        McpCost bench = new McpCost(gateway, given);
        bench.cpu();
        bench.memory();
        return bench.odd.get() > 0 ? 1 : 0;
      }
    }
  }

  private static void serve(Upstream upstream) {
    try {
      upstream.run();
    } catch (IOException e) {
      System.err.println("mcp: the upstream ended: " + e.getMessage());
    }
  }

  private byte[] request(String line, String more, String body) {
    String head = line + " HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + gateway.bearer();
    return Bytes.of(head + "\r\n" + more + "content-length: " + body.length() + "\r\n\r\n" + body);
  }

  private void cpu() throws IOException, InterruptedException {
    byte[] models = request("GET /v1/models", "", "");
    byte[] list = request("POST /mcp", "", LIST);
    int seconds = given.number("--seconds", 10);
    // Both are compiled before they are measured.
    phase(models, seconds);
    phase(list, seconds);
    System.out.println("| round | GET /v1/models, CPU µs | tools/list, CPU µs | ratio |");
    System.out.println("| --- | --- | --- | --- |");
    for (int round = 1; round <= given.number("--rounds", 3); round++) {
      double one = phase(models, seconds);
      double other = phase(list, seconds);
      System.out.println(
          String.format(
              Locale.ROOT, "| %d | %.1f | %.1f | %.2f |", round, one, other, other / one));
    }
  }

  /** CPU microseconds of the gateway for each such request, asked for as fast as it answers. */
  private double phase(byte[] request, int seconds) throws IOException, InterruptedException {
    AtomicLong answers = new AtomicLong();
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    long cpu = ProcessFigures.cpuMicros(gateway.pids());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < given.number("--connections", 16); i++) {
      threads.add(Thread.ofPlatform().start(() -> ask(request, end, answers)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    return (ProcessFigures.cpuMicros(gateway.pids()) - cpu) / (double) answers.get();
  }

  private void ask(byte[] request, long end, AtomicLong answers) {
    byte[] room = new byte[64 << 10];
    try (Socket socket = connect()) {
      while (System.nanoTime() < end) {
        socket.getOutputStream().write(request);
        if (answer(socket.getInputStream(), room) != 200) {
          odd.incrementAndGet();
        }
        answers.incrementAndGet();
      }
    } catch (IOException e) {
      System.err.println("mcp: no answer: " + e.getMessage());
      odd.incrementAndGet();
    }
  }

  /** Reads one answer that has a length; returns its status. */
  private static int answer(InputStream in, byte[] room) throws IOException {
    int length = 0;
    int whole = Integer.MAX_VALUE;
    while (length < whole) {
      int count = in.read(room, length, room.length - length);
      if (count <= 0) {
        throw new IOException("the answer ended too soon");
      }
      length += count;
      int head = Bytes.find(room, 0, length, HEAD_END);
      if (head >= 0) {
        int at = Bytes.find(room, 0, head, LENGTH) + LENGTH.length;
        whole = head + HEAD_END.length + (int) Bytes.decimal(room, at, head);
      }
    }
    return (int) Bytes.decimal(room, 9, 12);
  }

  private void memory() throws IOException {
    int streams = given.number("--streams", 1_000);
    byte[] chat = request("POST /v1/chat/completions", "", CHAT);
    byte[] run = request("POST /mcp", RUN_HEADERS, RUN);
    // What is made once for so many connections is there before it is measured.
    held(chat, streams);
    held(run, streams);
    System.out.println();
    System.out.println("| round | chat streams, KiB each | run_model, KiB each | ratio |");
    System.out.println("| --- | --- | --- | --- |");
    for (int round = 1; round <= given.number("--rounds", 3); round++) {
      double one = held(chat, streams);
      double other = held(run, streams);
      System.out.println(
          String.format(
              Locale.ROOT, "| %d | %.1f | %.1f | %.2f |", round, one, other, other / one));
    }
  }

  /** KiB that live on the heap for each of so many streams, once all of them have begun. */
  private double held(byte[] request, int streams) throws IOException {
    LockSupport.parkNanos(2_000_000_000L);
    long before = LiveHeap.bytes(gateway);
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < streams; i++) {
        Socket socket = connect();
        open.add(socket);
        socket.getOutputStream().write(request);
      }
      for (Socket socket : open) {
        byte[] head = new byte[256];
        if (socket.getInputStream().read(head) <= 0 || Bytes.decimal(head, 9, 12) != 200) {
          odd.incrementAndGet();
        }
      }
      LockSupport.parkNanos(given.number("--seconds", 10) * 1_000_000_000L);
      return (LiveHeap.bytes(gateway) - before) / 1024.0 / streams;
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }
}
