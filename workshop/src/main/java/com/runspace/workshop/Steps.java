package com.runspace.workshop;

import com.runspace.base.Db;
import com.runspace.ledger.ClusterStory;
import com.runspace.ledger.CrashStory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
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
        --of ledger|nodes     stories of one ledger and its disk (the default), or of several
                              nodes that share a store, with lost and late messages

      A story that fails prints how to tell it again alone.
      Exit code 0: all was as it must be; 1: not; 2: not run.
      """;

  private static final Program PROGRAM =
      new Program("steps", HELP, Set.of("--steps", "--seed", "--length", "--of"));
  private static final long PROGRESS_NANOS = 5_000_000_000L;

  private static final String STEPS = "steps";

  /** A new store after so many stories, so that none becomes large and slow. */
  private static final int STORIES_PER_STORE = 50;

  // Each crash and each lost answer is reported. Kept here, or its level would be forgotten.
  private static final Logger LOG = Logger.getLogger("com.runspace");

  private final long began = System.nanoTime();
  private final Path temp;
  private final int steps;
  private final int length;
  private long shown = began;

  private final Tale tale;
  private final SequencedMap<String, Long> figures = new LinkedHashMap<>();

  private Steps(Tale tale, Path temp, int steps, int length) {
    this.tale = tale;
    this.temp = temp;
    this.steps = steps;
    this.length = length;
  }

  /** Runs it as the words say; returns the exit code. */
  static int run(String[] words) throws IOException, InterruptedException {
    return PROGRAM.run(
        words,
        given -> {
          int steps = given.number("--steps", 1_000_000);
          int seed = given.number("--seed", 1);
          int length = Math.max(1, given.number("--length", 200));
          LOG.setLevel(Level.OFF);
          return new Steps(Tale.of(given), Bench.workFolder(), steps, length).run(seed);
        });
  }

  private int run(int first) throws IOException {
    int seed = first;
    try {
      while (told() < steps) {
        Path folder = Files.createDirectory(temp.resolve("stories" + seed));
        Path file = folder.resolve("store.db");
        try (Db db = Db.sqlite(file, tale.busy)) {
          for (int i = 0; i < STORIES_PER_STORE && told() < steps; i++) {
            for (Figure each : tale.tell(folder.resolve("j" + seed), file, db, seed, length)) {
              figures.merge(each.name, each.number, Long::sum);
            }
            seed++;
            progress(seed - first);
          }
        }
        delete(folder);
      }
    } catch (IllegalStateException wrong) {
      System.out.println("FAILED: " + wrong.getMessage());
      System.out.printf(
          "again: ./runspace bench steps --of %s --seed %d --steps %d --length %d%n",
          tale.word(), seed, length, length);
      table(seed - first);
      return 1;
    } catch (Exception wrong) {
      System.err.println("steps: seed " + seed + ": " + wrong);
      return 2;
    }
    table(seed - first);
    return 0;
  }

  private long told() {
    return figures.getOrDefault(STEPS, 0L);
  }

  private void progress(int stories) {
    long now = System.nanoTime();
    if (now - shown >= PROGRESS_NANOS) {
      shown = now;
      System.err.printf(
          "steps: %,d of %,d in %,d s, %,d stories%n",
          told(), steps, (now - began) / 1_000_000_000L, stories);
    }
  }

  private void table(int stories) {
    figures.put("stories", (long) stories);
    figures.put("s", (System.nanoTime() - began) / 1_000_000_000L);
    System.out.println("| " + String.join(" | ", figures.keySet()) + " |");
    System.out.println("|" + " --- |".repeat(figures.size()));
    figures.values().forEach(figure -> System.out.printf("| %,d ", figure));
    System.out.println("|");
  }

  /** Stories of one kind. */
  private enum Tale {
    LEDGER(Duration.ofMillis(1)) {
      @Override
      List<Figure> tell(Path folder, Path file, Db db, int seed, int length) throws Exception {
        CrashStory.Told told = CrashStory.tell(folder, file, db, seed, length);
        return List.of(
            new Figure(STEPS, told.steps()),
            new Figure("calls", told.calls()),
            new Figure("crashes", told.crashes()),
            new Figure("in a write", told.torn()),
            new Figure("outages", told.outages()),
            new Figure("posted twice", told.doubles()));
      }
    },
    NODES(Duration.ofSeconds(1)) {
      @Override
      List<Figure> tell(Path folder, Path file, Db db, int seed, int length) throws Exception {
        ClusterStory.Told told = ClusterStory.tell(folder, db, seed, length);
        return List.of(
            new Figure(STEPS, told.steps()),
            new Figure("calls", told.calls()),
            new Figure("refused", told.refused()),
            new Figure("crashes", told.crashes()),
            new Figure("cut off", told.cuts()),
            new Figure("disks lost", told.lost()),
            new Figure("arrived late", told.late()));
      }
    };

    /** The store waits so long for whoever else writes; in stories of one ledger that one stays. */
    private final Duration busy;

    Tale(Duration busy) {
      this.busy = busy;
    }

    /** Tells one story; what has happened in it. */
    abstract List<Figure> tell(Path folder, Path file, Db db, int seed, int length)
        throws Exception;

    static Tale of(Arguments given) {
      String word = given.text("--of", "ledger");
      return switch (word) {
        case "ledger" -> LEDGER;
        case "nodes" -> NODES;
        default -> throw new IllegalArgumentException("--of is ledger or nodes, not " + word);
      };
    }

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private record Figure(String name, long number) {}

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
