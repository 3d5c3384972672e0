package com.runspace.workshop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Gives a running gateway the operator's commands, through the socket in its data folder. */
final class Operator {
  /**
   * A key that was made.
   *
   * @param id its public name
   */
  record Key(String id, String secret) {}

  private final Path socket;

  Operator(Path data) {
    socket = data.resolve("control.sock");
  }

  /**
   * Runs a command; returns what it said, its results first.
   *
   * @throws IOException when it failed
   */
  List<String> run(String... words) throws IOException {
    List<String> results = new ArrayList<>();
    List<String> asides = new ArrayList<>();
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8))) {
      byte[] line = (String.join("\t", words) + "\n").getBytes(StandardCharsets.UTF_8);
      channel.write(ByteBuffer.wrap(line));
      for (String said = in.readLine(); said != null; said = in.readLine()) {
        String text = said.substring(1);
        switch (said.charAt(0)) {
          case 'o' -> results.add(text);
          case 'e' -> asides.add(text);
          default -> {
            results.addAll(asides);
            if (!text.equals("0")) {
              throw new IOException(String.join(" ", words) + ": " + results);
            }
            return results;
          }
        }
      }
    }
    throw new IOException(String.join(" ", words) + ": the gateway ended");
  }

  /** Makes a key of an account. */
  Key key(String account, String... limits) throws IOException {
    List<String> words = new ArrayList<>(List.of("key", "create", "--name", "bench"));
    words.addAll(List.of("--account", account));
    words.addAll(List.of(limits));
    List<String> said = run(words.toArray(String[]::new));
    return new Key(said.get(1).substring(0, said.get(1).indexOf(',')), said.getFirst());
  }

  void revoke(Key key) throws IOException {
    var _ = run("key", "revoke", key.id());
  }
}
