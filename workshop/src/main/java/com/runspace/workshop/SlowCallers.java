package com.runspace.workshop;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** Callers who take their time, each on a connection and a virtual thread of its own. */
final class SlowCallers implements AutoCloseable {
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final int READ_BYTES = 64;
  private static final int RECEIVE_BUFFER_BYTES = 4 << 10;
  private static final int BODY_BYTES = 32 << 20;
  private static final int TIMEOUT_MILLIS = 30_000;

  /** Who was refused comes again after this long. */
  private static final int AGAIN_SECONDS = 10;

  private final Gateway gateway;
  private final int pieceBytes;
  private final Map<String, LongAdder> outcomes = new ConcurrentSkipListMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicLong inFlight = new AtomicLong();
  private volatile boolean closed;

  /**
   * Prepares callers.
   *
   * @param pieceBytes what a sender of a body sends each second
   */
  SlowCallers(Gateway gateway, int pieceBytes) {
    this.gateway = gateway;
    this.pieceBytes = pieceBytes;
  }

  void startReaders(int count) {
    for (int i = 0; i < count; i++) {
      Thread.ofVirtual().start(this::read);
      LockSupport.parkNanos(SECOND_NANOS / 1_000);
    }
  }

  /** Half of them say how long the body will be, the others send it in chunks. */
  void startSenders(int count) {
    for (int i = 0; i < count; i++) {
      boolean chunked = i % 2 == 0;
      Thread.ofVirtual().start(() -> sendAgainAndAgain(chunked));
      LockSupport.parkNanos(SECOND_NANOS / 1_000);
    }
  }

  private void read() {
    String body =
        "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"go\"}]}";
    open.incrementAndGet();
    try (Socket socket = connect()) {
      socket.getOutputStream().write(head("content-length: " + body.length(), body));
      InputStream in = socket.getInputStream();
      byte[] piece = new byte[READ_BYTES];
      boolean first = true;
      int count = in.read(piece);
      while (!closed && count >= 0) {
        if (first) {
          count("status " + new String(piece, 9, 3, StandardCharsets.US_ASCII));
          first = false;
        }
        LockSupport.parkNanos(SECOND_NANOS);
        count = in.read(piece);
      }
      if (!closed) {
        count("ended by the gateway");
      }
    } catch (IOException e) {
      if (!closed) {
        count("broken: " + e.getMessage());
      }
    } finally {
      open.decrementAndGet();
    }
  }

  private void sendAgainAndAgain(boolean chunked) {
    while (!closed) {
      open.incrementAndGet();
      try (Socket socket = connect()) {
        send(socket, chunked);
      } catch (IOException e) {
        if (!closed) {
          count("broken: " + e.getMessage());
        }
      } finally {
        open.decrementAndGet();
      }
      for (int i = 0; i < AGAIN_SECONDS && !closed; i++) {
        LockSupport.parkNanos(SECOND_NANOS);
      }
    }
  }

  private void send(Socket socket, boolean chunked) throws IOException {
    OutputStream out = socket.getOutputStream();
    String framing = chunked ? "transfer-encoding: chunked" : "content-length: " + BODY_BYTES;
    String begin = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"";
    out.write(head(framing, chunked ? chunk(begin) : begin));
    String text = "x".repeat(pieceBytes);
    byte[] piece = Bytes.of(chunked ? chunk(text) : text);
    socket.setSoTimeout((int) (SECOND_NANOS / 1_000_000));
    long sent = 0;
    try {
      while (!closed && sent < BODY_BYTES - pieceBytes) {
        out.write(piece);
        sent += pieceBytes;
        inFlight.addAndGet(pieceBytes);
        byte[] answer = new byte[64];
        try {
          int count = socket.getInputStream().read(answer);
          count(
              count < 12
                  ? "closed"
                  : "status " + new String(answer, 9, 3, StandardCharsets.US_ASCII));
          return;
        } catch (SocketTimeoutException e) {
          // No answer yet; a second has gone by.
        }
      }
    } finally {
      inFlight.addAndGet(-sent);
    }
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  private byte[] head(String framing, String start) {
    return Bytes.of(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer "
            + gateway.bearer()
            + "\r\n"
            + framing
            + "\r\n\r\n"
            + start);
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(RECEIVE_BUFFER_BYTES);
    socket.setTcpNoDelay(true);
    socket.setSoLinger(true, 0);
    socket.connect(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), gateway.port()), TIMEOUT_MILLIS);
    return socket;
  }

  private void count(String what) {
    outcomes.computeIfAbsent(what, _ -> new LongAdder()).increment();
  }

  /** Connections that are open now. */
  int open() {
    return open.get();
  }

  /** Bytes of bodies that were sent and neither answered nor given up. */
  long inFlight() {
    return inFlight.get();
  }

  /** What has come of them, with how often. */
  String outcomes() {
    return outcomes.isEmpty() ? "none answered" : outcomes.toString().replaceAll("[{}]", "");
  }

  /** Lets all of them leave, and waits for it. */
  @Override
  public void close() {
    closed = true;
    long end = System.nanoTime() + 2L * TIMEOUT_MILLIS * 1_000_000;
    while (open.get() > 0 && System.nanoTime() < end) {
      LockSupport.parkNanos(SECOND_NANOS / 20);
    }
  }
}
