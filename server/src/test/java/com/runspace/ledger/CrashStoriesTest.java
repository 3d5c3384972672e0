package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Db;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stories with crashes at every step, see {@link CrashStory}. A seed that fails is named, and
 * {@code ./runspace bench steps} tells it again alone, or a million steps of others.
 */
@Timeout(600)
class CrashStoriesTest {
  private static final int STORIES_PER_STORE = 50;

  @TempDir private Path folder;

  @Test
  void noStoryChargesMoreThanWasGrantedOrForgetsWhatIsInTheJournal() throws Exception {
    CrashStory.Told told = tell(1, 50, 100);
    assertThat(told.calls()).as("calls in all stories").isGreaterThan(50 * 10);
    assertThat(told.crashes()).isGreaterThan(50 * 5);
  }

  @Test
  @Tag("slow")
  void neitherDoThousandsOfStories() throws Exception {
    CrashStory.Told told = tell(1_000, 2_000, 50);
    assertThat(told.steps()).isEqualTo(2_000 * 50);
    assertThat(told.torn()).isGreaterThan(2_000);
  }

  private CrashStory.Told tell(int first, int stories, int steps) throws Exception {
    CrashStory.Told told = new CrashStory.Told(0, 0, 0, 0, 0, 0);
    for (int seed = first; seed < first + stories; seed += STORIES_PER_STORE) {
      Path file = folder.resolve("store" + seed + ".db");
      try (Db db = Db.sqlite(file, Duration.ofMillis(1))) {
        for (int i = seed; i < Math.min(seed + STORIES_PER_STORE, first + stories); i++) {
          told = told.plus(CrashStory.tell(folder.resolve("j" + i), file, db, i, steps));
        }
      }
    }
    return told;
  }
}
