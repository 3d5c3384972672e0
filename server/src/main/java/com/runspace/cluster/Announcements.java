package com.runspace.cluster;

import com.runspace.base.Db;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Hears what nodes tell each other through the store, and hands it to whom it is for. A thread and
 * a connection of its own; the connection is asked each second whether it lives, so that a break is
 * noticed soon. After each break anything may have been missed, so everybody looks at all of it.
 */
public final class Announcements implements AutoCloseable {
  /** Who wants to hear of a topic. Called on one thread, one after the other; may block. */
  public interface Listener {
    /**
     * Something was told, by this node or another.
     *
     * @throws SQLException when it could not be taken in; then {@link #resync} is called later
     */
    void heard(String text) throws SQLException;

    /** Anything may have been told that was not heard. Called again when it failed. */
    void resync() throws SQLException;
  }

  private static final System.Logger LOG = System.getLogger(Announcements.class.getName());
  private static final int PROOF_MILLIS = 1_000;
  private static final int SILENCE_MILLIS = 3_000;
  private static final long AGAIN_MILLIS = 500;

  private final Db db;
  private final Map<String, Listener> listeners;
  private final Set<String> behind = new HashSet<>();
  private final Thread thread =
      Thread.ofPlatform().name("announcements").daemon().unstarted(this::run);
  private final CountDownLatch ending = new CountDownLatch(1);
  private volatile boolean closed;
  private volatile boolean hears;
  private volatile @Nullable Connection connection;

  /**
   * Hears nothing yet.
   *
   * @param db that nodes share
   * @param listeners by topic
   */
  public Announcements(Db db, Map<String, Listener> listeners) {
    this.db = db;
    this.listeners = Map.copyOf(listeners);
  }

  public void start() {
    thread.start();
  }

  /** Whether the store is heard now. */
  public boolean isHearing() {
    return hears;
  }

  private void run() {
    while (!closed) {
      try (Connection own = db.apart()) {
        connection = own;
        listen(own);
      } catch (SQLException | RuntimeException broken) {
        if (!closed) {
          LOG.log(Level.WARNING, "other nodes cannot be heard: {0}", broken.getMessage());
        }
      } finally {
        hears = false;
        connection = null;
      }
      pause();
    }
  }

  private void listen(Connection own) throws SQLException {
    own.setNetworkTimeout(Runnable::run, SILENCE_MILLIS);
    PGConnection heard = own.unwrap(PGConnection.class);
    execute(own, "LISTEN runspace");
    behind.addAll(listeners.keySet());
    while (!closed) {
      catchUp();
      hears = true;
      PGNotification[] news = heard.getNotifications(PROOF_MILLIS);
      if (news == null || news.length == 0) {
        execute(own, "SELECT 1");
      } else {
        tell(news);
      }
    }
  }

  private static void execute(Connection own, String sql) throws SQLException {
    try (Statement statement = own.createStatement()) {
      statement.execute(sql);
    }
  }

  private void tell(PGNotification[] news) {
    Set<String> once = new LinkedHashSet<>();
    for (PGNotification each : news) {
      once.add(each.getParameter());
    }
    for (String each : once) {
      int space = each.indexOf(' ');
      String topic = space < 0 ? each : each.substring(0, space);
      Listener listener = listeners.get(topic);
      if (listener != null && !behind.contains(topic)) {
        try {
          listener.heard(space < 0 ? "" : each.substring(space + 1));
        } catch (SQLException | RuntimeException later) {
          LOG.log(Level.WARNING, "news of {0}: {1}", topic, later.getMessage());
          behind.add(topic);
        }
      }
    }
  }

  private void catchUp() {
    behind.removeIf(topic -> {
      try {
        listeners.getOrDefault(topic, NOBODY).resync();
        return true;
      } catch (SQLException | RuntimeException later) {
        LOG.log(Level.WARNING, "news of {0}: {1}", topic, later.getMessage());
        return false;
      }
    });
  }

  private static final Listener NOBODY =
      new Listener() {
        @Override
        public void heard(String text) {
          // Nobody wants to know.
        }

        @Override
        public void resync() {
          // Nobody wants to know.
        }
      };

  private void pause() {
    try {
      var _ = ending.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      closed = true;
    }
  }

  /** Hears nothing more. */
  @Override
  public void close() {
    closed = true;
    ending.countDown();
    Connection open = connection;
    try {
      if (open != null) {
        open.abort(Runnable::run);
      }
      if (thread.isAlive()) {
        thread.join();
      }
    } catch (SQLException gone) {
      LOG.log(Level.DEBUG, "close", gone);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }
}
