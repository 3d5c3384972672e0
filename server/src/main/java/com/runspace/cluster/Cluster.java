package com.runspace.cluster;

import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.cluster.LeaseStore.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** This node among the others of its store: who it is, what it has, what it hears. */
public final class Cluster implements AutoCloseable {
  private final Node node;
  private final NodeTable nodes;
  private final LeaseTable table;
  private final Leases leases;

  private Cluster(Node node, NodeTable nodes, LeaseTable table, Leases leases) {
    this.node = node;
    this.nodes = nodes;
    this.table = table;
    this.leases = leases;
  }

  /**
   * Joins the nodes of a store. An earlier process of the same node can write nothing any more.
   *
   * @param idFile where the node's UUID lies, in its data folder; made when there is none
   * @param name where it runs, for operators
   */
  public static Cluster join(Db db, Path idFile, String name, Time time, Randomness random)
      throws SQLException, IOException {
    NodeTable nodes = new NodeTable(db);
    Node node = nodes.register(id(idFile, random), name);
    LeaseTable table = new LeaseTable(db, node);
    Leases leases = new Leases(table, time, node.epoch());
    return new Cluster(node, nodes, table, leases);
  }

  /** The UUID in a data folder. */
  private static String id(Path file, Randomness random) throws IOException {
    if (!Files.exists(file)) {
      UUID fresh = new UUID(random.nextLong(), random.nextLong());
      Files.writeString(file, fresh + "\n", StandardOpenOption.CREATE_NEW);
    }
    String id = Files.readString(file).strip();
    try {
      return UUID.fromString(id).toString();
    } catch (IllegalArgumentException strange) {
      throw new IOException(file + " has no UUID of a node in it", strange);
    }
  }

  /** What other nodes say of limits is heard by these, by topic. */
  public Map<String, Announcements.Listener> listeners() {
    return Map.of(
        LeaseTable.WANTED,
        ofOthers(leases::wanted),
        LeaseTable.RETURNED,
        ofOthers(leases::returned));
  }

  private Announcements.Listener ofOthers(Consumer<Subject> then) {
    String own = Long.toString(node.number());
    return new Announcements.Listener() {
      @Override
      public void heard(String text) {
        String[] parts = text.split(" ", 3);
        if (parts.length == 3 && !parts[0].equals(own)) {
          then.accept(new Subject(parts[2], Long.parseLong(parts[1])));
        }
      }

      @Override
      public void resync() {
        // Whoever waits asks again by himself.
      }
    };
  }

  public Node node() {
    return node;
  }

  public Leases leases() {
    return leases;
  }

  /** What this node has of days, from before it was started. */
  public List<NodeTable.Held> held() throws SQLException {
    return nodes.held(node.number());
  }

  /** Refuses what this node may not write any more; for the beginning of a transaction. */
  public void check(Connection connection) throws SQLException {
    table.check(connection);
  }

  /** Calls since then may still be in the journal of a node; milliseconds since the epoch. */
  public long postedBefore(Connection connection) throws SQLException {
    return NodeTable.longestGone(connection);
  }

  /** Begins to ask for leases. */
  public void start() {
    leases.start();
  }

  /** Gives back what is not used. To be called when no call runs any more and all is posted. */
  @Override
  public void close() {
    leases.close();
  }
}
