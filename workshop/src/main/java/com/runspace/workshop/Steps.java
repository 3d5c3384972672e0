package com.runspace.workshop;

import com.runspace.base.Db;
import com.runspace.ledger.CrashStory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Tells a great many random stories of the ledger, with crashes between any two steps and in the
 * middle of writes, and looks at every balance and every row.
 */
final class Steps {
  static final String HELP =
      """
      Simulates the ledger, with its journal and its store, through crashes at every step.

        ./runspace bench steps [options]

        --steps N             how many in all (1,000,000)
        --seed N              the seed of the first story, the others follow (1)
        --length N            steps of each story (200); a story depends on seed and length

      A story that fails prints how to tell it again alone.
      Exit code 0: all was as it must be; 1: not; 2: not run.
      """;

  private static final Set<String> NAMES = Set.of("--steps", "--seed", "--length");
  private static final long PROGRESS_NANOS = 5_000_000_000L;

  /** A new store after so many stories, so that none becomes large and slow. */
  private static final int STORIES_PER_STORE = 50;

  /** The store waits so long for whoever else writes, who in a story stays. */
  private static final Duration BUSY = Duration.ofMillis(1);

  // The ledger reports each crash that it finds. Kept here, or its level would be forgotten.
  private static final Logger LEDGER_LOG = Logger.getLogger("com.runspace.ledger");

  private final long began = System.nanoTime();
  private final Path temp;
  private final int steps;
  private final int length;
  private CrashStory.Told told = new CrashStory.Told(0, 0, 0, 0, 0, 0);
  private long shown = began;

  private Steps(Path temp, int steps, int length) {
    this.temp = temp;
    this.steps = steps;
    this.length = length;
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException {
    if (List.of(words).contains("--help")) {
      System.out.print(HELP);
      return 0;
    }
    int steps;
    int seed;
    int length;
    try {
      Arguments given = Arguments.parse(words, NAMES, Set.of());
      steps = given.number("--steps", 1_000_000);
      seed = given.number("--seed", 1);
      length = Math.max(1, given.number("--length", 200));
    } catch (IllegalArgumentException e) {
      System.err.println("steps: " + e.getMessage() + "; --help tells what there is");
      return 2;
    }
    LEDGER_LOG.setLevel(Level.OFF);
    return new Steps(Bench.workFolder(), steps, length).run(seed);
  }

  private int run(int first) throws IOException {
    int seed = first;
    try {
      while (told.steps() < steps) {
        Path folder = Files.createDirectory(temp.resolve("stories" + seed));
        Path file = folder.resolve("store.db");
        try (Db db = Db.sqlite(file, BUSY)) {
          for (int i = 0; i < STORIES_PER_STORE && told.steps() < steps; i++) {
            told = told.plus(CrashStory.tell(folder.resolve("j" + seed), file, db, seed, length));
            seed++;
            progress(seed - first);
          }
        }
        delete(folder);
      }
    } catch (IllegalStateException wrong) {
      System.out.println("FAILED: " + wrong.getMessage());
      System.out.printf(
          "again: ./runspace bench steps --seed %d --steps %d --length %d%n", seed, length, length);
      table(seed - first);
      return 1;
    } catch (Exception wrong) {
      System.err.println("steps: seed " + seed + ": " + wrong);
      return 2;
    }
    table(seed - first);
    return 0;
  }

  private void progress(int stories) {
    long now = System.nanoTime();
    if (now - shown >= PROGRESS_NANOS) {
      shown = now;
      System.err.printf(
          "steps: %,d of %,d in %,d s, %,d stories%n",
          told.steps(), steps, (now - began) / 1_000_000_000L, stories);
    }
  }

  private void table(int stories) {
    System.out.println(
        "| steps | stories | calls | crashes | in a write | outages | posted twice | s |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- |");
    System.out.printf(
        "| %,d | %,d | %,d | %,d | %,d | %,d | %,d | %,d |%n",
        told.steps(),
        stories,
        told.calls(),
        told.crashes(),
        told.torn(),
        told.outages(),
        told.doubles(),
        (System.nanoTime() - began) / 1_000_000_000L);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
