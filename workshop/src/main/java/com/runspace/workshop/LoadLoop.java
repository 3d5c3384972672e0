package com.runspace.workshop;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The clients of one run: opens the connections, keeps them busy, times and checks every answer.
 *
 * <p>A run ramps up, counts for exactly one window, and then lets what is under way come to its
 * end, so that every stream it began has been seen to finish. Failures count in all three parts: a
 * failed answer outside the window is as wrong as one inside.
 */
final class LoadLoop implements StreamAnswer.Listener {
  private enum Phase {
    RAMP,
    WINDOW,
    DRAIN,
    OVER
  }

  private static final int TOO_MANY_FAILURES = 100;
  private static final long LONGEST_DRAIN_NANOS = 30_000_000_000L;

  private final LoadPlan plan;
  private final Selector selector;
  private final ByteBuffer request;
  private final ByteBuffer in = ByteBuffer.allocate(64 * 1024);
  private final List<LoadConnection> connections = new ArrayList<>();
  private final Tally tally;
  private final @Nullable Timetable timetable;
  private final @Nullable KeyRing keys;
  private Phase phase = Phase.RAMP;
  private long startNanos;
  private long nextBoundaryNanos;
  private int opened;
  private int connected;
  private long receivedNanos;
  private LoadConnection reading;

  @SuppressWarnings("NullAway.Init") // `reading` is set before every use, by the one reading.
  LoadLoop(LoadPlan plan) throws IOException {
    this.plan = plan;
    selector = Selector.open();
    keys = plan.keys() == null ? null : KeyRing.read(plan.keys());
    byte[] bytes = plan.request();
    request = ByteBuffer.allocateDirect(bytes.length).put(bytes);
    tally = new Tally(plan.pids());
    timetable = plan.mode() == LoadPlan.Mode.RATE ? new Timetable(plan.ratePerSecond()) : null;
  }

  /** Runs the plan; returns what was counted. */
  Tally run() throws IOException {
    startNanos = System.nanoTime();
    nextBoundaryNanos = startNanos + plan.ramp().toNanos();
    try (selector) {
      while (phase != Phase.OVER) {
        openDue();
        repair();
        long now = System.nanoTime();
        if (now >= nextBoundaryNanos || (phase == Phase.DRAIN && underWay() == 0)) {
          nextPhase(now);
        }
        long waitMillis = (Math.min(nextBoundaryNanos, nextOpening()) - now) / 1_000_000;
        if (waitMillis <= 0) {
          selector.selectNow(this::ready);
        } else {
          selector.select(this::ready, Math.min(waitMillis, 50));
        }
        if (tally.failed() >= TOO_MANY_FAILURES) {
          phase = Phase.OVER;
        }
      }
      connections.forEach(LoadConnection::close);
    }
    tally.stop(System.nanoTime());
    return tally;
  }

  private long nextOpening() {
    if (opened == plan.connections() || phase == Phase.DRAIN) {
      return Long.MAX_VALUE;
    }
    return startNanos + plan.spread().toNanos() * opened / plan.connections();
  }

  private void openDue() throws IOException {
    boolean first = opened == 0;
    while (nextOpening() <= System.nanoTime()) {
      opened++;
      LoadConnection connection = connect();
      begin(connection);
      if (plan.spread().isPositive()) {
        break; // Between two openings the streams already open are read.
      }
    }
    if (first && timetable != null) {
      Thread.ofPlatform().daemon().name("timetable").start(timetable);
    }
  }

  private LoadConnection connect() throws IOException {
    Answer answer =
        plan.mode().streams() ? new StreamAnswer(plan.events(), this) : new JsonAnswer();
    int port = plan.ports().get(connected++ % plan.ports().size());
    LoadConnection connection = new LoadConnection(selector, port, request, keys, answer);
    connections.add(connection);
    return connection;
  }

  private void begin(LoadConnection connection) throws IOException {
    if (phase == Phase.DRAIN || phase == Phase.OVER) {
      return;
    }
    if (timetable != null) {
      timetable.give(connection);
    } else {
      connection.send(System.nanoTime());
    }
  }

  private long underWay() {
    return connections.stream().filter(LoadConnection::open).count();
  }

  private void nextPhase(long now) throws IOException {
    switch (phase) {
      case RAMP -> {
        phase = Phase.WINDOW;
        nextBoundaryNanos = now + plan.window().toNanos();
        tally.begin(now);
      }
      case WINDOW -> {
        tally.end(now);
        phase = plan.mode() == LoadPlan.Mode.HOLD ? Phase.OVER : Phase.DRAIN;
        nextBoundaryNanos = now + LONGEST_DRAIN_NANOS;
        if (timetable != null) {
          tally.unsent(timetable.stop());
        }
        if (phase == Phase.OVER) {
          checkHeld();
        }
      }
      case DRAIN -> {
        phase = Phase.OVER;
        for (long open = underWay(); open > 0; open--) {
          tally.failed("no end within 30 s of the window");
        }
      }
      case OVER -> {}
    }
  }

  /** A held stream is cut without its end, so that it has begun is all that can be asked of it. */
  private void checkHeld() {
    for (LoadConnection connection : connections) {
      if (connection.answer() instanceof StreamAnswer stream && stream.events() == 0) {
        tally.failed("a stream without its first event");
      }
    }
    for (int missing = opened; missing < plan.connections(); missing++) {
      tally.failed("a stream that was not opened before the window's end");
    }
  }

  private void repair() throws IOException {
    if (timetable == null) {
      return;
    }
    for (LoadConnection connection; (connection = timetable.broken()) != null; ) {
      fail(connection, "the connection did not take a request");
    }
  }

  private void ready(SelectionKey key) {
    LoadConnection connection = (LoadConnection) key.attachment();
    try {
      if (key.isValid() && key.isWritable()) {
        connection.flush();
      }
      if (key.isValid() && key.isReadable()) {
        read(connection);
      }
    } catch (ProtocolException e) {
      fail(connection, "not HTTP: " + e.getMessage());
    } catch (IOException e) {
      fail(connection, String.valueOf(e.getMessage()));
    }
  }

  private void read(LoadConnection connection) throws IOException {
    in.clear();
    int length = connection.read(in);
    receivedNanos = System.nanoTime();
    if (length < 0) {
      fail(connection, "closed before the end of the answer");
      return;
    }
    reading = connection;
    if (!connection.take(in.array(), length)) {
      return;
    }
    String problem = connection.problem();
    if (problem == null && plan.mode() == LoadPlan.Mode.HOLD) {
      problem = "a stream that ended before the window's end";
    }
    if (problem != null) {
      fail(connection, problem);
      return;
    }
    tally.answer(receivedNanos - connection.dueNanos());
    connection.next();
    begin(connection);
  }

  @Override
  public void event(long sentNanos) {
    if (receivedNanos < sentNanos) {
      tally.failed("an event received before it was sent: the clocks differ");
    }
    tally.event(receivedNanos - sentNanos);
    if (((StreamAnswer) reading.answer()).events() == 1) {
      tally.first(receivedNanos - reading.dueNanos());
    }
  }

  /** Counts the failure, and puts a new connection in the place of the one that saw it. */
  private void fail(LoadConnection connection, String why) {
    boolean awaited = connection.open();
    connection.close();
    connections.remove(connection);
    if (awaited) {
      tally.failed(why);
    }
    try {
      begin(connect());
    } catch (IOException e) {
      tally.failed("cannot connect: " + e.getMessage());
      phase = Phase.OVER;
    }
  }
}
