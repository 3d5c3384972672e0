package com.runspace.cluster;

import com.runspace.base.Db;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Hears what nodes announce through the store, on a connection and a thread of its own. A
 * connection that says nothing for three seconds is given up and made anew, and then all who listen
 * are told that they may have missed something.
 */
public final class Bulletin implements AutoCloseable {
  /** Takes in one announcement. */
  @FunctionalInterface
  public interface Hearing {
    void heard(String text) throws SQLException;
  }

  /** Takes in that anything may have been announced meanwhile. */
  @FunctionalInterface
  public interface Missing {
    void missed() throws SQLException;
  }

  private record Listener(Hearing hearing, Missing missing) {}

  private static final System.Logger LOG = System.getLogger(Bulletin.class.getName());
  private static final int PATIENCE_MILLIS = 3_000;
  private static final int LISTEN_MILLIS = 1_000;
  private static final long AGAIN_NANOS = 1_000_000_000L;

  private final Db db;
  private final Map<String, Listener> listeners = new ConcurrentHashMap<>();
  private final Thread thread = Thread.ofPlatform().name("bulletin").daemon().unstarted(this::run);
  private volatile boolean stopping;
  private volatile boolean connected;

  /** One that does not listen yet. */
  public Bulletin(Db db) {
    this.db = db;
  }

  /**
   * Who hears of a topic, a word; one listener has each. To be called before the start. Listeners
   * are called on the one thread, and may ask the store; when that fails, all of them are told that
   * they may have missed something, as soon as the store answers.
   */
  public void on(String topic, Hearing hearing, Missing missing) {
    listeners.put(topic, new Listener(hearing, missing));
  }

  /** Begins to listen; nothing is heard on a store that is not shared. */
  public void start() {
    if (db.isShared()) {
      thread.start();
    }
  }

  /** Whether announcements arrive. */
  public boolean isConnected() {
    return connected;
  }

  private void run() {
    boolean first = true;
    while (!stopping) {
      try (Connection connection = db.apart()) {
        connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
        ask(connection, "LISTEN runspace");
        connected = true;
        if (!first) {
          LOG.log(Level.WARNING, "the store is heard again");
        }
        first = false;
        for (Listener each : listeners.values()) {
          each.missing.missed();
        }
        while (!stopping) {
          listen(connection);
        }
      } catch (SQLException | RuntimeException fault) {
        if (connected && !stopping) {
          LOG.log(
              Level.WARNING,
              "what other nodes announce is not heard ({0}); trying again",
              fault.getMessage());
        }
      }
      connected = false;
      if (!stopping) {
        LockSupport.parkNanos(this, AGAIN_NANOS);
      }
    }
  }

  private static void ask(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private void listen(Connection connection) throws SQLException {
    PGNotification[] heard = connection.unwrap(PGConnection.class).getNotifications(LISTEN_MILLIS);
    if (heard == null || heard.length == 0) {
      // Only an answer proves that the server is there.
      ask(connection, "SELECT 1");
      return;
    }
    for (PGNotification each : heard) {
      String said = each.getParameter();
      int space = said.indexOf(' ');
      Listener listener = space < 0 ? null : listeners.get(said.substring(0, space));
      if (listener != null) {
        listener.hearing.heard(said.substring(space + 1));
      }
    }
  }

  @Override
  public void close() {
    stopping = true;
    LockSupport.unpark(thread);
    try {
      thread.join(2L * PATIENCE_MILLIS);
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
    }
  }
}
