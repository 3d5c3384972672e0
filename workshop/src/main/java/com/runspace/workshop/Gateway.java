package com.runspace.workshop;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Something that answers chat requests: a running gateway, or the upstream itself, called directly.
 *
 * @param compiles whether it compiles its code while running and has to be warmed up
 * @param headers what its requests carry
 * @param child the running program; null for direct calls
 */
record Gateway(String name, boolean compiles, int port, List<String> headers, @Nullable Child child)
    implements AutoCloseable {

  static final String DIRECT = "direct";

  Gateway {
    headers = List.copyOf(headers);
  }

  static Gateway direct(int port) {
    return new Gateway(DIRECT, false, port, List.of("authorization: Bearer x"), null);
  }

  /** The processes whose CPU time is the gateway's. */
  List<Long> pids() {
    return child == null ? List.of() : child.pids();
  }

  /** The key that its requests carry. */
  String bearer() {
    return headers.getFirst().substring("authorization: Bearer ".length());
  }

  /** What it has logged. */
  List<String> errorLines() throws IOException {
    return child == null ? List.of() : child.errorLines();
  }

  @Override
  public void close() {
    if (child != null) {
      child.close();
    }
  }
}
