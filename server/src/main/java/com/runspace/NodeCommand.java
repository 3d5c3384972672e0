package com.runspace;

import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.cluster.Cluster;
import com.runspace.cluster.Node;
import com.runspace.cluster.NodeTable;
import com.runspace.journal.Replay;
import com.runspace.ledger.Allowance;
import com.runspace.ledger.LedgerTable;
import com.runspace.ledger.LocalLedger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/**
 * {@code runspace node}: the nodes that share the store, and what becomes of one that is gone.
 * Works on the store itself, from any machine that reaches it.
 */
record NodeCommand(Db db, Time time, Pause pause) {
  /** Lets time pass while a node's leases run out. */
  @FunctionalInterface
  interface Pause {
    void pass(long millis) throws InterruptedException;
  }

  private static final String USAGE =
      """
      node list             the nodes of the store: number, state, name, last seen, UUID
      node adopt DIR        when a dead node's leases have run out, post what the journal in its
                            data folder still has, and give back what the node had of days
      node forget UUID      give up a node whose disk is lost: what it had not posted is charged to
                            nobody, what it had of days is given back when its leases have run out\
      """;
  private static final int DATA_FOLDER = 5;
  private static final long MINUTE_MILLIS = 60_000;
  private static final Allowance NOTHING = _ -> new Allowance.Grant(Nanos.ZERO, "");

  int run(List<String> words, ControlSocket.Out out) {
    try {
      String what = words.isEmpty() ? "" : words.getFirst();
      if (what.equals("list") && words.size() == 1) {
        return list(out);
      }
      if (what.equals("adopt") && words.size() == 2) {
        return adopt(Path.of(words.get(1)), out);
      }
      if (what.equals("forget") && words.size() == 2) {
        return forget(words.get(1), out);
      }
      out.aside(USAGE);
      return 2;
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return 1;
    } catch (DataFolder.Unavailable inUse) {
      out.aside(String.valueOf(inUse.getMessage()));
      return DATA_FOLDER;
    } catch (SQLException | IOException | LocalLedger.Unavailable failed) {
      out.aside(String.valueOf(failed.getMessage()));
      return 1;
    }
  }

  private int list(ControlSocket.Out out) throws SQLException {
    NodeTable nodes = new NodeTable(db);
    long now = nodes.nowMillis();
    for (Node node : nodes.list()) {
      String state =
          node.isForgotten() ? "forgotten" : node.expiresMillis() > now ? "live" : "gone";
      Instant seen = Instant.ofEpochMilli(node.seenMillis() / 1_000 * 1_000);
      out.line(
          "%4d  %-9s  %-20s  %s  %s".formatted(node.number(), state, node.name(), seen, node.id()));
    }
    return 0;
  }

  private int adopt(Path folder, ControlSocket.Out out)
      throws SQLException,
          IOException,
          DataFolder.Unavailable,
          LocalLedger.Unavailable,
          InterruptedException {
    Path id = folder.resolve("node");
    if (!Files.exists(id)) {
      out.aside(folder + " is no data folder of a node: there is no file named node in it");
      return 2;
    }
    // What a node of another store has in its journal must not be charged to accounts of this one.
    NodeTable nodes = new NodeTable(db);
    Node dead = nodes.find(Files.readString(id).strip()).orElse(null);
    if (dead == null) {
      out.aside(
          "the store has no node with the UUID in "
              + id
              + ": it is of another store. Nothing was posted");
      return 2;
    }
    // Whoever has the lock runs on that folder, and needs nobody to adopt it.
    try (DataFolder locked = DataFolder.open(folder)) {
      // The folder may be a copy of that of a node which lives, and whose calls are not over.
      if (!awaitEnd(dead, out)) {
        return 1;
      }
      Cluster node = Cluster.join(db, id, "adopted", time, Randomness.secure());
      LedgerTable table = new LedgerTable(db, node.node().number(), node::check);
      LocalLedger.Plan plan = new LocalLedger.Plan(false, 0);
      Path journal = locked.path().resolve("journal");
      LocalLedger.open(table, journal, plan, NOTHING, time, () -> LocalLedger.Division.NONE)
          .close();
      Path damaged = journal.resolve(Replay.DAMAGED);
      out.line(
          "the journal in "
              + folder
              + (Files.exists(damaged)
                  ? " is posted as far as it can be read; what is damaged stays in " + damaged
                  : " is posted; nothing of it is left to lose"));
      nodes.over(node.node());
      return release(node.node(), /* forget= */ false, out);
    }
  }

  private int forget(String id, ControlSocket.Out out) throws SQLException, InterruptedException {
    Node node = new NodeTable(db).find(id).orElse(null);
    if (node == null) {
      out.aside("there is no node " + id + "; `runspace node list` shows them");
      return 2;
    }
    return awaitEnd(node, out) ? release(node, /* forget= */ true, out) : 1;
  }

  /** Waits until nobody can be using what the node has; false when somebody still does. */
  private boolean awaitEnd(Node node, ControlSocket.Out out)
      throws SQLException, InterruptedException {
    NodeTable nodes = new NodeTable(db);
    while (true) {
      Node present = nodes.find(node.id()).orElse(node);
      if (present.expiresMillis() > node.expiresMillis()) {
        lives(node, out);
        return false;
      }
      long millis = present.expiresMillis() - nodes.nowMillis();
      if (millis <= 0) {
        return true;
      }
      out.aside(
          "node %d may use what it has for another %d s. Waiting; the same command goes on later"
              .formatted(node.number(), Math.ceilDiv(millis, 1_000L)));
      pause.pass(Math.min(millis, MINUTE_MILLIS));
    }
  }

  private static void lives(Node node, ControlSocket.Out out) {
    out.aside("node " + node.number() + " lives, it has renewed its leases. Stop it first");
  }

  private int release(Node node, boolean forget, ControlSocket.Out out) throws SQLException {
    LedgerTable table = new LedgerTable(db, node.number(), _ -> {});
    try {
      int released = new NodeTable(db).release(node, table::charged, forget);
      out.line(
          "node %d has given back what it did not use of %d limits%s"
              .formatted(node.number(), released, forget ? ", and is forgotten" : ""));
      return 0;
    } catch (NodeTable.StillLeased renewed) {
      lives(node, out);
      return 1;
    }
  }
}
