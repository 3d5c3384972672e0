package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** How long after a key was revoked on one node another one still answers it. */
final class Revoke {
  static final String HELP =
      """
      Revokes keys on one node while a stream runs with them on another one.

        ./runspace bench revoke [options]

        --times N             keys (100)
        --gateway-jar PATH    RunSpace's jar (server/target/runspace.jar)
        --jvm-flags 'FLAGS'   for RunSpace's JVMs

      Each key is made on node A, used on node B at once, which may take a second to hear of it, and
      revoked on A while a stream with an event each 10 ms runs on B. Measured from when A says that
      it is revoked: until B ends the stream, and until B answers a call with 401.

      The table goes to standard output. Exit code 0: none took longer than a second; 1: one did;
      2: not run.
      """;

  private static final Program PROGRAM =
      new Program("revoke", HELP, Set.of("--times", "--gateway-jar", "--jvm-flags"));
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final String STREAM = "call 1, paced 3000 times 10 ms";

  private final Node here;
  private final Node there;
  private final Times known = new Times("made on A, until B takes it");
  private final Times refused = new Times("revoked on A, until B answers 401");
  private final Times ended = new Times("revoked on A, until B ends its stream");

  private Revoke(Node here, Node there) {
    this.here = here;
    this.there = there;
  }

  /** What was measured again and again. */
  private static final class Times {
    private final String what;
    private final Samples nanos = new Samples();
    private int count;
    private int inTime;

    Times(String what) {
      this.what = what;
    }

    void add(long took) {
      nanos.add(took);
      count++;
      inTime += took < SECOND_NANOS ? 1 : 0;
    }

    String row() {
      return String.format(
          Locale.ROOT,
          "| %s | %d | %.1f | %.1f | %.1f | %d of %d |",
          what,
          count,
          nanos.percentile(0.5) / 1e6,
          nanos.percentile(0.99) / 1e6,
          nanos.percentile(1) / 1e6,
          inTime,
          count);
    }
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException, InterruptedException {
    return PROGRAM.run(
        words,
        given -> {
          Path temp = Bench.workFolder();
          try (Postgres store = Postgres.start(temp);
              ScriptedUpstream upstream = new ScriptedUpstream()) {
            Options options = Options.ofGateway(given, Bench.module());
            List<Node> nodes =
                new Node.Plan(options, temp, upstream.port(), store.url(), "1000", 1).started(2);
            try {
              return new Revoke(nodes.getFirst(), nodes.getLast())
                  .run(given.number("--times", 100));
            } finally {
              nodes.forEach(Node::close);
            }
          }
        });
  }

  private int run(int times) throws IOException, InterruptedException {
    for (int i = 0; i < times; i++) {
      once();
    }
    System.out.println("| | times | p50, ms | p99, ms | max, ms | under 1 s |");
    System.out.println("| --- | --- | --- | --- | --- | --- |");
    List<Times> all = List.of(known, refused, ended);
    all.forEach(each -> System.out.println(each.row()));
    return all.stream().allMatch(each -> each.inTime == times) ? 0 : 1;
  }

  private void once() throws IOException, InterruptedException {
    Operator.Key key = here.operator().key("someone");
    known.add(until(key, 200, System.nanoTime()));
    try (Dialogue stream = new Dialogue(there.port())) {
      stream.begin(key.secret(), STREAM, /* stream= */ true);
      while (!stream.said().contains("word")) {
        stream.read();
      }
      here.operator().revoke(key);
      long revoked = System.nanoTime();
      List<Long> over = new ArrayList<>();
      Thread reader = Thread.ofVirtual().start(() -> over.add(end(stream) - revoked));
      refused.add(until(key, 401, revoked));
      reader.join();
      ended.add(over.getFirst());
    }
  }

  /** Nanoseconds from a moment until the other node answers the key with this status. */
  private long until(Operator.Key key, int status, long from) throws IOException {
    int heard = 0;
    while (System.nanoTime() - from < 30 * SECOND_NANOS) {
      try (Dialogue dialogue = new Dialogue(there.port())) {
        heard = dialogue.get("/v1/key", key.secret()).status();
      }
      if (heard == status) {
        return System.nanoTime() - from;
      }
      LockSupport.parkNanos(2_000_000);
    }
    throw new IOException("a key was answered with " + heard + " and not with " + status);
  }

  /** Reads on; returns when nothing more came. */
  private static long end(Dialogue stream) {
    try {
      while (!stream.isComplete()) {
        stream.read();
      }
    } catch (IOException cut) {
      // An end all the same.
    }
    return System.nanoTime();
  }
}
