package com.runspace.base;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WatchTest {
  private static final int WATCHED = 4;
  private static final int REMOVE = WATCHED;
  private static final int READD = 2 * WATCHED;
  private static final int NOTHING = 3 * WATCHED;
  private static final int ACTIONS = 3 * WATCHED + 1;

  private final ManualTime time = ManualTime.at("2026-11-22T00:00:00Z");

  /** A watch of three, with one more outside, each of which does one thing when looked at. */
  private final class Scene {
    final Watch watch = new Watch(time);
    final List<Watch.Watched> all = new ArrayList<>();
    final List<Integer> seen = new ArrayList<>();
    final Set<Integer> in = new HashSet<>();
    final Set<Integer> touched = new HashSet<>();
    boolean acts = true;

    Scene(int... actions) {
      for (int i = 0; i < WATCHED; i++) {
        int self = i;
        all.add(
            new Watch.Watched() {
              @Override
              protected void tick(long nowNanos) {
                assertThat(nowNanos).isEqualTo(time.nanos());
                assertThat(in).as("looked at, so in").contains(self);
                seen.add(self);
                if (acts) {
                  act(actions[self]);
                }
              }
            });
      }
      for (int i = 0; i < WATCHED - 1; i++) {
        add(i);
      }
      touched.clear();
    }

    private void act(int action) {
      int other = action % WATCHED;
      if (action < REMOVE) {
        add(other);
      } else if (action < READD) {
        remove(other);
      } else if (action < NOTHING) {
        remove(other);
        add(other);
      }
    }

    private void add(int i) {
      watch.add(all.get(i));
      if (in.add(i)) {
        touched.add(i);
      }
    }

    private void remove(int i) {
      watch.remove(all.get(i));
      if (in.remove(i)) {
        touched.add(i);
      }
    }
  }

  @Test
  void changesWhileLookingNeitherLoseNorRepeatAnyone() {
    for (int run = 0; run < ACTIONS * ACTIONS * ACTIONS * ACTIONS; run++) {
      int[] actions = {
        run % ACTIONS,
        run / ACTIONS % ACTIONS,
        run / ACTIONS / ACTIONS % ACTIONS,
        run / ACTIONS / ACTIONS / ACTIONS
      };
      Scene scene = new Scene(actions);
      scene.watch.tick();
      List<Integer> untouched = new ArrayList<>(List.of(0, 1, 2));
      untouched.removeAll(scene.touched);
      if (!scene.seen.containsAll(untouched)
          || new HashSet<>(scene.seen).size() < scene.seen.size()) {
        assertThat(scene.seen).as("run %d", run).containsAll(untouched).doesNotHaveDuplicates();
      }
      scene.acts = false;
      scene.seen.clear();
      scene.watch.tick();
      if (!new HashSet<>(scene.seen).equals(scene.in) || scene.seen.size() != scene.in.size()) {
        assertThat(scene.seen).as("run %d", run).containsExactlyInAnyOrderElementsOf(scene.in);
      }
      scene.in.forEach(i -> scene.watch.remove(scene.all.get(i)));
      if (!scene.watch.isEmpty()) {
        assertThat(scene.watch.isEmpty()).as("run %d", run).isTrue();
      }
    }
  }

  @Test
  void addingTwiceAndRemovingWhatIsNotThereChangeNothing() {
    Scene scene = new Scene(NOTHING, NOTHING, NOTHING, NOTHING);
    scene.watch.add(scene.all.get(1));
    scene.watch.remove(scene.all.get(3));
    scene.watch.tick();
    assertThat(scene.seen).containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void nowIsTheTimeOfTheLastTick() {
    Watch watch = new Watch(time);
    long start = time.nanos();
    time.advance(Duration.ofMillis(250));
    assertThat(watch.now()).isEqualTo(start);
    watch.tick();
    assertThat(watch.now()).isEqualTo(start + 250_000_000L);
  }
}
