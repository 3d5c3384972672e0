package com.runspace.workshop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Callers of several accounts, each of whom calls any of the nodes, and what they heard. */
final class Crowd {
  /**
   * A key and those who call with it.
   *
   * @param dailyCap in nano-dollars; 0 for none
   * @param perMinute calls a minute; 0 for no limit
   * @param atOnce calls at the same time; 0 for no limit
   * @param callers who call with it at the same time
   * @param pauseMillis of each caller between two calls
   */
  record Member(
      String account,
      Operator.Key key,
      long dailyCap,
      long perMinute,
      long atOnce,
      int callers,
      long pauseMillis) {}

  /** A call that was sent, or could not be. */
  record Made(Member member, long number, Node node, long beganNanos, Dialogue.Heard heard) {}

  private static final long REFUSED_PAUSE_MILLIS = 60;

  private final List<Node> nodes;
  private final long seed;
  private final AtomicInteger numbers = new AtomicInteger();
  private final Queue<Made> made = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  Crowd(List<Node> nodes, long seed) {
    this.nodes = List.copyOf(nodes);
    this.seed = seed;
  }

  /** Lets the callers of a key begin. */
  void join(Member member) {
    for (int i = 0; i < member.callers; i++) {
      Random random = new Random(seed * 1_000 + threads.size());
      threads.add(Thread.ofVirtual().start(() -> call(member, random)));
    }
  }

  private void call(Member member, Random random) {
    Node node = nodes.getFirst();
    Dialogue dialogue = null;
    while (!over) {
      if (dialogue == null || random.nextInt(4) == 0) {
        close(dialogue);
        node = nodes.get(random.nextInt(nodes.size()));
        dialogue = connect(node);
      }
      if (dialogue == null) {
        pause(20);
        continue;
      }
      Dialogue.Heard heard = call(member, node, dialogue, "", random.nextBoolean());
      if (!heard.isWhole() && (heard.status() == 0 || heard.status() == 200)) {
        close(dialogue);
        dialogue = null;
      }
      pause(heard.status() == 200 ? member.pauseMillis : REFUSED_PAUSE_MILLIS);
    }
    close(dialogue);
  }

  /** So many streams that begin now, each on a connection of its own. */
  void once(Member member, int streams, String words) {
    for (int i = 0; i < streams; i++) {
      Node node = nodes.get(i % nodes.size());
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try (Dialogue dialogue = new Dialogue(node.port())) {
                  call(member, node, dialogue, ", " + words, /* stream= */ true);
                } catch (IOException down) {
                  // Whoever cannot connect has made no call.
                }
              }));
    }
  }

  private Dialogue.Heard call(
      Member member, Node node, Dialogue dialogue, String words, boolean stream) {
    long began = System.nanoTime();
    int number = numbers.incrementAndGet();
    Dialogue.Heard heard = dialogue.call(member.key.secret(), "call " + number + words, stream);
    made.add(new Made(member, number, node, began, heard));
    return heard;
  }

  private static @Nullable Dialogue connect(Node node) {
    try {
      return new Dialogue(node.port());
    } catch (IOException down) {
      return null;
    }
  }

  private static void close(@Nullable Dialogue dialogue) {
    if (dialogue != null) {
      dialogue.close();
    }
  }

  private static void pause(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /** Lets every call under way come to its end, and makes no more. */
  void leave() throws InterruptedException {
    over = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** All calls so far. */
  List<Made> made() {
    return List.copyOf(made);
  }

  /** The longest time in which no call came to its proper end, in nanoseconds. */
  static long longestGap(List<Made> calls, long fromNanos, long toNanos) {
    List<Long> ends =
        calls.stream()
            .filter(call -> call.heard.isWhole())
            .map(call -> call.heard.endNanos() - fromNanos)
            .filter(end -> end > 0 && end < toNanos - fromNanos)
            .sorted()
            .toList();
    long longest = 0;
    long last = 0;
    for (long end : ends) {
      longest = Math.max(longest, end - last);
      last = end;
    }
    return Math.max(longest, toNanos - fromNanos - last);
  }
}
