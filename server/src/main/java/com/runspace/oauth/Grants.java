package com.runspace.oauth;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.keys.Door;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKey;
import com.runspace.keys.StoredKeyring;
import com.runspace.oauth.GrantTable.Code;
import com.runspace.oauth.GrantTable.Grant;
import com.runspace.oauth.GrantTable.Token;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What people have approved: a code when they press the button, a grant when the app brings the
 * code, and tokens that follow one another as long as the grant lives. A grant owns a credential of
 * the keys room that opens the MCP server alone; it lives as long as that, and is revoked with it.
 * Everything here blocks. Safe to share between threads: one thing happens at a time.
 */
public final class Grants {
  /** "A maximum authorization code lifetime of 10 minutes is RECOMMENDED"; ours is shorter. */
  static final Duration CODE_LIFE = Duration.ofSeconds(60);

  static final Duration ACCESS_LIFE = Duration.ofHours(1);
  static final Duration REFRESH_LIFE = Duration.ofDays(90);

  /** So long may a refresh token come again, since clients send it twice at the same time. */
  static final Duration GRACE = Duration.ofSeconds(60);

  static final int GRANTS_MAX = 50;

  private static final Duration CODES_KEPT = Duration.ofDays(1);
  private static final Duration CLIENT_UNUSED = Duration.ofDays(1);
  private static final Duration CLIENT_IDLE = Duration.ofDays(365);
  private static final Duration CROWDED_UNUSED = Duration.ofMinutes(15);

  /** What somebody approves. */
  record Approval(
      AccountId account,
      Client client,
      String redirect,
      String challenge,
      String scope,
      boolean refreshes,
      long lifeDays,
      @Nullable Nanos cap) {}

  /** What comes of a request for tokens. */
  sealed interface Answer {
    /**
     * Tokens.
     *
     * @param refresh null for none
     */
    record Issued(Secret access, long seconds, @Nullable Secret refresh, String scope, String keyId)
        implements Answer {}

    /** Nothing, with the error of RFC 6749, section 5.2. */
    record Refused(String error, String description) implements Answer {}
  }

  /**
   * An app in the list of its holder.
   *
   * @param host where its answers go
   */
  public record App(
      String id,
      String name,
      String host,
      Instant created,
      @Nullable Instant lastUsed,
      Instant ends,
      @Nullable Nanos cap,
      String keyId) {}

  private final GrantTable table;
  private final StoredKeyring keyring;
  private final Tokens tokens;
  private final Limits limits;
  private final String resource;
  private final int clientsMax;
  private final Time time;
  private final Randomness random;
  private final ReentrantLock oneByOne = new ReentrantLock();

  /**
   * Reads the tokens that live. Blocks.
   *
   * @param limits of each grant's credential
   * @param clientsMax how many may be registered
   */
  public Grants(
      Db db,
      StoredKeyring keyring,
      Limits limits,
      Issuer issuer,
      int clientsMax,
      Time time,
      Randomness random)
      throws SQLException {
    table = new GrantTable(db);
    this.keyring = keyring;
    this.limits = limits;
    this.resource = issuer.resource();
    this.clientsMax = clientsMax;
    this.time = time;
    this.random = random;
    tokens = new Tokens(keyring, table, resource, time);
    tokens.resync();
  }

  /** The tokens in memory, for the MCP server. */
  public Tokens tokens() {
    return tokens;
  }

  /**
   * Keeps a client that registered; empty when there are too many.
   *
   * @param client with the id that it will have
   */
  boolean register(Client client) throws SQLException {
    long now = time.epochMillis();
    if (table.clients() >= clientsMax
        && table.dropClients(now - CROWDED_UNUSED.toMillis(), now - CLIENT_IDLE.toMillis()) == 0) {
      return false;
    }
    table.insert(client, now);
    return true;
  }

  Optional<Client> client(String id) throws SQLException {
    return table.client(id);
  }

