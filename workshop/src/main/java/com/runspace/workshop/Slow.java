package com.runspace.workshop;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Lets a thousand callers read slowly, and a thousand send large bodies slowly, beside one ordinary
 * caller whose times are taken before, meanwhile and after.
 */
final class Slow {
  static final String HELP =
      """
      Measures one ordinary caller of RunSpace beside a thousand slow ones.

        ./runspace bench slow [options]

        --callers N           how many slow ones (1,000)
        --seconds N           how long each phase lasts (60)
        --bytes N             bytes a second of each body that is sent slowly (20,480)
        --event-bytes N       text in each event of the streams that are read slowly (1,024)
        --part NAME           readers or bodies alone (both)
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVM

      The table goes to standard output. Exit code 0: measured; 2: not run.
      """;

  private static final Set<String> NAMES =
      Set.of(
          "--callers",
          "--seconds",
          "--bytes",
          "--event-bytes",
          "--part",
          "--gateway-jar",
          "--jvm-flags");
  private static final long CALL_EACH_NANOS = 10_000_000;
  private static final int WARM_SECONDS = 15;

  /** So many failures end a phase: they say enough. */
  private static final int FAILED_MAX = 10;

  private static final int LOG_LINES = 20;
  private static final int PATIENCE_MILLIS = 5_000;

  private final Gateway gateway;
  private final int seconds;

  private Slow(Gateway gateway, int seconds) {
    this.gateway = gateway;
    this.seconds = seconds;
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException {
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
      System.err.println("slow: " + e.getMessage() + "; --help tells what there is");
      return 2;
    }
    Path temp = Bench.workFolder();
    try (SlowUpstream upstream = new SlowUpstream(given.number("--event-bytes", 1 << 10));
        Gateway gateway = RunSpace.start(options, temp, upstream.port(), "slow")) {
      Slow slow = new Slow(gateway, given.number("--seconds", 60));
      slow.run(
          given.number("--callers", 1_000),
          given.number("--bytes", 20 << 10),
          given.text("--part", "both"));
    }
    return 0;
  }

  private void run(int callers, int bytes, String part) throws IOException {
    new Slow(gateway, Math.min(seconds, WARM_SECONDS)).phase(null);
    System.out.println(
        "| phase | calls | failed | p50, µs | p99, µs | slowest, ms | RSS, MiB (most)"
            + " | live heap, MiB | slow callers |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    print("alone", phase(null), "");
    if (!part.equals("bodies")) {
      readers(callers, bytes);
    }
    if (!part.equals("readers")) {
      senders(callers, bytes);
    }
    gateway.errorLines().stream().limit(LOG_LINES).forEach(line -> System.err.println(line));
  }

  private void readers(int callers, int bytes) throws IOException {
    try (SlowCallers readers = new SlowCallers(gateway, bytes)) {
      readers.startReaders(callers);
      String figures = phase(readers);
      print("slow readers", figures, readers.open() + " open; " + readers.outcomes());
    }
    print("alone again", phase(null), "");
  }

  private void senders(int callers, int bytes) throws IOException {
    try (SlowCallers senders = new SlowCallers(gateway, bytes)) {
      senders.startSenders(callers);
      String figures = phase(senders);
      print("slow bodies", figures, senders.open() + " open; " + senders.outcomes());
    }
    print("alone again", phase(null), "");
  }

  private static void print(String name, String figures, String about) {
    System.out.println("| " + name + " | " + figures + " | " + about + " |");
  }

  /** Calls once each 10 ms; what falls due while a call is running is called at once after it. */
  private String phase(@Nullable SlowCallers beside) throws IOException {
    long[] nanos = new long[(int) (seconds * (1_000_000_000L / CALL_EACH_NANOS))];
    int failed = 0;
    long mostKib = 0;
    long mostInFlight = 0;
    Socket socket = connect();
    long due = System.nanoTime();
    int calls = 0;
    for (int i = 0; i < nanos.length && failed < FAILED_MAX; i++) {
      calls++;
      LockSupport.parkNanos(due - System.nanoTime());
      if (!call(socket)) {
        failed++;
        socket.close();
        socket = connect();
      }
      // From the moment it was due, so that a stall counts for all calls that it delayed.
      nanos[i] = System.nanoTime() - due;
      due += CALL_EACH_NANOS;
      if (i % 100 == 0) {
        mostKib = Math.max(mostKib, ProcessFigures.residentKib(gateway.pids()));
        mostInFlight = Math.max(mostInFlight, beside == null ? 0 : beside.inFlight());
      }
    }
    socket.close();
    nanos = Arrays.copyOf(nanos, calls);
    Arrays.sort(nanos);
    return String.format(
        Locale.ROOT,
        "%,d | %d | %,d | %,d | %,d | %,d | %,d%s",
        nanos.length,
        failed,
        nanos[nanos.length / 2] / 1_000,
        nanos[nanos.length * 99 / 100] / 1_000,
        nanos[nanos.length - 1] / 1_000_000,
        mostKib >> 10,
        LiveHeap.bytes(gateway) >> 20,
        mostInFlight == 0 ? "" : " (" + (mostInFlight >> 20) + " MiB of bodies sent and open)");
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  private boolean call(Socket socket) {
    try {
      return status(socket, gateway.bearer()) / 100 == 2;
    } catch (IOException e) {
      System.err.println("slow: the ordinary caller got no answer: " + e.getMessage());
      return false;
    }
  }

  /** One plain call with a key on a connection that is kept; the status of its answer. */
  static int status(Socket socket, String bearer) throws IOException {
    String body = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}";
    OutputStream out = socket.getOutputStream();
    out.write(
        Bytes.of(
            "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
                + bearer
                + "\r\ncontent-length: "
                + body.length()
                + "\r\n\r\n"
                + body));
    byte[] answer = new byte[4096];
    int length = 0;
    InputStream in = socket.getInputStream();
    // The answer ends with the brace of its object and comes in one piece or two.
    while (length == 0 || answer[length - 1] != '}') {
      int count = in.read(answer, length, answer.length - length);
      if (count <= 0) {
        throw new IOException("a caller was left without an answer");
      }
      length += count;
    }
    return Integer.parseInt(Bytes.text(answer, 9, 12));
  }
}
