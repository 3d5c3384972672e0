package com.runspace.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * One accepted connection. One thread reads, always, so that a close by the peer is seen at once;
 * another plays the scripts.
 */
final class UpstreamConnection {
  private final ScriptedUpstream upstream;
  private final int number;
  private final Socket socket;
  private final AnswerWire wire;
  private final HttpInput input;
  // An empty one says that no further request will come.
  private final BlockingQueue<Optional<ReceivedRequest>> inbox = new LinkedBlockingQueue<>();
  private int requests;
  private volatile boolean ended;
  private @Nullable Thread reader;
  private @Nullable Thread player;

  UpstreamConnection(ScriptedUpstream upstream, int number, Socket socket) throws IOException {
    this.upstream = upstream;
    this.number = number;
    this.socket = socket;
    socket.setTcpNoDelay(true);
    InputStream in = socket.getInputStream();
    this.input = new HttpInput(in::read);
    this.wire = new AnswerWire(socket, upstream.sentCount(), this::tell);
  }

  void start() {
    String name = "upstream-" + number;
    reader = Thread.ofVirtual().name(name + "-reader").start(this::read);
    player = Thread.ofVirtual().name(name + "-script").start(this::play);
  }

  boolean isOpen() {
    return !ended && !wire.closedHere();
  }

  /** Ends both threads and waits for them. */
  void stop() throws IOException, InterruptedException {
    ended = true;
    socket.close();
    Thread playing = player;
    Thread reading = reader;
    if (playing != null && reading != null) {
      playing.interrupt();
      playing.join();
      reading.join();
    }
  }

  private void read() {
    boolean reset = false;
    try {
      ReceivedRequest request = nextRequest();
      while (request != null) {
        requests++;
        tell("got " + request);
        upstream.received(request);
        inbox.add(Optional.of(request));
        request = nextRequest();
      }
    } catch (IOException e) {
      reset = "Connection reset".equals(e.getMessage());
    }
    long at = System.nanoTime();
    boolean byPeer = isOpen();
    ended = true;
    if (byPeer) {
      String rest = new String(input.pending(), StandardCharsets.UTF_8);
      String unread = rest.isEmpty() ? "" : ", after these bytes: " + Story.brief(rest);
      tell((reset ? "was reset" : "was closed") + " by the peer" + unread);
      upstream.closed(new Closing(number, at, reset, requests));
    }
    inbox.add(Optional.empty());
  }

  private @Nullable ReceivedRequest nextRequest() throws IOException {
    byte[] head = input.head();
    if (head == null) {
      return null;
    }
    String text = new String(head, StandardCharsets.ISO_8859_1);
    BodyInput body = BodyInput.ofRequest(input, Headers.parse(text));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] piece = body.next(); piece != null; piece = body.next()) {
      bytes.writeBytes(piece);
    }
    if (body.ending() != Ending.COMPLETE) {
      tell("got part of a request: " + Story.brief(text + bytes));
      throw new IOException(body.ending() == Ending.RESET ? "Connection reset" : "cut");
    }
    Bytes whole = Bytes.of(bytes.toByteArray());
    return new ReceivedRequest(number, System.nanoTime(), Bytes.of(head), whole);
  }

  private void play() {
    try {
      Optional<Script> greeting = upstream.greeting();
      if (greeting.isPresent()) {
        greeting.get().run(wire);
      }
      Optional<ReceivedRequest> request = nextInInbox();
      while (request.isPresent()) {
        wire.nextAnswer();
        upstream.scriptFor(request.get()).run(wire);
        // Whoever left a body open has nothing more to say on this connection.
        request = wire.bodyOpen() ? Optional.empty() : nextInInbox();
      }
    } catch (IOException e) {
      tell("could not go on: " + e.getMessage());
    } catch (InterruptedException e) {
      tell("was stopped with the upstream");
    }
  }

  private Optional<ReceivedRequest> nextInInbox() throws InterruptedException {
    return wire.closedHere() ? Optional.empty() : inbox.take();
  }

  private void tell(String what) {
    upstream.tell("#" + number + " " + what);
  }
}