  /** Makes a code for what was just approved. */
  Secret approve(Approval approval) throws SQLException {
    Secret code = Tokens.make(Tokens.CODE, random);
    table.insert(
        new Code(
            Tokens.hash(code.reveal()),
            "app_" + HexFormat.of().toHexDigits(random.nextLong()),
            approval.account,
            approval.client.id(),
            approval.client.name(),
            approval.redirect,
            approval.challenge,
            approval.scope,
            resource,
            approval.refreshes,
            approval.lifeDays,
            approval.cap,
            time.epochMillis() + CODE_LIFE.toMillis(),
            /* used= */ 0));
    return code;
  }

  /** Whether an account has as many apps as it may. */
  boolean isFull(AccountId account) throws SQLException {
    return apps(account).size() >= GRANTS_MAX;
  }

  /**
   * Exchanges a code (RFC 6749, section 4.1.3). It is used up whatever comes of it.
   *
   * @param verifier of PKCE
   */
  Answer redeem(String code, String client, String redirect, String verifier) throws SQLException {
    oneByOne.lock();
    try {
      long now = time.epochMillis();
      Code found = table.take(Tokens.hash(code), now).orElse(null);
      if (found == null) {
        return refused("The code is unknown.");
      }
      if (found.used() != 0) {
        // "If an authorization code is used more than once, the authorization server MUST deny the
        // request and SHOULD revoke (when possible) all tokens previously issued" (4.1.2).
        revoke(found.grant());
        return refused("The code was used before; what came of it is revoked.");
      }
      if (now >= found.expires()) {
        return refused("The code has expired.");
      }
      if (!found.client().equals(client) || !found.redirect().equals(redirect)) {
        return refused("The code was issued to another client or redirect_uri.");
      }
      if (!found.resource().equals(resource)) {
        return new Answer.Refused("invalid_target", "The code is for another resource.");
      }
      if (!Tokens.fits(verifier, found.challenge())) {
        return refused("The code_verifier does not fit the code_challenge.");
      }
      return begun(found, now);
    } finally {
      oneByOne.unlock();
    }
  }

  private Answer begun(Code code, long now) throws SQLException {
    long ends = now + Duration.ofDays(code.lifeDays()).toMillis();
    KeySettings settings =
        new KeySettings(
            code.clientName(),
            Set.of(Door.MCP),
            Set.of(),
            code.cap(),
            limits,
            Instant.ofEpochMilli(ends));
    StoredKey key = keyring.createForApp(code.account(), settings);
    Grant grant =
        new Grant(
            code.grant(),
            key.id(),
            code.account(),
            code.client(),
            code.clientName(),
            Client.hostOf(code.redirect()),
            code.scope(),
            code.resource(),
            ends,
            now);
    Secret access = Tokens.make(Tokens.ACCESS, random);
    Secret refresh = code.refreshes() ? Tokens.make(Tokens.REFRESH, random) : null;
    boolean kept = false;
    try {
      table.insert(grant, rows(grant, access, refresh, now));
      kept = true;
    } finally {
      if (!kept) {
        keyring.revoke(key.id());
      }
    }
    return issued(grant, access, refresh, accessEnds(grant, now), now);
  }

  private static long accessEnds(Grant grant, long now) {
    return Math.min(grant.ends(), now + ACCESS_LIFE.toMillis());
  }

  private static List<Token> rows(Grant grant, Secret access, @Nullable Secret refresh, long now) {
    List<Token> rows = new ArrayList<>();
    rows.add(
        new Token(Tokens.hash(access.reveal()), false, grant.id(), accessEnds(grant, now), 0, ""));
    if (refresh != null) {
      long ends = Math.min(grant.ends(), now + REFRESH_LIFE.toMillis());
      rows.add(new Token(Tokens.hash(refresh.reveal()), true, grant.id(), ends, 0, ""));
    }
    return rows;
  }

  private Answer issued(Grant grant, Secret access, @Nullable Secret refresh, long ends, long now) {
    tokens.add(Tokens.hash(access.reveal()), grant.key(), ends);
    long seconds = Math.max(0, ends - now) / 1000;
    return new Answer.Issued(access, seconds, refresh, grant.scope(), grant.key());
  }

  private static Answer refused(String description) {
    return new Answer.Refused("invalid_grant", description);
  }

