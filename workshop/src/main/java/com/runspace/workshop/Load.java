package com.runspace.workshop;

import java.io.IOException;

/** Plays the clients: one plan, one line of figures, and exit code 1 if anything failed. */
final class Load {
  /** Starts the line that says what failed first. */
  static final String FAILURE = "failure ";

  private Load() {}

  /** Runs the plan that the arguments spell out; see {@link LoadPlan}. */
  public static void main(String[] args) throws IOException {
    Tally tally = new LoadLoop(LoadPlan.fromArguments(args)).run();
    if (tally.failed() > 0) {
      System.out.println(FAILURE + tally.firstFailure());
    }
    System.out.println(tally.figures().line());
    System.exit(tally.failed() > 0 ? 1 : 0);
  }
}
