package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which port it is to be. */
class PortsTest {
  private static final String HOST = "127.0.0.1";

  private static ServerSocket taken(int port) throws IOException {
    return new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
  }

  @Test
  void portThatIsAskedForIsThatOneOrNone() throws Exception {
    try (ServerSocket taken = taken(0)) {
      int port = taken.getLocalPort();
      assertThatThrownBy(() -> Ports.choose(HOST, port, 0))
          .isInstanceOf(Ports.Taken.class)
          .hasMessageContaining("port " + port + " is taken")
          .hasMessageContaining("--port N");
      assertThatThrownBy(() -> Ports.choose(HOST, -1, port)).isInstanceOf(Ports.Taken.class);
    }
  }

  @Test
  void commandLineGoesBeforeTheSettings() throws Exception {
    int asked = Ports.choose(HOST, 0, 0).port();
    assertThat(Ports.choose(HOST, asked, 1)).isEqualTo(new Ports.Choice(asked, 0));
    assertThat(Ports.choose(HOST, -1, asked)).isEqualTo(new Ports.Choice(asked, 0));
  }

  @Test
  void zeroIsAnyFreePort() throws Exception {
    Ports.Choice choice = Ports.choose(HOST, 0, 8080);
    assertThat(choice.port()).isGreaterThan(1023);
    assertThat(choice.insteadOf()).isZero();
  }

  @Test
  void nextFreePortIsTakenAloudWhenNoneWasAskedFor() throws Exception {
    // Whoever has the usual port, we or somebody else: it is taken from here on.
    try (ServerSocket usual = takenOrNull()) {
      assertThat(usual == null || usual.isBound()).isTrue();
      Ports.Choice choice = Ports.choose(HOST, -1, 0);
      assertThat(choice.port()).isBetween(8081, 8129);
      assertThat(choice.insteadOf()).isEqualTo(8080);
    }
  }

  private static @Nullable ServerSocket takenOrNull() {
    try {
      return taken(8080);
    } catch (IOException somebodyHasIt) {
      return null;
    }
  }
}
