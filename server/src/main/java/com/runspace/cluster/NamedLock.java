package com.runspace.cluster;

import com.runspace.base.Db;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Work that one node does for all: whoever holds the lock of that name. It is held by a connection
 * that is kept for it, so it comes free when that connection or the node dies. Where no other node
 * uses the store it is always held. Blocks, so not for an event loop; for one thread.
 */
public final class NamedLock implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(NamedLock.class.getName());
  private static final int SILENCE_MILLIS = 3_000;

  private final Db db;
  private final String name;
  private @Nullable Connection kept;
  private boolean held;

  public NamedLock(Db db, String name) {
    this.db = db;
    this.name = name;
  }

  /**
   * Whether this node holds the lock, which it takes when it is free. The answer is proved on the
   * connection each time: when that is lost, so is the lock.
   */
  public synchronized boolean holds() {
    if (!db.isShared()) {
      return true;
    }
    try {
      Connection connection = kept;
      if (connection == null) {
        connection = db.apart();
        kept = connection;
        connection.setNetworkTimeout(Runnable::run, SILENCE_MILLIS);
      }
      // A lock that is held already is taken once more, which would have to be given back as often;
      // it never is, but with its connection.
      held = held ? isAlive(connection) : take(connection);
    } catch (SQLException lost) {
      LOG.log(Level.WARNING, "the lock {0}: {1}", name, lost.getMessage());
      giveUp();
    }
    return held;
  }

  private static boolean isAlive(Connection connection) throws SQLException {
    return Db.list(connection, "SELECT 1", row -> true).getFirst();
  }

  private boolean take(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT pg_try_advisory_lock(hashtext('runspace'), ?)")) {
      statement.setInt(1, name.hashCode());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  @Override
  public void close() {
    giveUp();
  }

  /** Lets another node have the lock; it can be taken again. */
  public synchronized void giveUp() {
    Connection connection = kept;
    kept = null;
    held = false;
    if (connection != null) {
      try {
        connection.close();
      } catch (SQLException gone) {
        LOG.log(Level.DEBUG, "close", gone);
      }
    }
  }
}
