package com.runspace.workshop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Floods RunSpace with keys that have the form of keys and are none, beside one caller whose key is
 * right, and whose times are taken with the flood and without it, in turn.
 */
final class WrongKeys {
  static final String HELP =
      """
      Measures one caller of RunSpace beside a flood of wrong keys, and without it, in turn.

        ./runspace bench wrongkeys [options]

        --per-minute N        wrong keys a minute (100,000)
        --rounds N            how often each phase comes (3)
        --seconds N           how long each phase lasts (20)
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVM

      The table goes to standard output. Exit code 0: measured; 1: an answer was not as it should
      be; 2: not run.
      """;

  private static final Set<String> NAMES =
      Set.of("--per-minute", "--rounds", "--seconds", "--gateway-jar", "--jvm-flags");
  private static final int FLOODERS = 8;
  private static final long CALL_EACH_NANOS = 2_000_000;
  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final int PATIENCE_MILLIS = 5_000;
  private static final String LETTERS =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV";
  private static final int KEY_LETTERS = 49;

  private final Gateway gateway;
  private final int seconds;
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong reconnects = new AtomicLong();
  private final AtomicLong odd = new AtomicLong();
  private volatile boolean flooding;

  private WrongKeys(Gateway gateway, int seconds) {
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
      System.err.println("wrongkeys: " + e.getMessage() + "; --help tells what there is");
      return 2;
    }
    Path temp = Bench.workFolder();
    try (SlowUpstream upstream = new SlowUpstream(1);
        Gateway gateway = RunSpace.start(options, temp, upstream.port(), "wrongkeys")) {
      WrongKeys bench = new WrongKeys(gateway, given.number("--seconds", 20));
      return bench.run(given.number("--rounds", 3), given.number("--per-minute", 100_000));
    }
  }

  private int run(int rounds, int perMinute) throws IOException {
    // Both ways are compiled before they are measured.
    phase(perMinute);
    System.out.println(
        "| phase | calls | p50, µs | p99, µs | wrong keys refused a minute | CPU, cores |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    for (int round = 0; round < rounds; round++) {
      System.out.println("| alone | " + phase(0) + " |");
      System.out.println("| beside wrong keys | " + phase(perMinute) + " |");
    }
    System.err.println(
        "wrongkeys: %d new connections, %d odd answers".formatted(reconnects.get(), odd.get()));
    return odd.get() > 0 ? 1 : 0;
  }

  private String phase(int perMinute) throws IOException {
    refused.set(0);
    flooding = perMinute > 0;
    List<Thread> flood = new ArrayList<>();
    for (int i = 0; i < FLOODERS && flooding; i++) {
      long seed = i;
      flood.add(Thread.ofPlatform().start(() -> flood(perMinute, new Random(seed))));
    }
    long cpu = ProcessFigures.cpuMicros(gateway.pids());
    long began = System.nanoTime();
    long[] nanos = calls();
    double took = System.nanoTime() - began;
    double cores = (ProcessFigures.cpuMicros(gateway.pids()) - cpu) * 1e3 / took;
    double keys = refused.get() * (MINUTE_NANOS / took);
    flooding = false;
    for (Thread thread : flood) {
      LockSupport.unpark(thread);
    }
    Arrays.sort(nanos);
    return String.format(
        Locale.ROOT,
        "%,d | %,d | %,d | %,.0f | %.2f",
        nanos.length,
        nanos[nanos.length / 2] / 1_000,
        nanos[nanos.length * 99 / 100] / 1_000,
        keys,
        cores);
  }

  /** Calls on a timetable; a call's time counts from the moment it was due. */
  private long[] calls() throws IOException {
    long[] nanos = new long[(int) (seconds * (1_000_000_000L / CALL_EACH_NANOS))];
    long due = System.nanoTime();
    Socket socket = connect();
    for (int i = 0; i < nanos.length; i++) {
      LockSupport.parkNanos(due - System.nanoTime());
      try {
        if (Slow.status(socket, gateway.bearer()) != 200) {
          odd.incrementAndGet();
        }
      } catch (IOException unanswered) {
        System.err.println("wrongkeys: the right key got no answer: " + unanswered.getMessage());
        odd.incrementAndGet();
        socket.close();
        socket = connect();
      }
      nanos[i] = System.nanoTime() - due;
      due += CALL_EACH_NANOS;
    }
    socket.close();
    return nanos;
  }

  /** Sends wrong keys on its part of the timetable, again on a new connection when one ends. */
  private void flood(int perMinute, Random random) {
    long pause = MINUTE_NANOS * FLOODERS / perMinute;
    long due = System.nanoTime();
    while (flooding) {
      try (Socket socket = connect()) {
        while (flooding) {
          LockSupport.parkNanos(due - System.nanoTime());
          int status = Slow.status(socket, wrongKey(random));
          (status == 401 ? refused : odd).incrementAndGet();
          due += pause;
        }
      } catch (IOException ended) {
        // An answer before the body ends its connection; what was due goes out on a new one.
        reconnects.incrementAndGet();
      }
    }
  }

  /** Has a key's form, so that it is hashed and looked up and not only looked at. */
  private static String wrongKey(Random random) {
    StringBuilder key = new StringBuilder("rsk_live_");
    for (int i = 0; i < KEY_LETTERS; i++) {
      key.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return key.toString();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }
}
