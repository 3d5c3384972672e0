package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the operator's commands reach the running service. */
@Timeout(30)
class ControlSocketTest {
  @TempDir Path folder = Path.of("");

  private final List<String> heard = new ArrayList<>();

  private final ControlSocket.Out out =
      new ControlSocket.Out() {
        @Override
        public void line(String text) {
          heard.add("out " + text);
        }

        @Override
        public void aside(String text) {
          heard.add("aside " + text);
        }
      };

  @Test
  void commandRunsInTheServiceAndItsWordsComeBack() throws IOException {
    List<List<String>> asked = new ArrayList<>();
    try (ControlSocket _ =
        ControlSocket.open(
            folder,
            (words, to) -> {
              asked.add(words);
              to.line("one\ntwo");
              to.aside("by the way");
              to.line("ü");
              return 3;
            })) {
      assertThat(ControlSocket.ask(folder, List.of("key", "list", "a b"), out)).hasValue(3);
    }
    assertThat(asked).containsExactly(List.of("key", "list", "a b"));
    assertThat(heard).containsExactly("out one", "out two", "aside by the way", "out ü");
  }

  @Test
  void onlyTheOwnerMayOpenIt() throws IOException {
    try (ControlSocket _ = ControlSocket.open(folder, (_, _) -> 0)) {
      assertThat(Files.getPosixFilePermissions(folder.resolve("control.sock")))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
    assertThat(folder.resolve("control.sock")).doesNotExist();
  }

  @Test
  void whereNoServiceRunsNobodyAnswers() throws IOException {
    assertThat(ControlSocket.ask(folder, List.of("models"), out)).isEmpty();
    // What a service left that was killed is in nobody's way.
    try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      left.bind(UnixDomainSocketAddress.of(folder.resolve("control.sock")));
    }
    assertThat(ControlSocket.ask(folder, List.of("models"), out)).isEmpty();
    try (ControlSocket _ = ControlSocket.open(folder, (_, _) -> 0)) {
      assertThat(ControlSocket.ask(folder, List.of("models"), out)).hasValue(0);
    }
  }

  @Test
  void commandThatFailsIsSaidAndTheNextOneRuns() throws IOException {
    try (ControlSocket _ =
        ControlSocket.open(
            folder,
            (words, _) -> {
              if (words.equals(List.of("bad"))) {
                throw new IllegalStateException("no such thing");
              }
              return 0;
            })) {
      assertThat(ControlSocket.ask(folder, List.of("bad"), out)).hasValue(1);
      assertThat(heard).containsExactly("aside the command failed: no such thing");
      assertThat(ControlSocket.ask(folder, List.of("good"), out)).hasValue(0);
    }
  }

  @Test
  void serviceThatEndsInBetweenIsNoSuccess() throws IOException, InterruptedException {
    try (ServerSocketChannel service = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      service.bind(UnixDomainSocketAddress.of(folder.resolve("control.sock")));
      Thread closer =
          Thread.ofVirtual()
              .start(() -> {
                try (SocketChannel _ = service.accept()) {
                  // Closed without an answer.
                } catch (IOException e) {
                  throw new AssertionError(e);
                }
              });
      assertThatThrownBy(() -> ControlSocket.ask(folder, List.of("models"), out))
          .isInstanceOf(IOException.class);
      closer.join();
    }
  }
}
