package com.runspace.engine;

/** Why the program cannot start: one line for the person who started it, and the exit code. */
final class StartFailure extends Exception {
  static final int USAGE = 2;
  static final int MODEL = 3;
  static final int PLATFORM = 4;
  static final int PORT = 5;

  private final int exitCode;

  StartFailure(int exitCode, String line) {
    super(line);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
