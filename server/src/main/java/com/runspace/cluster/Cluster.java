package com.runspace.cluster;

import com.runspace.base.Db;
import com.runspace.base.Time;
import com.runspace.cluster.LeaseStore.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** This node among the others of its store: who it is, what it has, what it hears. */
public final class Cluster implements AutoCloseable {
  private final Node node;
  private final NodeTable nodes;
  private final LeaseTable table;
  private final Leases leases;
  private final Bulletin bulletin;

  private Cluster(Node node, NodeTable nodes, LeaseTable table, Leases leases, Bulletin bulletin) {
    this.node = node;
    this.nodes = nodes;
    this.table = table;
    this.leases = leases;
    this.bulletin = bulletin;
  }

  /**
   * Joins the nodes of a store. An earlier process of the same node can write nothing any more.
   *
   * @param idFile where the node's UUID lies, in its data folder; made when there is none
   * @param name where it runs, for operators
   */
  public static Cluster join(Db db, Path idFile, String name, Time time)
      throws SQLException, IOException {
    NodeTable nodes = new NodeTable(db);
    Node node = nodes.register(id(idFile), name);
    LeaseTable table = new LeaseTable(db, node);
    Leases leases = new Leases(table, time, node.epoch());
    Bulletin bulletin = new Bulletin(db);
    // Whoever waits asks again by himself, so nothing is lost with these.
    bulletin.on(LeaseTable.WANTED, ofOthers(node, leases::wanted), () -> {});
    bulletin.on(LeaseTable.RETURNED, ofOthers(node, leases::returned), () -> {});
    return new Cluster(node, nodes, table, leases, bulletin);
  }

  /** The UUID in a data folder. */
  public static String id(Path file) throws IOException {
    if (!Files.exists(file)) {
      Files.writeString(file, UUID.randomUUID() + "\n", StandardOpenOption.CREATE_NEW);
    }
    String id = Files.readString(file).strip();
    try {
      return UUID.fromString(id).toString();
    } catch (IllegalArgumentException strange) {
      throw new IOException(file + " has no UUID of a node in it", strange);
    }
  }

  /** What another node says of a limit. */
  private static Bulletin.Hearing ofOthers(Node node, Consumer<Subject> then) {
    return text -> {
      String[] parts = text.split(" ", 3);
      if (parts.length == 3 && !parts[0].equals(Long.toString(node.number()))) {
        then.accept(new Subject(parts[2], Long.parseLong(parts[1])));
      }
    };
  }

  public Node node() {
    return node;
  }

  public Leases leases() {
    return leases;
  }

  /** What nodes announce; listeners are put in before {@link #start}. */
  public Bulletin bulletin() {
    return bulletin;
  }

  /** What this node has of days, from before it was started. */
  public List<NodeTable.Held> held() throws SQLException {
    return nodes.held(node.number());
  }

  /** Refuses what this node may not write any more; for the beginning of a transaction. */
  public void check(Connection connection) throws SQLException {
    table.check(connection);
  }

  /** Begins to ask for leases and to hear others. */
  public void start() {
    leases.start();
    bulletin.start();
  }

  /** Gives back what is not used. To be called when no call runs any more and all is posted. */
  @Override
  public void close() {
    bulletin.close();
    leases.close();
  }
}