  /**
   * Exchanges a refresh token for its successors. The same one gives the same ones again within the
   * grace; after it, somebody has a copy: "the authorization server MUST … revoke the active
   * refresh token" and what belongs to it (RFC 9700, section 4.14.2).
   */
  Answer refresh(String token, String client) throws SQLException {
    oneByOne.lock();
    try {
      long now = time.epochMillis();
      Token old = table.token(Tokens.hash(token)).orElse(null);
      Grant grant = old == null ? null : table.grant(old.grant()).orElse(null);
      if (old == null || grant == null || !old.refresh() || now >= old.expires()) {
        return refused("The refresh token is unknown, expired or revoked.");
      }
      if (!grant.client().equals(client)) {
        return refused("The refresh token was issued to another client.");
      }
      if (!grant.resource().equals(resource)) {
        return new Answer.Refused("invalid_target", "The token is for another resource.");
      }
      keyring.heard(grant.key());
      if (keyring.live(grant.key()).isEmpty()) {
        return refused("The access was revoked or has ended.");
      }
      if (old.used() == 0) {
        return rotated(grant, old, token, now);
      }
      if (now - old.used() <= GRACE.toMillis()) {
        long ends = accessEnds(grant, old.used());
        return issued(grant, access(token, old.seed()), next(token, old.seed()), ends, now);
      }
      revoke(grant.id());
      return refused("The refresh token was used before; the access is revoked.");
    } finally {
      oneByOne.unlock();
    }
  }

  private static Secret access(String former, String seed) {
    return Tokens.after(former, seed, Tokens.ACCESS);
  }

  private static Secret next(String former, String seed) {
    return Tokens.after(former, seed, Tokens.REFRESH);
  }

  private Answer rotated(Grant grant, Token old, String token, long now) throws SQLException {
    String seed = Tokens.seed(random);
    Secret access = access(token, seed);
    Secret refresh = next(token, seed);
    if (!table.rotate(grant, old, seed, now, rows(grant, access, refresh, now))) {
      // Another node was faster, so the same retry has its answer.
      return refresh(token, grant.client());
    }
    return issued(grant, access, refresh, accessEnds(grant, now), now);
  }

  /** Ends the grant that a token belongs to, when it is this client's (RFC 7009, section 2.1). */
  void revokeToken(String token, String client) throws SQLException {
    Token found = table.token(Tokens.hash(token)).orElse(null);
    Grant grant = found == null ? null : table.grant(found.grant()).orElse(null);
    if (grant != null && grant.client().equals(client)) {
      revoke(grant.id());
    }
  }

  /** Ends a grant with all its tokens, at once, for calls that run too. */
  private void revoke(String id) throws SQLException {
    Grant grant = table.grant(id).orElse(null);
    if (grant != null) {
      keyring.revoke(grant.key());
      table.dropTokens(id);
      tokens.sweep();
    }
  }

  /**
   * Ends an app's access.
   *
   * @return whether the account has such an app
   */
  public boolean revoke(AccountId account, String id) throws SQLException {
    Grant grant = table.grant(id).orElse(null);
    if (grant == null || !grant.account().equals(account)) {
      return false;
    }
    revoke(id);
    return true;
  }

  /** The apps that an account lets in now, the newest first. */
  public List<App> apps(AccountId account) throws SQLException {
    List<App> apps = new ArrayList<>();
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    for (Grant grant : table.grants(account)) {
      StoredKey key = keyring.key(grant.key()).filter(each -> each.isLive(now)).orElse(null);
      if (key != null) {
        apps.add(
            new App(
                grant.id(),
                grant.clientName(),
                grant.redirectHost(),
                Instant.ofEpochMilli(grant.created()),
                key.lastUsed(),
                Instant.ofEpochMilli(grant.ends()),
                key.settings().dailyCap(),
                key.id()));
      }
    }
    return apps;
  }

  /** Forgets what is over. To be called from time to time. */
  public void sweep() throws SQLException {
    tokens.sweep();
    long now = time.epochMillis();
    table.drop(now - CODES_KEPT.toMillis(), now, now - CODES_KEPT.toMillis());
    table.dropClients(now - CLIENT_UNUSED.toMillis(), now - CLIENT_IDLE.toMillis());
  }
}
