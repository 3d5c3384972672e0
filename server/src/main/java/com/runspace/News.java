package com.runspace;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.cluster.Announcements;
import com.runspace.cluster.Cluster;
import com.runspace.gate.Gate;
import com.runspace.keys.StoredKeyring;
import com.runspace.oauth.Tokens;
import com.runspace.wallet.Sessions;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which news of other nodes is for whom. */
final class News {
  /** Takes in one thing that another node has changed. */
  @FunctionalInterface
  private interface One {
    void heard(String text) throws SQLException;
  }

  /** Takes in whatever other nodes have changed. */
  @FunctionalInterface
  private interface All {
    void resync() throws SQLException;
  }

  private record To(One one, All all) implements Announcements.Listener {
    @Override
    public void heard(String text) throws SQLException {
      one.heard(text);
    }

    @Override
    public void resync() throws SQLException {
      all.resync();
    }
  }

  private News() {}

  /** Begins to listen; null where no other node uses the store. */
  static @Nullable Announcements open(Books books, @Nullable Members members, @Nullable Apps apps) {
    Db db = books.db();
    StoredKeyring keys = books.storedKeys();
    if (db == null || keys == null || !db.isShared()) {
      return null;
    }
    Cluster cluster = books.cluster();
    Map<String, Announcements.Listener> listeners =
        new HashMap<>(cluster == null ? Map.of() : cluster.listeners());
    listeners.put(StoredKeyring.TOPIC, new To(keys::heard, keys::resync));
    if (members != null) {
      Sessions sessions = members.sessions();
      listeners.put("session", new To(sessions::heard, sessions::resync));
      Gate gate = members.gate();
      if (gate != null) {
        listeners.put(Gate.TOPIC, new To(gate::heard, gate::resync));
      }
      // What was missed here is found by the gate when it looks at all, as it is told to above.
      listeners.put("wallet", new To(id -> members.walletsMoved(new AccountId(id)), () -> {}));
    }
    if (apps != null) {
      Tokens tokens = apps.oauth().grants().tokens();
      listeners.put("grant", new To(tokens::heard, tokens::resync));
    }
    Announcements news = new Announcements(db, listeners);
    news.start();
    return news;
  }
}
