package com.runspace.base;

import java.util.Set;

/** What names this machine and leads nowhere else (RFC 6761, section 6.3; RFC 1122, 3.2.1.3). */
public final class Loopback {
  /** The names by which people call it, as they stand in addresses. */
  public static final Set<String> NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private Loopback() {}

  /** Whether what is sent to this host, a name or a written address, stays on the machine. */
  public static boolean is(String host) {
    return NAMES.contains(host)
        || host.equals("::1")
        || host.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }
}
