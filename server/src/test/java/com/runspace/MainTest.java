package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The exit codes of starts that fail; those that succeed are the launcher's to try. */
class MainTest {
  @TempDir Path temporary = Path.of("");

  private int serve(String... more) {
    String[] args = new String[more.length + 1];
    args[0] = "serve";
    System.arraycopy(more, 0, args, 1, more.length);
    return Main.run(args);
  }

  @Test
  void wrongUsageIs2() {
    assertThat(Main.run(new String[] {"dance"})).isEqualTo(2);
    assertThat(serve("--port", "x")).isEqualTo(2);
  }

  @Test
  void wrongSettingsAre2() throws IOException {
    Path config = Files.writeString(temporary.resolve("c.yaml"), "sever: {}");
    assertThat(serve("--config", config.toString())).isEqualTo(2);
  }

  @Test
  void hostThatOthersCanReachIs2() throws IOException {
    Path config = Files.writeString(temporary.resolve("c.yaml"), "server: {host: 0.0.0.0}");
    assertThat(serve("--config", config.toString())).isEqualTo(2);
  }

  @Test
  void takenPortIs4() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      assertThat(serve("--data", temporary.resolve("d").toString(), "--port", port)).isEqualTo(4);
    }
  }

  @Test
  void dataFolderInUseIs5() throws Exception {
    try (DataFolder _ = DataFolder.open(temporary)) {
      assertThat(serve("--data", temporary.toString())).isEqualTo(5);
    }
  }

  @Test
  void dataFolderThatCannotBeIs5() throws IOException {
    Path file = Files.writeString(temporary.resolve("file"), "");
    assertThat(serve("--data", file.toString())).isEqualTo(5);
  }
}
