package com.runspace.workshop;

import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * A program beside the bench.
 *
 * @param help what {@code --help} prints
 * @param names the options it knows; each has a value
 */
record Program(String name, String help, Set<String> names) {
  /** What it does with its options; returns the exit code. */
  @FunctionalInterface
  interface Work {
    int with(Arguments given) throws IOException, InterruptedException;
  }

  /** Runs it as the words say; returns the exit code, which is 2 for words that make no sense. */
  int run(String[] words, Work work) throws IOException, InterruptedException {
    if (List.of(words).contains("--help")) {
      System.out.print(help);
      return 0;
    }
    try {
      return work.with(Arguments.parse(words, names, Set.of()));
    } catch (IllegalArgumentException e) {
      System.err.println(name + ": " + e.getMessage() + "; --help tells what there is");
      return 2;
    }
  }
}
