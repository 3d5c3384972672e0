package com.runspace.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** The writing side of one scripted connection. Used by its script's thread alone. */
final class AnswerWire {
  private final Socket socket;
  private final OutputStream out;
  private final AtomicLong sent;
  private final Consumer<String> story;
  private boolean chunked;
  private boolean byteByByte;
  private boolean closeAtEnd;
  private boolean open;
  // Read by the thread that reads the socket, to tell our close from the peer's.
  private volatile boolean closedHere;

  AnswerWire(Socket socket, AtomicLong sent, Consumer<String> story) throws IOException {
    this.socket = socket;
    this.out = socket.getOutputStream();
    this.sent = sent;
    this.story = story;
  }

  void tell(String what) {
    story.accept(what);
  }

  boolean closedHere() {
    return closedHere;
  }

  /** Whether the answer so far has a body without its end. */
  boolean bodyOpen() {
    return open;
  }

  void head(int status, Headers headers, byte[] bytes) throws IOException {
    chunked = headers.says("transfer-encoding", "chunked");
    closeAtEnd = headers.says("connection", "close");
    open = true;
    raw(bytes);
    tell("sent the head, status " + status);
  }

  void send(byte[] piece) throws IOException {
    if (!chunked) {
      raw(piece);
      return;
    }
    ByteArrayOutputStream chunk = new ByteArrayOutputStream(piece.length + 16);
    chunk.writeBytes(ascii(Integer.toHexString(piece.length) + "\r\n"));
    chunk.writeBytes(piece);
    chunk.writeBytes(ascii("\r\n"));
    raw(chunk.toByteArray());
  }

  void raw(byte[] bytes) throws IOException {
    if (!byteByByte) {
      out.write(bytes);
      sent.addAndGet(bytes.length);
      return;
    }
    for (byte each : bytes) {
      out.write(each);
      sent.incrementAndGet();
    }
  }

  void byteByByte() {
    byteByByte = true;
  }

  void end() throws IOException {
    if (chunked) {
      raw(ascii("0\r\n\r\n"));
    }
    open = false;
    tell("ended the answer");
    if (closeAtEnd) {
      close();
    }
  }

  void halfClose() throws IOException {
    tell("half-closes");
    socket.shutdownOutput();
  }

  void close() throws IOException {
    tell("closes");
    closedHere = true;
    socket.close();
  }

  void reset() throws IOException {
    tell("resets");
    closedHere = true;
    socket.setSoLinger(true, 0);
    socket.close();
  }

  void stall() throws InterruptedException {
    tell("stalls");
    new CountDownLatch(1).await();
  }

  /** Makes the wire ready for the next answer. */
  void nextAnswer() {
    chunked = false;
    byteByByte = false;
    closeAtEnd = false;
    open = false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
