package com.runspace.hostile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.hostile.StrictJson.Literal;
import com.runspace.hostile.StrictJson.Members;
import com.runspace.hostile.StrictJson.Text;
import com.runspace.hostile.StrictJson.Value;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A provider that answers every call and looks hard at what the gateway sent: one head of the
 * simplest form, and a body that {@link Forwarded} finds fault with or not. It remembers complaints
 * and counts, and no requests, so that it can take a million.
 */
public final class CheckingUpstream implements AutoCloseable {
  /** A {@code user} that stands only in requests which must not be seen as requests. */
  static final String SMUGGLED = "smuggled";

  /** A {@code user} whose answer begins and does not end. */
  static final String STALL = "stall";

  private static final int COMPLAINTS_MAX = 20;
  private static final int HEAD_BYTES_MAX = 8 << 10;

  private final ServerSocket listener;
  private final String model;
  private final long ceiling;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Queue<String> complaints = new ConcurrentLinkedQueue<>();
  private final AtomicLong requests = new AtomicLong();
  private final AtomicInteger running = new AtomicInteger();

  private CheckingUpstream(ServerSocket listener, String model, long ceiling) {
    this.listener = listener;
    this.model = model;
    this.ceiling = ceiling;
  }

  /**
   * Listens on a loopback port.
   *
   * @param model the name of the model that every call has to have
   * @param ceiling the most output tokens a call may ask for
   */
  public static CheckingUpstream start(String model, long ceiling) {
    try {
      ServerSocket listener = new ServerSocket(0, 4096, InetAddress.getLoopbackAddress());
      CheckingUpstream upstream = new CheckingUpstream(listener, model, ceiling);
      Thread.ofPlatform().daemon().name("hostile-upstream").start(upstream::accept);
      return upstream;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port it listens on. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Calls so far. */
  public long requests() {
    return requests.get();
  }

  /** Calls that are neither answered nor cancelled. */
  public int running() {
    return running.get();
  }

  /** What was wrong with calls, the first few. */
  public Queue<String> complaints() {
    return complaints;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (String head = head(in); !head.isEmpty(); head = head(in)) {
        byte[] body = in.readNBytes(length(head));
        requests.incrementAndGet();
        running.incrementAndGet();
        try {
          answer(head, body, socket);
        } finally {
          running.decrementAndGet();
        }
      }
    } catch (IOException e) {
      // The gateway hangs up when its caller does.
    } finally {
      open.remove(socket);
    }
  }

  /** A head with its blank line; nothing at the end of the connection. */
  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder(256);
    while (!head.toString().endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0 || head.length() == HEAD_BYTES_MAX) {
        return "";
      }
      head.append((char) next);
      while (next != '\n' && head.length() < HEAD_BYTES_MAX) {
        next = in.read();
        if (next < 0) {
          return "";
        }
        head.append((char) next);
      }
    }
    return head.toString();
  }

  private int length(String head) {
    String[] lines = head.split("\r\n", -1);
    int length = -1;
    boolean odd = !lines[0].equals("POST /v1/chat/completions HTTP/1.1");
    for (int i = 1; i < lines.length - 2; i++) {
      odd |= !lines[i].matches("[A-Za-z-]+: ?[\\x20-\\x7e]*");
      String line = lines[i].toLowerCase(Locale.ROOT);
      if (line.startsWith("content-length:")) {
        odd |= length >= 0;
        length = Integer.parseInt(line.substring("content-length:".length()).strip());
      }
    }
    if (odd || length < 0) {
      complain("the head is odd: " + head);
    }
    return Math.max(0, length);
  }

  private void answer(String head, byte[] body, Socket socket) throws IOException {
    Forwarded.complaint(body, model, ceiling)
        .ifPresent(what -> complain(what + ": " + head + new String(body, UTF_8)));
    Optional<Members> read = StrictJson.object(body);
    String user =
        read.flatMap(members -> members.values("user").stream().findFirst())
            .filter(Text.class::isInstance)
            .map(value -> ((Text) value).text())
            .orElse("");
    if (user.equals(SMUGGLED)) {
      complain("a request was smuggled: " + new String(body, UTF_8));
    }
    Value streams = new Literal("true");
    boolean stream = read.map(members -> members.values("stream").contains(streams)).orElse(false);
    OutputStream out = socket.getOutputStream();
    String text = user.matches("[a-z0-9-]{1,40}") ? user : "ok";
    if (stream && user.equals(STALL)) {
      out.write(streamed(text).substring(0, 350).getBytes(ISO_8859_1));
      // Nothing more is due on this connection but its end.
      if (socket.getInputStream().read() >= 0) {
        complain("more came on a connection whose answer has not ended");
      }
    } else {
      out.write((stream ? streamed(text) : plain(text)).getBytes(ISO_8859_1));
    }
  }

  private static String plain(String text) {
    String json =
        "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"x\",\"choices\":"
            + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\""
            + text
            + "\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,"
            + "\"completion_tokens\":1,\"total_tokens\":2}}";
    return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
        + json.length()
        + "\r\n\r\n"
        + json;
  }

  private static String streamed(String text) {
    String start =
        "{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"x\",";
    return "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
        + "transfer-encoding: chunked\r\n\r\n"
        + event(start + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}")
        + event(start + "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
        + event(start + "\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}")
        + event("[DONE]")
        + "0\r\n\r\n";
  }

  private static String event(String data) {
    String event = "data: " + data + "\n\n";
    return Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
  }

  private void complain(String what) {
    if (complaints.size() < COMPLAINTS_MAX) {
      complaints.add(what);
    }
  }

  @Override
  public void close() {
    try {
      listener.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
