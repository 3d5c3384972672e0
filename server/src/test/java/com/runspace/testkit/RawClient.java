package com.runspace.testkit;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client on one real connection that shows what came over it. Nothing is read before the test
 * asks for it, so a slow reader is a test that does not ask. Every read ends by a deadline, with
 * what had come until then in the failure.
 */
public final class RawClient implements AutoCloseable {
  /** The limit of reads that are given none. */
  public static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Socket socket;
  private final InputStream in;
  private final HttpInput input;
  private final ByteArrayOutputStream received = new ByteArrayOutputStream();
  private Deadline deadline = Deadline.in(PATIENCE);
  private String lastMethod = "";
  private @Nullable BodyInput body;
  private byte[] unread = new byte[0];

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
    this.input = new HttpInput(this::read);
  }

  /** Connects to a loopback port. */
  public static RawClient to(int port) {
    return connect(port, 0);
  }

  /** Connects with a small receive buffer, so that an unread answer soon stops its sender. */
  public static RawClient slow(int port, int receiveBufferBytes) {
    return connect(port, receiveBufferBytes);
  }

  private static RawClient connect(int port, int receiveBufferBytes) {
    Socket socket = new Socket();
    try {
      if (receiveBufferBytes > 0) {
        socket.setReceiveBufferSize(receiveBufferBytes);
      }
      socket.setTcpNoDelay(true);
      int millis = (int) PATIENCE.toMillis();
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), millis);
      return new RawClient(socket);
    } catch (IOException e) {
      throw new UncheckedIOException("no connection to port " + port, e);
    }
  }

  /** Sends a request and the method by which its answer is read. */
  public RawClient send(Request request) {
    lastMethod = request.method();
    return send(request.bytes("127.0.0.1:" + socket.getPort()));
  }

  /** Sends a request and reads its whole answer. */
  public Response call(Request request) {
    return send(request).readAll();
  }

  public RawClient send(String raw) {
    return send(raw.getBytes(StandardCharsets.UTF_8));
  }

  public RawClient send(byte[] raw) {
    try {
      socket.getOutputStream().write(raw);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException("could not send", e);
    }
  }

  public ResponseHead readHead() {
    return readHead(PATIENCE);
  }

  /** The next head; an interim one (1xx) too. What was left of the last body is read over. */
  public ResponseHead readHead(Duration limit) {
    deadline = Deadline.in(limit);
    try {
      while (nextPiece() != null) {
        // The test did not ask for these bytes.
      }
      body = null;
      byte[] bytes = input.head();
      if (bytes == null) {
        throw failure("the connection ended where a head was due");
      }
      ResponseHead head = ResponseHead.parse(new String(bytes, StandardCharsets.ISO_8859_1));
      body = bodyAfter(head);
      return head;
    } catch (SocketTimeoutException e) {
      throw failure("no head within " + limit);
    } catch (EOFException e) {
      throw failure("the connection ended inside a head");
    } catch (IOException e) {
      throw failure("no head: " + e.getMessage());
    }
  }

  public String readEvent() {
    return readEvent(PATIENCE);
  }

  /** The text of the next event or comment without its blank line; fails if there is none. */
  public String readEvent(Duration limit) {
    return nextEvent(limit)
        .orElseThrow(() -> failure("the body ended (" + ending() + ") where an event was due"));
  }

  /** The next event, or none at the end of the body; {@link #ending} then tells which end. */
  public Optional<String> nextEvent(Duration limit) {
    deadline = Deadline.in(limit);
    try {
      int end = eventEnd();
      while (end < 0) {
        byte[] piece = nextPiece();
        if (piece == null) {
          return Optional.empty();
        }
        unread = joined(unread, piece);
        end = eventEnd();
      }
      String event = new String(unread, 0, end, StandardCharsets.UTF_8);
      unread = Arrays.copyOfRange(unread, end, unread.length);
      return Optional.of(event.stripTrailing());
    } catch (SocketTimeoutException e) {
      throw failure("no event within " + limit);
    }
  }

  /** All further events to the end of the body. */
  public List<String> readEvents(Duration limit) {
    Deadline all = Deadline.in(limit);
    List<String> events = new ArrayList<>();
    Optional<String> event = nextEvent(limit);
    while (event.isPresent()) {
      events.add(event.get());
      event = nextEvent(Duration.ofNanos(Math.max(1, all.remainingNanos())));
    }
    return events;
  }

  /** Exactly this many bytes of the body. */
  public Bytes readBytes(int count, Duration limit) {
    deadline = Deadline.in(limit);
    try {
      while (unread.length < count) {
        byte[] piece = nextPiece();
        if (piece == null) {
          throw failure("the body ended (" + ending() + ") before " + count + " bytes");
        }
        unread = joined(unread, piece);
      }
    } catch (SocketTimeoutException e) {
      throw failure(unread.length + " of " + count + " bytes within " + limit);
    }
    Bytes bytes = Bytes.of(Arrays.copyOf(unread, count));
    unread = Arrays.copyOfRange(unread, count, unread.length);
    return bytes;
  }

  /** The rest of the body to its end, clean or not. */
  public Bytes readBody(Duration limit) {
    deadline = Deadline.in(limit);
    ByteArrayOutputStream rest = new ByteArrayOutputStream();
    rest.writeBytes(unread);
    unread = new byte[0];
    try {
      for (byte[] piece = nextPiece(); piece != null; piece = nextPiece()) {
        rest.writeBytes(piece);
      }
      return Bytes.of(rest.toByteArray());
    } catch (SocketTimeoutException e) {
      throw failure("no end of the body within " + limit);
    }
  }

  public Response readAll() {
    return readAll(PATIENCE);
  }

  /** A whole answer; the limit holds for head and body each. */
  public Response readAll(Duration limit) {
    ResponseHead head = readHead(limit);
    Bytes bytes = readBody(limit);
    return new Response(head.status(), head.headers(), bytes, ending());
  }

  /** How the body of the last head ended, as far as it was read. */
  public Ending ending() {
    return body == null ? Ending.OPEN : body.ending();
  }

  /** Fails if anything comes in this time, the end of body or connection included. */
  public void expectSilence(Duration time) {
    deadline = Deadline.in(time);
    try {
      boolean inBody = ending() == Ending.OPEN && body != null;
      if (unread.length > 0 || nextPiece() != null) {
        throw failure("something came");
      }
      if (inBody) {
        throw failure("the body ended (" + ending() + ")");
      }
      boolean more = input.available() > 0 || input.fill();
      throw failure(more ? "something came" : "the connection ended");
    } catch (SocketTimeoutException e) {
      // Silence.
    } catch (IOException e) {
      throw failure("the connection ended: " + e.getMessage());
    }
  }

  /**
   * Waits until the server closes or resets this connection; fails if it sends anything more.
   *
   * @return the {@code System.nanoTime()} at which that was seen
   */
  public long awaitClosed(Duration limit) {
    deadline = Deadline.in(limit);
    try {
      boolean content = unread.length > 0 || nextPiece() != null;
      if (content || input.available() > 0 || input.fill()) {
        throw failure("bytes came where the end of the connection was due");
      }
    } catch (SocketTimeoutException e) {
      throw failure("not closed within " + limit);
    } catch (IOException e) {
      // A reset is an end too.
    }
    return System.nanoTime();
  }

  /** Every byte that came over this connection so far, heads and framing included. */
  public Bytes received() {
    return Bytes.of(received.toByteArray());
  }

  /** Sends our FIN; the answer can still be read. */
  public void halfClose() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Leaves with an orderly close, in the middle of a test. */
  public void leave() {
    close();
  }

  /** Leaves with a reset. */
  public void reset() {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private BodyInput bodyAfter(ResponseHead head) {
    boolean none = lastMethod.equals("HEAD") || head.status() < 200;
    return none || head.status() == 204 || head.status() == 304
        ? BodyInput.none(input)
        : BodyInput.ofAnswer(input, head.headers());
  }

  private byte @Nullable [] nextPiece() throws SocketTimeoutException {
    return body == null ? null : body.next();
  }

  private int read(byte[] into) throws IOException {
    if (deadline.passed()) {
      throw new SocketTimeoutException();
    }
    socket.setSoTimeout(deadline.socketMillis());
    int count = in.read(into);
    if (count > 0) {
      received.write(into, 0, count);
    }
    return count;
  }

  /** The index after the first blank line of what is unread, or -1. */
  private int eventEnd() {
    for (int i = 1; i < unread.length; i++) {
      boolean blank = unread[i - 1] == '\n' && unread[i] == '\n';
      boolean blankCr =
          i > 1 && unread[i] == '\n' && unread[i - 1] == '\r' && unread[i - 2] == '\n';
      if (blank || blankCr) {
        return i + 1;
      }
    }
    return -1;
  }

  private AssertionError failure(String what) {
    String came = received.toString(StandardCharsets.UTF_8);
    return new AssertionError(what + "; what came over the connection:\n" + came);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
