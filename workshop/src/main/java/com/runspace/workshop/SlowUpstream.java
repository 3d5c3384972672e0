package com.runspace.workshop;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Plays the provider for callers who are slow: plain calls are answered at once, streams are large
 * events one after the other, as fast as they are taken, until the gateway leaves.
 */
final class SlowUpstream implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 4096, InetAddress.getLoopbackAddress());
  private final byte[] answer;
  private final byte[] streamHead =
      Bytes.of(
          String.join(
              "\r\n",
              "HTTP/1.1 200 OK",
              "content-type: text/event-stream",
              "transfer-encoding: chunked",
              "",
              ""));
  private final byte[] event;

  /**
   * Listens.
   *
   * @param eventBytes of text in each event of a stream
   */
  SlowUpstream(int eventBytes) throws IOException {
    String json =
        "{\"id\":\"c\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"x\",\"choices\":"
            + "[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},"
            + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,"
            + "\"completion_tokens\":1,\"total_tokens\":2}}";
    answer =
        Bytes.of(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                + json.length()
                + "\r\n\r\n"
                + json);
    String data =
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"x\","
            + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + "x".repeat(eventBytes)
            + "\"}}]}\n\n";
    event = Bytes.of(Integer.toHexString(data.length()) + "\r\n" + data + "\r\n");
    Thread.ofPlatform().daemon().name("slow-upstream").start(this::accept);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
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
      OutputStream out = socket.getOutputStream();
      for (int length = bodyLength(in); length >= 0; length = bodyLength(in)) {
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        if (body.contains("\"stream\":true")) {
          out.write(streamHead);
          while (true) {
            out.write(event);
          }
        }
        out.write(answer);
      }
    } catch (IOException e) {
      // The gateway hangs up when its caller does.
    }
  }

  /** Reads a head and returns how long the body is; -1 at the end of the connection. */
  private static int bodyLength(InputStream in) throws IOException {
    int length = 0;
    StringBuilder line = new StringBuilder();
    while (true) {
      int next = in.read();
      if (next < 0) {
        return -1;
      }
      if (next != '\n') {
        line.append((char) next);
        continue;
      }
      String text = line.toString().strip().toLowerCase(Locale.ROOT);
      if (text.isEmpty()) {
        return length;
      }
      if (text.startsWith("content-length:")) {
        length = Integer.parseInt(text.substring("content-length:".length()).strip());
      }
      line.setLength(0);
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
