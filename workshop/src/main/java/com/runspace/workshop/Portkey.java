package com.runspace.workshop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The npm package {@code @portkey-ai/gateway}, a peer that does work like RunSpace's. */
final class Portkey {
  static final String NAME = "portkey";

  /** Where {@code npm install} in this module's folder puts it. */
  static final String FOLDER = "node_modules/@portkey-ai/gateway";

  private static final String PROGRAM = "build/start-server.js";

  private Portkey() {}

  static boolean installed(Path folder) {
    return Files.isRegularFile(folder.resolve(PROGRAM));
  }

  static Gateway start(Path folder, Path temp, int upstream) throws IOException {
    int port = Ports.free();
    String program = folder.resolve(PROGRAM).toAbsolutePath().toString();
    List<String> command = List.of("node", program, "--headless", "--port=" + port);
    Child child = Child.start(NAME, temp, command, Map.of("NODE_ENV", "production"));
    try {
      child.awaitPort(port, Duration.ofSeconds(30));
    } catch (IOException e) {
      child.close();
      throw e;
    }
    List<String> headers =
        List.of(
            "authorization: Bearer x",
            "x-portkey-provider: openai",
            "x-portkey-custom-host: http://127.0.0.1:" + upstream + "/v1");
    return new Gateway(NAME, true, port, headers, child);
  }
}
