package com.runspace.hostile;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/** A client's connection. */
final class Line implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 10_000;

  private final Socket socket = new Socket();
  private final AnswerReader reader;
  private boolean broken;

  Line(int port) throws IOException {
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
    socket.setSoTimeout(PATIENCE_MILLIS);
    // Thousands of connections a second would use up the ports if each left one in TIME_WAIT.
    socket.setSoLinger(true, 0);
    reader = new AnswerReader(socket.getInputStream());
  }

  /** Sends; a server that has refused already may have closed, which shows when reading. */
  void send(byte[] piece) {
    try {
      if (!broken) {
        socket.getOutputStream().write(piece);
      }
    } catch (IOException e) {
      broken = true;
    }
  }

  /** The next answer within the patience, or null at the end of the connection. */
  @Nullable Answer answer(String method) throws IOException {
    return reader.next(method);
  }

  /** The head of the next answer. */
  @Nullable Answer head() throws IOException {
    return reader.head();
  }

  /** Whether an answer begins, or the end comes, in this time. */
  boolean stirs(int millis) throws IOException {
    socket.setSoTimeout(millis);
    try {
      reader.ended();
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } finally {
      socket.setSoTimeout(PATIENCE_MILLIS);
    }
  }

  /** Waits for the end; false when something else comes. A reset is an end too. */
  boolean ends() throws IOException {
    try {
      return reader.ended();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      return true;
    }
  }

  void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  /** Leaves with an orderly close in place of a reset. */
  void leave() throws IOException {
    socket.setSoLinger(false, 0);
    socket.close();
  }

  /** What came and was not looked at. */
  String rest() {
    return reader.rest();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
