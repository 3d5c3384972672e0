package com.runspace.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The rules by which nodes divide a limit, tried in all orders: two nodes and a limit of three,
 * with wishes that get lost before the store or behind it, and that arrive once more or late.
 */
@Timeout(120)
class DivisionTest {
  private static final int LIMIT = 3;
  private static final int STEPS = 7;
  private static final Subject SUBJECT = new Subject("account a", 20_000);

  /**
   * What there is at one moment; all of it is a value.
   *
   * @param has what each node believes to have
   * @param used what each node uses
   * @param stored what the store says that each node has
   * @param number of the last wish of each node in the store
   * @param onTheWay wishes that have not arrived; they may, or may not, or twice
   */
  private record World(
      List<Integer> has,
      List<Integer> used,
      List<Integer> stored,
      List<Integer> number,
      int lastNumber,
      List<Sent> onTheWay) {
    World {
      int inUse = used.get(0) + used.get(1);
      int leased = stored.get(0) + stored.get(1);
      boolean sound = inUse <= LIMIT && leased <= LIMIT;
      for (int node = 0; node < 2; node++) {
        sound &= used.get(node) <= has.get(node) && has.get(node) <= stored.get(node);
      }
      if (!sound) {
        throw new AssertionError("used %s of %s, leased %s".formatted(used, has, stored));
      }
    }
  }

  private record Sent(int node, int number, int have, int least, int more) {
    Wish wish() {
      return new Wish(SUBJECT, LIMIT, have, 0, least, more, number, false);
    }
  }

  private final Set<World> seen = new HashSet<>();
  private final int[] reached = new int[STEPS + 1];

  @Test
  void inNoOrderDoNodesHaveMoreThanTheLimitTogether() {
    World begin =
        new World(List.of(0, 0), List.of(0, 0), List.of(0, 0), List.of(0, 0), 0, List.of());
    Set<World> worlds = Set.of(begin);
    for (int step = 0; step < STEPS; step++) {
      Set<World> next = new HashSet<>();
      for (World world : worlds) {
        for (World after : after(world)) {
          if (seen.add(after)) {
            next.add(after);
          }
        }
      }
      reached[step] = next.size();
      worlds = next;
    }
    assertThat(seen).as(Arrays.toString(reached)).hasSizeGreaterThan(20_000);
    assertThat(seen)
        .as("both nodes use all of it together")
        .anyMatch(world -> world.used.equals(List.of(1, 2)))
        .anyMatch(world -> world.used.equals(List.of(3, 0)));
  }

  private static List<World> after(World world) {
    List<World> after = new ArrayList<>();
    for (int node = 0; node < 2; node++) {
      int has = world.has.get(node);
      int used = world.used.get(node);
      if (used < has) {
        after.add(with(world, world.has, put(world.used, node, used + 1)));
        // A node lowers what it has first, and tells the store then.
        World lower = with(world, put(world.has, node, used), world.used);
        after.addAll(send(lower, node, 0, 0));
      }
      if (used > 0) {
        after.add(with(world, world.has, put(world.used, node, used - 1)));
      }
      if (has < LIMIT) {
        after.addAll(send(world, node, 1, 2));
        after.addAll(send(world, node, 0, 1));
      }
    }
    for (Sent sent : world.onTheWay) {
      // It arrives now; the node has long given it up, and hears nothing.
      World late = arrived(world, sent, /* heard= */ false);
      after.add(late);
      List<Sent> left = new ArrayList<>(late.onTheWay);
      left.remove(sent);
      after.add(new World(late.has, late.used, late.stored, late.number, late.lastNumber, left));
    }
    return after;
  }

  private static World with(World world, List<Integer> has, List<Integer> used) {
    return new World(has, used, world.stored, world.number, world.lastNumber, world.onTheWay);
  }

  /** The wish is answered; or the answer is lost; or the wish stays on the way. */
  private static List<World> send(World world, int node, int least, int more) {
    int number = world.lastNumber + 1;
    Sent sent = new Sent(node, number, world.has.get(node), least, more);
    World begun =
        new World(world.has, world.used, world.stored, world.number, number, world.onTheWay);
    List<World> after = new ArrayList<>();
    after.add(arrived(begun, sent, /* heard= */ true));
    after.add(arrived(begun, sent, /* heard= */ false));
    if (world.onTheWay.isEmpty()) {
      List<Sent> onTheWay = new ArrayList<>(world.onTheWay);
      onTheWay.add(sent);
      after.add(new World(begun.has, begun.used, begun.stored, begun.number, number, onTheWay));
    }
    return after;
  }

  private static World arrived(World world, Sent sent, boolean heard) {
    int node = sent.node;
    if (sent.number <= world.number.get(node)) {
      return world;
    }
    int others = world.stored.get(1 - node);
    Division.Share share = Division.divide(sent.wish(), LIMIT, others);
    int has = sent.have + (int) share.given();
    return new World(
        heard ? put(world.has, node, has) : world.has,
        world.used,
        put(world.stored, node, (int) share.amount()),
        put(world.number, node, sent.number),
        world.lastNumber,
        world.onTheWay);
  }

  private static List<Integer> put(List<Integer> values, int at, int value) {
    List<Integer> changed = new ArrayList<>(values);
    changed.set(at, value);
    return List.copyOf(changed);
  }

  @Test
  void whatIsNeededComesFirstAndAllNodesFindSomething() {
    assertThat(Division.give(wish(1_000, 0, 100), 1_000)).isEqualTo(100);
    assertThat(Division.give(wish(1_000, 0, 900), 1_000)).as("an eighth").isEqualTo(125);
    assertThat(Division.give(wish(1_000, 300, 900), 1_000)).as("needed").isEqualTo(300);
    assertThat(Division.give(wish(1_000, 300, 900), 200)).as("all there is").isEqualTo(200);
    assertThat(Division.give(wish(1_000, 0, 900), 100)).as("half").isEqualTo(50);
    assertThat(Division.give(wish(1_000, 0, 900), 2)).as("no finer").isEqualTo(2);
    assertThat(Division.give(wish(1_000, 5, 900), 0)).isZero();
    assertThat(Division.give(wish(1_000, 5, 900), -7)).as("a limit that fell").isZero();
  }

  @Test
  void aStoreThatForgotWhatANodeHasKeepsTheOthersSafe() {
    Wish has = new Wish(SUBJECT, 1_000, 700, 0, 0, 0, 1, false);
    assertThat(Division.divide(has, 1_000, 500)).isEqualTo(new Division.Share(0, 500));
  }

  private static Wish wish(long limit, long least, long more) {
    return new Wish(SUBJECT, limit, 0, 0, least, more, 1, false);
  }
}
