package com.runspace.cluster;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.cluster.LeaseStore.Outcome;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A node of a story: real leases in a real store, over a way to it that loses wishes and answers,
 * delivers wishes again much later, or is cut.
 */
public final class StoryNode {
  /** What a node told the store and might arrive once more. */
  private record Sent(LeaseTable table, List<Wish> wishes) {}

  private final Db db;
  private final Random random;
  private final NodeTable nodes;
  private final Node node;
  private final LeaseTable table;
  private final Leases leases;
  private final List<Sent> sent;
  private final List<StoryNode> others;
  private boolean cut;

  /**
   * Starts a node; a new epoch of it when it was there before.
   *
   * @param others all nodes, which hear what this one announces
   * @param before the same node before it crashed; null for none
   */
  public StoryNode(
      Db db,
      String id,
      Time time,
      Random random,
      List<StoryNode> others,
      @Nullable StoryNode before)
      throws SQLException {
    this.db = db;
    this.random = random;
    this.others = others;
    this.nodes = new NodeTable(db);
    this.node = nodes.register(id, "story");
    this.table = new LeaseTable(db, node);
    this.sent = before == null ? new ArrayList<>() : before.sent;
    this.leases = new Leases(new Faulty(), time, node.epoch());
  }

  /** For tables of this node that are fenced. */
  public void check(Connection connection) throws SQLException {
    if (cut) {
      throw new SQLException("cut off");
    }
    table.check(connection);
  }

  public long number() {
    return node.number();
  }

  public Shares shares() {
    return leases;
  }

  /** What it had of days when it was started; read again, since posting comes between. */
  public List<NodeTable.Held> held() throws SQLException {
    return nodes.held(node.number());
  }

  public void work() {
    leases.work();
  }

  public void press() {
    leases.press();
  }

  public void tick() {
    leases.tick();
  }

  /** Cuts the way to the store, or mends it. */
  public void cut(boolean now) {
    cut = now;
  }

  public boolean isCut() {
    return cut;
  }

  /** Gives back all that is not in use, over a way that holds. */
  public void close() {
    cut = false;
    for (int i = 0; i < 20; i++) {
      leases.giveBack();
    }
  }

  /** Something that was told the store long ago arrives once more. */
  public boolean again() {
    if (sent.isEmpty()) {
      return false;
    }
    Sent old = sent.get(random.nextInt(sent.size()));
    try {
      var _ = old.table.settle(old.wishes);
      return true;
    } catch (SQLException refused) {
      return true;
    }
  }

  /** The node's machine is gone for good; its leases have run out. */
  public void forget(NodeTable.Posted posted) throws Exception {
    var _ =
        db.write(connection ->
            Db.update(
                connection, "UPDATE node SET expires_at = 0 WHERE number = ?", node.number()));
    var _ = nodes.release(node, posted, /* forget= */ true);
  }

  private final class Faulty implements LeaseStore {
    @Override
    public List<Outcome> settle(List<Wish> wishes) throws SQLException {
      if (cut || random.nextInt(12) == 0) {
        if (!cut && random.nextBoolean()) {
          sent.add(new Sent(table, wishes));
        }
        throw new SQLException("lost on the way");
      }
      List<Outcome> outcomes = table.settle(wishes);
      if (random.nextInt(8) == 0) {
        sent.add(new Sent(table, wishes));
      }
      for (int i = 0; i < wishes.size(); i++) {
        announce(wishes.get(i), outcomes.get(i));
      }
      if (random.nextInt(12) == 0) {
        throw new SQLException("the answer was lost");
      }
      return outcomes;
    }

    private void announce(Wish wish, Outcome outcome) {
      for (StoryNode other : others) {
        boolean arrives = other != StoryNode.this && !other.cut && random.nextInt(6) > 0;
        Subject subject = wish.subject();
        if (arrives && !outcome.met()) {
          other.leases.wanted(subject);
        }
        if (arrives && wish.wanted()) {
          other.leases.returned(subject);
        }
      }
    }

    @Override
    public void renew() throws SQLException {
      if (cut) {
        throw new SQLException("cut off");
      }
      table.renew();
    }

    @Override
    public void forgetBefore(Day day) throws SQLException {
      table.forgetBefore(day);
    }
  }
}
