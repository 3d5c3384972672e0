package com.runspace.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.base.Db;
import com.runspace.cluster.LeaseStore.Fenced;
import com.runspace.cluster.LeaseStore.Outcome;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import com.runspace.cluster.NodeTable.Held;
import com.runspace.cluster.NodeTable.StillLeased;
import com.runspace.testkit.OnEachStore;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NodeTableTest extends OnEachStore {
  private static final String ONE = "6f1e3f0e-0000-4000-8000-000000000001";
  private static final String TWO = "6f1e3f0e-0000-4000-8000-000000000002";
  private static final Subject DAY = new Subject("account a", 20_000);
  private static final Subject CAP = new Subject("cap a key_1", 20_000);
  private static final Subject RATE = new Subject("requests key_1", 0);
  private static final Held OF_DAY = new Held(DAY, 60);
  private static final Held OF_CAP = new Held(CAP, 60);

  private final AtomicLong numbers = new AtomicLong();
  private NodeTable nodes;

  @BeforeEach
  void open() throws SQLException {
    nodes = new NodeTable(db);
  }

  /** Wishes for 60 of a limit of 100. */
  private Outcome wish(Node node, Subject of) throws SQLException {
    Wish wish = new Wish(of, 100, 0, 0, 60, 60, numbers.incrementAndGet(), false);
    return new LeaseTable(db, node).settle(List.of(wish)).getFirst();
  }

  private long leased(Subject of) throws SQLException {
    return db.list(
            "SELECT leased FROM lease_total WHERE subject = ? AND day = ?",
            row -> row.getLong(1),
            of.name(),
            of.day())
        .getFirst();
  }

  private void expire(Node node) throws SQLException {
    db.write(connection ->
        Db.update(
            connection,
            "UPDATE node SET expires_at = ? WHERE number = ?",
            db.nowMillis(connection) - 1,
            node.number()));
  }

  @Test
  void nodesAreNumberedAndCountTheirStarts() throws SQLException {
    assertThat(nodes.list()).isEmpty();
    assertThat(nodes.find(ONE)).isEmpty();
    long before = nodes.nowMillis();
    Node one = nodes.register(ONE, "here");
    Node two = nodes.register(TWO, "there");
    assertThat(one.number()).isOne();
    assertThat(one.epoch()).isOne();
    assertThat(one.isForgotten()).isFalse();
    assertThat(one.seenMillis()).isBetween(before, nodes.nowMillis());
    assertThat(one.expiresMillis()).isEqualTo(one.seenMillis() + Leases.LEASE_MILLIS);
    assertThat(two.number()).isEqualTo(2);
    Node again = nodes.register(ONE, "elsewhere");
    assertThat(again.number()).isOne();
    assertThat(again.epoch()).isEqualTo(2);
    assertThat(again.name()).isEqualTo("elsewhere");
    assertThat(nodes.list()).containsExactly(again, two);
    assertThat(new NodeTable(db).find(ONE)).contains(again);
  }

  @Test
  void aSecondStartFencesTheFirst() throws SQLException {
    Node first = nodes.register(ONE, "one");
    Node second = nodes.register(ONE, "one");
    assertThatThrownBy(() -> wish(first, DAY)).isInstanceOf(Fenced.class);
    assertThatThrownBy(new LeaseTable(db, first)::renew).isInstanceOf(Fenced.class);
    assertThat(wish(second, DAY).met()).isTrue();
  }

  @Test
  void atAStartPartsOfAMinuteCountForOneMoreAndDaysStay() throws SQLException {
    Node one = nodes.register(ONE, "one");
    Node two = nodes.register(TWO, "two");
    for (Subject each : List.of(CAP, DAY, RATE)) {
      assertThat(wish(one, each)).isEqualTo(new Outcome(60, 0, true));
      assertThat(wish(two, each)).isEqualTo(new Outcome(40, 0, false));
    }
    Node again = nodes.register(ONE, "one");
    assertThat(leased(RATE)).as("may have been used up just now").isEqualTo(100);
    assertThat(leased(DAY)).isEqualTo(100);
    assertThat(nodes.held(again.number())).containsExactly(OF_DAY, OF_CAP);
    assertThat(wish(again, RATE)).isEqualTo(new Outcome(0, 0, false));
    // The minute is over.
    var _ =
        db.write(connection ->
            Db.update(connection, "UPDATE lease SET used = 1 WHERE node = ?", -again.number()));
    assertThat(wish(again, RATE)).isEqualTo(new Outcome(60, 0, true));
    assertThat(leased(RATE)).isEqualTo(100);
  }

  @Test
  void aNodeIsNotForgottenBeforeItsLeasesHaveRunOut() throws SQLException {
    Node one = nodes.register(ONE, "one");
    wish(one, DAY);
    assertThatThrownBy(() -> nodes.release(one, posted(10, 0), true))
        .isInstanceOf(StillLeased.class)
        .hasMessageMatching("the node may use what it has for another (600|5\\d\\d) s");
    assertThat(nodes.held(one.number())).containsExactly(OF_DAY);
    assertThat(leased(DAY)).isEqualTo(60);
    new LeaseTable(db, one).renew();
  }

  @Test
  void aForgottenNodeKeepsWhatItPostedAndIsRefusedForEver() throws Exception {
    Node one = nodes.register(ONE, "one");
    for (Subject each : List.of(CAP, DAY, RATE)) {
      wish(one, each);
    }
    expire(one);
    assertThat(nodes.release(one, posted(10, 60), true)).isOne();
    assertThat(nodes.held(one.number())).containsExactly(new Held(DAY, 10), OF_CAP);
    assertThat(leased(DAY)).isEqualTo(10);
    assertThat(leased(CAP)).isEqualTo(60);
    assertThat(leased(RATE)).isZero();
    assertThat(nodes.find(ONE).orElseThrow().isForgotten()).isTrue();
    assertThatThrownBy(new LeaseTable(db, one)::renew).isInstanceOf(Fenced.class);
    assertThatThrownBy(() -> wish(one, DAY)).isInstanceOf(Fenced.class);
    assertThatThrownBy(() -> nodes.register(ONE, "one"))
        .isInstanceOf(Fenced.class)
        .hasMessageContaining("given up")
        .hasMessageContaining(ONE);
    Node two = nodes.register(TWO, "two");
    assertThat(wish(two, DAY)).isEqualTo(new Outcome(60, 10, true));
    assertThat(leased(DAY)).isEqualTo(70);
  }

  @Test
  void noMoreIsReleasedThanThereIsAndOnlyOnce() throws Exception {
    Node one = nodes.register(ONE, "one");
    wish(one, DAY);
    expire(one);
    assertThat(nodes.release(one, posted(70, 0), false)).as("more than it had").isZero();
    assertThat(leased(DAY)).isEqualTo(60);
    assertThat(nodes.release(one, posted(0, 0), false)).isOne();
    assertThat(nodes.release(one, posted(0, 0), false)).as("once more").isZero();
    assertThat(leased(DAY)).isZero();
    assertThat(nodes.register(ONE, "one").epoch()).isEqualTo(2);
  }

  private static NodeTable.Posted posted(long ofDay, long ofCap) {
    return (subject, _) -> subject.equals(DAY.name()) ? ofDay : ofCap;
  }
}
