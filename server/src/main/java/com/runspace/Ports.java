package com.runspace;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Finds a port to listen on. */
final class Ports {
  static final int USUAL = 8080;
  private static final int TRIES = 50;

  private Ports() {}

  /** The port that was asked for cannot be had. */
  static final class Taken extends Exception {
    private static final long serialVersionUID = 1L;

    Taken(String message) {
      super(message);
    }
  }

  /**
   * A free port.
   *
   * @param insteadOf the usual port when that was taken, else 0
   */
  record Choice(int port, int insteadOf) {}

  /**
   * Chooses a port: the one asked for or none; without one the usual port or the next free one.
   *
   * @param asked from the command line, -1 for none; 0 for any free port
   * @param configured from the settings, 0 for none
   */
  static Choice choose(String host, int asked, int configured) throws Taken, IOException {
    InetAddress address = InetAddress.getByName(host);
    if (asked == 0) {
      return new Choice(freePort(address, 0), 0);
    }
    int wanted = asked > 0 ? asked : configured;
    if (wanted > 0) {
      if (freePort(address, wanted) == 0) {
        throw new Taken(
            "port " + wanted + " is taken. Stop what uses it, or choose another with --port N.");
      }
      return new Choice(wanted, 0);
    }
    for (int port = USUAL; port < USUAL + TRIES; port++) {
      if (freePort(address, port) != 0) {
        return new Choice(port, port == USUAL ? 0 : USUAL);
      }
    }
    throw new Taken(
        "ports " + USUAL + " to " + (USUAL + TRIES - 1) + " are all taken. Use --port N.");
  }

  /** The port when it is free, any free one when it is 0; 0 when it is taken. */
  private static int freePort(InetAddress address, int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(address, port));
      return socket.getLocalPort();
    } catch (IOException taken) {
      return 0;
    }
  }
}
