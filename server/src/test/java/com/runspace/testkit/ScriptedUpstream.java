package com.runspace.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A provider that does what the test says, on a real loopback socket. Each request takes the next
 * {@link Script}; the wire is written and watched by hand, so that every half of a byte that a bad
 * provider could send, and every moment at which the gateway hangs up, can be had.
 */
public final class ScriptedUpstream implements AutoCloseable {
  private final Story story = new Story();
  private final ServerSocket listener;
  private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();
  private final Queue<Script> greetings = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<ReceivedRequest> untaken = new LinkedBlockingQueue<>();
  private final List<ReceivedRequest> requests = new CopyOnWriteArrayList<>();
  private final BlockingQueue<Closing> closings = new LinkedBlockingQueue<>();
  private final List<UpstreamConnection> connections = new CopyOnWriteArrayList<>();
  private final List<ReceivedRequest> unscripted = new CopyOnWriteArrayList<>();
  private final Set<Integer> fillerPorts = new HashSet<>();
  private final List<Socket> fillers = new ArrayList<>();
  private final AtomicLong sent = new AtomicLong();
  private volatile @Nullable Function<ReceivedRequest, Script> fallback;
  private volatile boolean closing;
  private @Nullable Thread acceptor;

  private ScriptedUpstream(int backlog) throws IOException {
    listener = new ServerSocket();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), backlog);
  }

  /** Listens and accepts. */
  public static ScriptedUpstream start() {
    try {
      ScriptedUpstream upstream = new ScriptedUpstream(4096);
      upstream.accept();
      return upstream;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Listens, but a connect to it hangs until {@link #release}: the kernel's queue of one is full
   * and nobody accepts. After the release a hanging connect comes through with the kernel's next
   * try, a second or more after its first.
   */
  public static ScriptedUpstream holdingConnects() {
    try {
      ScriptedUpstream upstream = new ScriptedUpstream(1);
      upstream.fillQueue();
      return upstream;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Scheme, address and port, without a path. */
  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /** The next requests get these scripts, in order of their arrival. */
  public ScriptedUpstream answers(Script... next) {
    scripts.addAll(List.of(next));
    return this;
  }

  /** Requests for which no script is queued get the one this makes. */
  public ScriptedUpstream answersEach(Function<ReceivedRequest, Script> script) {
    fallback = script;
    return this;
  }

  /** The next connections get these scripts when accepted, before they have sent anything. */
  public ScriptedUpstream greets(Script... next) {
    greetings.addAll(List.of(next));
    return this;
  }

  /** The next request that was not taken yet. */
  public ReceivedRequest take(Duration limit) {
    return poll(untaken, limit, "no request");
  }

  /** All whole requests so far, taken or not. */
  public List<ReceivedRequest> requests() {
    return List.copyOf(requests);
  }

  /** How many connections were accepted so far. */
  public int connections() {
    return connections.size();
  }

  public int openConnections() {
    return (int) connections.stream().filter(UpstreamConnection::isOpen).count();
  }

  public void awaitConnections(int count, Duration limit) {
    await(() -> connections() >= count, limit, "fewer than " + count + " connections");
  }

  /** Bytes handed to the kernel so far, all connections together. */
  public long bytesSent() {
    return sent.get();
  }

  /**
   * Waits until the gateway has closed or reset a connection.
   *
   * @return the {@code System.nanoTime()} at which that was seen
   */
  public long awaitClientClosed(Duration limit) {
    return takeClosing(limit).atNanos();
  }

  /** As {@link #awaitClientClosed}, with more about it. Each closing is given out once. */
  public Closing takeClosing(Duration limit) {
    return poll(closings, limit, "no connection was closed by the peer");
  }

  /**
   * Waits until exactly this many connects to this upstream hang unanswered, as the kernel's own
   * table says (Linux only).
   *
   * @return the last {@code System.nanoTime()} at which it was surely another number, so that a
   *     look that took long on a busy machine is not held against the gateway
   */
  public long awaitHangingConnects(int count, Duration limit) {
    AtomicLong look = new AtomicLong(System.nanoTime());
    AtomicLong before = new AtomicLong(look.get());
    await(
        () -> {
          before.set(look.getAndSet(System.nanoTime()));
          return KernelSockets.connecting(port()) == count;
        },
        limit,
        "not " + count + " hanging connects");
    return before.get();
  }

  /** Ends the hold of {@link #holdingConnects}. */
  public void release() {
    tell("begins to accept");
    accept();
  }

  /** Makes {@link #close} pass though requests came that had no script. */
  public void forgiveUnscripted() {
    unscripted.clear();
  }

  /** Everything that happened so far, a line each. */
  public String story() {
    return story.told();
  }

  /** Stops everything, and fails if a request came for which there was no script. */
  @Override
  public void close() {
    closing = true;
    try {
      listener.close();
      for (Socket filler : fillers) {
        filler.close();
      }
      Thread accepting = acceptor;
      if (accepting != null) {
        accepting.join();
      }
      for (UpstreamConnection connection : connections) {
        connection.stop();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!unscripted.isEmpty()) {
      throw new AssertionError("no script for " + unscripted + "\n" + story());
    }
  }

  AtomicLong sentCount() {
    return sent;
  }

  void tell(String what) {
    story.add(what);
  }

  void received(ReceivedRequest request) {
    requests.add(request);
    untaken.add(request);
  }

  void closed(Closing closing) {
    closings.add(closing);
  }

  Optional<Script> greeting() {
    return Optional.ofNullable(greetings.poll());
  }

  Script scriptFor(ReceivedRequest request) {
    Script queued = scripts.poll();
    if (queued != null) {
      return queued;
    }
    Function<ReceivedRequest, Script> each = fallback;
    if (each != null) {
      return each.apply(request);
    }
    unscripted.add(request);
    tell("has no script for this request");
    return Script.status(500).json("{\"error\":{\"message\":\"the test has no script for this\"}}");
  }

  private void accept() {
    acceptor = Thread.ofVirtual().name("upstream-acceptor").start(this::acceptAll);
  }

  private void acceptAll() {
    while (!closing) {
      try {
        Socket socket = listener.accept();
        if (fillerPorts.remove(socket.getPort())) {
          socket.close();
          continue;
        }
        UpstreamConnection connection =
            new UpstreamConnection(this, connections.size() + 1, socket);
        tell("#" + (connections.size() + 1) + " accepted");
        connections.add(connection);
        connection.start();
      } catch (IOException e) {
        tell("accepts no more: " + e.getMessage());
        return;
      }
    }
  }

  /** Connects until the kernel takes no more. The number it takes is its own affair. */
  private void fillQueue() throws IOException {
    for (int i = 0; i < 16; i++) {
      Socket filler = new Socket();
      try {
        filler.connect(listener.getLocalSocketAddress(), 150);
        fillers.add(filler);
        fillerPorts.add(filler.getLocalPort());
      } catch (SocketTimeoutException e) {
        filler.close();
        return;
      }
    }
    throw new IllegalStateException("the kernel's queue takes 16 connections, it cannot be filled");
  }

  private <T> T poll(BlockingQueue<T> queue, Duration limit, String complaint) {
    try {
      T found = queue.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
      if (found == null) {
        throw new AssertionError(complaint + " within " + limit + "; what happened:\n" + story());
      }
      return found;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted; what happened:\n" + story(), e);
    }
  }

  private void await(BooleanSupplier condition, Duration limit, String complaint) {
    Deadline deadline = Deadline.in(limit);
    while (!condition.getAsBoolean()) {
      if (deadline.passed()) {
        throw new AssertionError(complaint + " within " + limit + "; what happened:\n" + story());
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
