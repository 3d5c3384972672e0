package com.runspace.workshop;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;

/**
 * Plays the provider: a fixed completion of 1,024 bytes, or a paced stream of events.
 *
 * <p>One thread waits for requests and answers them; {@link EventPacer}, a second, sends the
 * further events of streams when they are due. Nothing else is configurable per request, so a
 * request costs little more than its two system calls.
 */
final class Upstream implements AutoCloseable {
  private static final byte[] GET = Bytes.of("GET ");
  private static final byte[] STREAM = Bytes.of("\"stream\":true");
  private static final int EDGE_BYTES = 512;
  private static final int ANSWER_BYTES = 1024;
  private static final byte[] STREAM_HEAD =
      Bytes.of(head("text/event-stream", "transfer-encoding: chunked"));

  private final ServerSocketChannel server;
  private final Selector selector;
  private final EventPacer pacer;
  private final ByteBuffer in = ByteBuffer.allocate(64 * 1024);
  private final EventFrame frame = new EventFrame();
  private final ByteBuffer answer = direct(completion());
  private final ByteBuffer models =
      direct(
          json(
              "{\"object\":\"list\",\"data\":[{\"id\":\"upstream-model\",\"object\":\"model\"}]}"));
  private final ByteBuffer streamHead = direct(STREAM_HEAD);

  Upstream(int port, Duration interval, int events) throws IOException {
    server = ServerSocketChannel.open();
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 4096);
    server.configureBlocking(false);
    selector = Selector.open();
    server.register(selector, SelectionKey.OP_ACCEPT);
    pacer = new EventPacer(interval, events);
  }

  int port() {
    return server.socket().getLocalPort();
  }

  /** Serves until {@link #close}. */
  void run() throws IOException {
    Thread.ofPlatform().daemon().name("pacer").start(pacer);
    try (selector) {
      while (server.isOpen()) {
        selector.select(this::ready);
      }
      selector.keys().forEach(Upstream::close);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    selector.wakeup();
  }

  private void ready(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    try {
      if (key.attachment() instanceof Caller caller) {
        read(caller);
      } else {
        accept();
      }
    } catch (IOException e) {
      close(key);
    }
  }

  private static void close(SelectionKey key) {
    try {
      key.channel().close();
    } catch (IOException e) {
      // It is gone either way.
    }
  }

  private void accept() throws IOException {
    for (SocketChannel channel; (channel = server.accept()) != null; ) {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.register(selector, SelectionKey.OP_READ, new Caller(channel));
    }
  }

  private void read(Caller caller) throws IOException {
    in.clear();
    int count = caller.channel.read(in);
    if (count < 0) {
      caller.channel.close();
      return;
    }
    int at = 0;
    while (at < count) {
      at = caller.reader.read(in.array(), at, count, caller);
      if (caller.reader.complete()) {
        answer(caller);
        caller.next();
      }
    }
  }

  private void answer(Caller caller) throws IOException {
    if (caller.reader.startsWith(GET)) {
      send(caller, models);
    } else if (!caller.wantsStream()) {
      send(caller, answer);
    } else {
      send(caller, streamHead);
      caller.channel.write(frame.stamped(System.nanoTime()));
      pacer.add(caller.channel);
    }
  }

  /** A caller has one answer open at a time, so it always fits in the socket's buffer. */
  private static void send(Caller caller, ByteBuffer bytes) throws IOException {
    caller.channel.write(bytes.rewind());
    if (bytes.hasRemaining()) {
      throw new IOException("the caller does not read");
    }
  }

  private static ByteBuffer direct(byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(bytes);
  }

  private static byte[] completion() {
    String start =
        "{\"id\":\"chatcmpl-7QyqpwdfhqwajicIEznoc6Q4\",\"object\":\"chat.completion\","
            + "\"created\":1760000000,\"model\":\"upstream-model\",\"choices\":[{\"index\":0,"
            + "\"message\":{\"role\":\"assistant\",\"content\":\"";
    String end =
        "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":180,"
            + "\"completion_tokens\":100,\"total_tokens\":280}}";
    int room = ANSWER_BYTES - start.length() - end.length();
    return json(start + "An answer that goes on. ".repeat(room).substring(0, room) + end);
  }

  private static byte[] json(String body) {
    return Bytes.of(head("application/json", "content-length: " + body.length()) + body);
  }

  private static String head(String type, String framing) {
    return "HTTP/1.1 200 OK\r\ncontent-type: " + type + "\r\n" + framing + "\r\n\r\n";
  }

  /** One connection from a gateway or client. */
  private static final class Caller implements MessageReader.Body {
    final SocketChannel channel;
    final MessageReader reader = new MessageReader();
    private byte[] body = new byte[2048];
    private int length;

    Caller(SocketChannel channel) {
      this.channel = channel;
    }

    void next() {
      reader.next();
      length = 0;
    }

    @Override
    public void bytes(byte[] from, int start, int end) {
      int more = end - start;
      if (length + more > body.length) {
        body = Arrays.copyOf(body, Math.max(body.length * 2, length + more));
      }
      System.arraycopy(from, start, body, length, more);
      length += more;
    }

    /** Gateways put the fields in an order of their own, but the long messages in the middle. */
    boolean wantsStream() {
      return Bytes.find(body, 0, Math.min(length, EDGE_BYTES), STREAM) >= 0
          || Bytes.find(body, length - EDGE_BYTES, length, STREAM) >= 0;
    }
  }

  /** Prints {@code port=N} once it listens, and ends with its standard input. */
  public static void main(String[] args) throws IOException {
    Arguments arguments =
        Arguments.parse(args, Set.of("--port", "--interval-ms", "--events"), Set.of());
    Duration interval = Duration.ofMillis(arguments.number("--interval-ms", 20));
    int events = arguments.number("--events", 100);
    try (Upstream upstream = new Upstream(arguments.number("--port", 0), interval, events)) {
      System.out.println("port=" + upstream.port());
      Thread.ofPlatform().daemon().name("parent").start(Upstream::endWithParent);
      upstream.run();
    }
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said on this line; only its end matters.
      }
    } catch (IOException e) {
      // A broken line is an end, too.
    }
    System.exit(0);
  }
}
