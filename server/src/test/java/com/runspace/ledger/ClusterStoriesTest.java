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
 * Random stories of several nodes. One that fails names its seed; {@code ./runspace bench steps
 * --of nodes} tells it again alone, or a million steps of others.
 */
@Timeout(600)
class ClusterStoriesTest {
  private static final int STORIES_PER_STORE = 20;

  @TempDir private Path folder;

  @Test
  void nodesNeverChargeMoreThanWasGrantedTogether() throws Exception {
    ClusterStory.Told told = tell(1, 20, 150);
    assertThat(told.calls()).as("calls in all stories").isGreaterThan(200);
    assertThat(told.crashes()).isGreaterThan(20);
  }

  @Test
  @Tag("slow")
  void neitherDoTheyInHundredsOfStories() throws Exception {
    ClusterStory.Told told = tell(1_000, 200, 150);
    assertThat(told.lost()).as("lost disks").isGreaterThan(50);
    assertThat(told.late()).as("wishes that came again").isGreaterThan(200);
  }

  private ClusterStory.Told tell(int first, int stories, int steps) throws Exception {
    ClusterStory.Told told = ClusterStory.Told.NOTHING;
    for (int seed = first; seed < first + stories; seed += STORIES_PER_STORE) {
      Path file = folder.resolve("store" + seed + ".db");
      try (Db db = Db.sqlite(file, Duration.ofSeconds(1))) {
        for (int i = seed; i < Math.min(seed + STORIES_PER_STORE, first + stories); i++) {
          told = told.plus(ClusterStory.tell(folder.resolve("j" + i), db, i, steps));
        }
      }
    }
    return told;
  }
}
