package com.runspace;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.lang.System.Logger;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.OptionalInt;

/**
 * Where the operator's commands reach the running service: a Unix socket in its data folder, which
 * only its owner may open. Whoever can open it can read the folder anyway, so no password is asked.
 *
 * <p>A command goes there as one line, its words with a tab between them. What it says comes back
 * line by line, each after the letter of its stream, and its exit code last.
 */
final class ControlSocket implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ControlSocket.class.getName());

  private static final String NAME = "control.sock";
  private static final int COMMAND_CHARS_MAX = 64 << 10;

  /** What a command says, while it runs. */
  interface Out {
    void line(String text);

    /** Something went wrong, or takes its time; not part of the result. */
    void aside(String text);
  }

  /** Runs a command inside of the service. */
  @FunctionalInterface
  interface Commands {
    /** Runs it and returns its exit code. */
    int run(List<String> words, Out out);
  }

  private final ServerSocketChannel server;
  private final Path path;
  private final Commands commands;

  private ControlSocket(ServerSocketChannel server, Path path, Commands commands) {
    this.server = server;
    this.path = path;
    this.commands = commands;
  }

  /** Listens in a data folder whose lock the caller holds, so that no other one can be there. */
  static ControlSocket open(Path folder, Commands commands) throws IOException {
    Path path = folder.resolve(NAME);
    Files.deleteIfExists(path);
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
    } catch (IOException failed) {
      server.close();
      throw new IOException(
          "the socket " + path + " cannot be made (" + failed.getMessage() + ")", failed);
    }
    ControlSocket socket = new ControlSocket(server, path, commands);
    Thread.ofVirtual().name("control").start(socket::accept);
    return socket;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel client = server.accept();
        Thread.ofVirtual().name("control").start(() -> serve(client));
      } catch (AsynchronousCloseException closed) {
        return;
      } catch (IOException failed) {
        LOG.log(Logger.Level.WARNING, "control socket: {0}", failed.getMessage());
        return;
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client;
        BufferedReader in = reader(client);
        Writer writer =
            new OutputStreamWriter(Channels.newOutputStream(client), StandardCharsets.UTF_8)) {
      String line = in.readLine();
      if (line == null || line.length() > COMMAND_CHARS_MAX) {
        return;
      }
      Lines out = new Lines(writer);
      int code;
      try {
        code = commands.run(List.of(line.split("\t", -1)), out);
      } catch (RuntimeException fault) {
        LOG.log(Logger.Level.ERROR, "command " + line, fault);
        out.aside("the command failed: " + fault.getMessage());
        code = 1;
      }
      out.send('x', Integer.toString(code));
    } catch (IOException gone) {
      LOG.log(Logger.Level.DEBUG, "control socket: {0}", gone.getMessage());
    }
  }

  private record Lines(Writer writer) implements Out {
    @Override
    public void line(String text) {
      send('o', text);
    }

    @Override
    public void aside(String text) {
      send('e', text);
    }

    private void send(char stream, String text) {
      try {
        for (String line : text.split("\n", -1)) {
          writer.write(stream + line + "\n");
        }
        writer.flush();
      } catch (IOException gone) {
        // Whoever asked does not listen any more; what was asked for is done all the same.
        LOG.log(Logger.Level.DEBUG, "control socket: {0}", gone.getMessage());
      }
    }
  }

  /** Says things to a terminal. */
  record Terminal(PrintStream result, PrintStream asides) implements Out {
    static Terminal ofProcess() {
      return new Terminal(
          new PrintStream(System.out, true, StandardCharsets.UTF_8),
          new PrintStream(System.err, true, StandardCharsets.UTF_8));
    }

    @Override
    public void line(String text) {
      result.println(text);
    }

    @Override
    public void aside(String text) {
      asides.println("runspace: " + text);
    }
  }

  /**
   * Has the service of a data folder run a command.
   *
   * @return its exit code; empty when no service runs there
   * @throws IOException when the service ended before the command did
   */
  static OptionalInt ask(Path folder, List<String> words, Out out) throws IOException {
    SocketChannel channel;
    try {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve(NAME)));
    } catch (IOException nobody) {
      return OptionalInt.empty();
    }
    try (channel;
        BufferedReader in = reader(channel)) {
      Writer writer =
          new OutputStreamWriter(Channels.newOutputStream(channel), StandardCharsets.UTF_8);
      writer.write(String.join("\t", words).replace("\n", " ") + "\n");
      writer.flush();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String text = line.substring(1);
        switch (line.charAt(0)) {
          case 'o' -> out.line(text);
          case 'e' -> out.aside(text);
          default -> {
            return OptionalInt.of(Integer.parseInt(text));
          }
        }
      }
      throw new IOException("the service ended before the command did");
    }
  }

  private static BufferedReader reader(SocketChannel channel) {
    return new BufferedReader(
        new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    server.close();
    Files.deleteIfExists(path);
  }
}
