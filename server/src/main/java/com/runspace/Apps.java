package com.runspace;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.config.Settings;
import com.runspace.dashboard.AccountPage;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import com.runspace.oauth.ClientDocuments;
import com.runspace.oauth.Grants;
import com.runspace.oauth.GuardedFetch;
import com.runspace.oauth.Issuer;
import com.runspace.oauth.OAuth;
import com.runspace.oauth.Pending;
import com.runspace.web.Pages;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import java.net.URI;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All about apps that people let in: the authorization server, and the list of the dashboard. */
final class Apps {
  private static final System.Logger LOG = System.getLogger(Apps.class.getName());
  private static final int CLIENTS_MAX = 10_000;

  private final OAuth.Shared oauth;

  private Apps(OAuth.Shared oauth) {
    this.oauth = oauth;
  }

  /**
   * Opens what the store knows; null when nobody can sign in. Blocks.
   *
   * @throws Wiring.StartFailed when the store cannot be read
   */
  static @Nullable Apps open(
      Books books,
      @Nullable Members members,
      Settings settings,
      Pages pages,
      Vertx vertx,
      MemoryBudget budget,
      Time time,
      Randomness random)
      throws Wiring.StartFailed {
    Db db = books.db();
    StoredKeyring keyring = books.storedKeys();
    if (db == null
        || keyring == null
        || members == null
        || !(members.isGated() || members.isLocal())) {
      return null;
    }
    String publicUrl = members.publicUrl().toString();
    URI named = settings.oauth().issuer();
    Issuer issuer = new Issuer(named == null ? publicUrl + "/oauth" : named.toString(), publicUrl);
    Settings.Keys keys = settings.keys();
    Limits limits = new Limits(keys.requestsPerMinute(), keys.tokensPerMinute(), keys.concurrent());
    Set<String> redirects = Set.copyOf(settings.oauth().redirects());
    GuardedFetch fetch =
        new GuardedFetch(vertx, GuardedFetch.Reach.publicInternet(), new HttpClientOptions());
    try {
      return new Apps(
          new OAuth.Shared(
              issuer,
              new Grants(db, keyring, limits, issuer, CLIENTS_MAX, time, random),
              new ClientDocuments(fetch, redirects, time),
              redirects,
              new Pending(time, random),
              pages,
              members.visitors(),
              members::viewer,
              members.origin(),
              budget,
              OAuth.Limits.of(time),
              time,
              random));
    } catch (SQLException cannot) {
      throw new Wiring.StartFailed(String.valueOf(cannot.getMessage()));
    }
  }

  OAuth.Shared oauth() {
    return oauth;
  }

  /**
   * Who calls the MCP server: an app by its token, or whoever has a key. Reads memory only.
   *
   * @param keys finds callers by their keys
   */
  Keyring withTokens(Keyring keys) {
    return bearer -> {
      Optional<Caller> app = oauth.grants().tokens().find(bearer);
      return app.isPresent() ? app : keys.find(bearer);
    };
  }

  /** What the MCP server says to a caller without a right token, behind {@code Bearer}. */
  String challenge() {
    return oauth.issuer().challenge();
  }

  /** Forgets what is over. Blocks. */
  void save() {
    try {
      oauth.grants().sweep();
    } catch (SQLException later) {
      LOG.log(System.Logger.Level.WARNING, "apps: {0}", later.getMessage());
    }
  }

  /** The list of the dashboard. */
  AccountPage.Connections connections() {
    Grants grants = oauth.grants();
    return new AccountPage.Connections() {
      @Override
      public List<Connected> list(AccountId account) throws SQLException {
        return grants.apps(account).stream().map(Apps::connected).toList();
      }

      @Override
      public boolean end(AccountId account, String id) throws SQLException {
        return grants.revoke(account, id);
      }
    };
  }

  private static AccountPage.Connections.Connected connected(Grants.App app) {
    return new AccountPage.Connections.Connected(
        app.id(), app.name(), app.host(), app.created(), app.lastUsed(), app.ends(), app.cap());
  }
}
