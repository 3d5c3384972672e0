package com.runspace.wallet;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.wallet.WalletTable.SessionRow;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;

/**
 * Who is signed in. A cookie holds 256 random bits, and only their hash is kept. All sessions are
 * in memory and in the store, and {@link #find} looks in memory alone; everything else blocks and
 * is not for an event loop. Safe to share between threads.
 *
 * <p>A session ends seven days after the sign-in, a day when a contract signed, whose owners may
 * change, and a day after it was last seen. When that was is written from time to time, so after a
 * crash a session may seem idle for a minute longer.
 */
public final class Sessions {
  /** How long a session lives. */
  public static final Duration LONGEST = Duration.ofDays(7);

  /** How long it lives when nobody uses it, and at most when a contract signed. */
  public static final Duration IDLE = Duration.ofDays(1);

  /** How long a signature counts as fresh. */
  public static final Duration FRESH = Duration.ofMinutes(15);

  private static final int PER_ACCOUNT = 50;
  private static final int COOKIE_BYTES = 32;
  private static final int COOKIE_LENGTH = 43;
  private static final int AGENT_LENGTH = 200;
  private static final Duration NONCES_KEPT = Duration.ofMinutes(10);

  /** Times are written to the minute, not at each request. */
  private static final Duration SEEN_STEP = Duration.ofMinutes(1);

  /**
   * A session that was just made.
   *
   * @param cookie what the browser has to send, which cannot be had again
   */
  public record Opened(Session session, Secret cookie) {}

  private final WalletTable table;
  private final Time time;
  private final Randomness random;
  private final ConcurrentMap<String, Session> live = new ConcurrentHashMap<>();

  /** Sessions that ended and may still be in the store. */
  private final Set<String> ended = ConcurrentHashMap.newKeySet();

  /** Sessions whose last use the store does not know. */
  private final Set<String> seen = ConcurrentHashMap.newKeySet();

  /**
   * Reads all sessions. Blocks.
   *
   * @throws SQLException when the store cannot be read, or was written by a newer version
   */
  public Sessions(Db db, Time time, Randomness random) throws SQLException {
    this.table = new WalletTable(db);
    this.time = time;
    this.random = random;
    for (SessionRow row : table.sessions()) {
      live.put(row.hash(), row.session());
    }
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }

  /** The session of a cookie, which counts as seen. Never blocks. */
  public Optional<Session> find(String cookie) {
    if (cookie.length() != COOKIE_LENGTH) {
      return Optional.empty();
    }
    String hash = hash(cookie);
    Session session = live.get(hash);
    Instant now = now();
    if (session == null || !isLive(session, now)) {
      return Optional.empty();
    }
    if (now.isBefore(session.lastSeen().plus(SEEN_STEP))) {
      return Optional.of(session);
    }
    seen.add(hash);
    return Optional.ofNullable(live.computeIfPresent(hash, (_, old) -> seenAt(old, now)));
  }

  private static Session seenAt(Session old, Instant now) {
    return new Session(
        old.id(),
        old.account(),
        old.wallet(),
        old.created(),
        now,
        old.expires(),
        old.confirmed(),
        old.agent());
  }

  /**
   * Takes in what another node has done with a session: it is there from now on, was seen or
   * confirmed later than is known here, or is over. Blocks.
   *
   * @throws SQLException when the store cannot be read; {@link #resync} makes up for it
   */
  public void heard(String id) throws SQLException {
    SessionRow row = table.session(id).orElse(null);
    if (row == null) {
      live.values().removeIf(session -> session.id().equals(id));
    } else {
      learn(row);
    }
  }

  /**
   * Takes in all that other nodes have done since nobody knows when. Blocks.
   *
   * @throws SQLException when the store cannot be read
   */
  public void resync() throws SQLException {
    // Those that begin while the store is read are not in it perhaps, and stay.
    Set<String> before = Set.copyOf(live.keySet());
    Set<String> there = new HashSet<>();
    for (SessionRow row : table.sessions()) {
      there.add(row.hash());
      learn(row);
    }
    for (String hash : before) {
      Session session = there.contains(hash) ? null : live.get(hash);
      if (session != null) {
        heard(session.id());
      }
    }
  }

  private void learn(SessionRow row) {
    if (!ended.contains(row.session().id())) {
      live.merge(row.hash(), row.session(), Sessions::later);
      if (ended.contains(row.session().id())) {
        live.remove(row.hash());
      }
    }
  }

  /** What two nodes know of one session, together. */
  private static Session later(Session here, Session stored) {
    return new Session(
        here.id(),
        here.account(),
        here.wallet(),
        here.created(),
        max(here.lastSeen(), stored.lastSeen()),
        here.expires(),
        max(here.confirmed(), stored.confirmed()),
        here.agent());
  }

  private static Instant max(Instant one, Instant other) {
    return one.isAfter(other) ? one : other;
  }

  private static boolean isLive(Session session, Instant now) {
    return now.isBefore(session.expires()) && now.isBefore(session.lastSeen().plus(IDLE));
  }

  /**
   * Whether a wallet has signed in this session lately, as a change to keys or wallets asks for. In
   * local mode there is no wallet, and whoever is signed in has the machine.
   */
  public boolean isConfirmed(Session session) {
    return session.wallet().isEmpty() || now().isBefore(session.confirmed().plus(FRESH));
  }

  /** A session that nobody has yet. It is in memory at once, and its cookie is not known. */
  SessionRow draft(
      Secret cookie, AccountId account, String wallet, boolean contract, String agent) {
    Instant now = now();
    Session session =
        new Session(
            "ses_" + HexFormat.of().toHexDigits(random.nextLong()),
            account,
            wallet,
            now,
            now,
            now.plus(contract ? IDLE : LONGEST),
            now,
            plain(agent));
    SessionRow row = new SessionRow(hash(cookie.reveal()), session);
    live.put(row.hash(), session);
    return row;
  }

  /** What a browser calls itself is shown to people, so it is made short and plain. */
  private static String plain(String agent) {
    StringBuilder plain = new StringBuilder();
    agent
        .codePoints()
        .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c)
        .forEach(c -> {
          if (plain.length() + Character.charCount(c) <= AGENT_LENGTH) {
            plain.appendCodePoint(c);
          }
        });
    return plain.toString();
  }

  Secret newCookie() {
    byte[] bits = new byte[COOKIE_BYTES];
    random.fill(bits);
    return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
  }

  /** Takes a draft back that could not be kept. */
  void forget(Secret cookie) {
    live.remove(hash(cookie.reveal()));
  }

  /** An account has a bounded number of sessions; the one unseen for longest ends for a new one. */
  void trim(AccountId account) throws SQLException {
    List<Session> all = list(account);
    if (all.size() > PER_ACCOUNT) {
      Set<String> oldest = new HashSet<>();
      all.subList(PER_ACCOUNT, all.size()).forEach(session -> oldest.add(session.id()));
      endAll(session -> oldest.contains(session.id()));
    }
  }

  /**
   * Opens a session without a wallet, for local mode.
   *
   * @throws SQLException when the store could not keep it; then there is none
   */
  public Opened openLocal(AccountId account, String agent) throws SQLException {
    Secret cookie = newCookie();
    SessionRow row = draft(cookie, account, /* wallet= */ "", /* contract= */ false, agent);
    boolean kept = false;
    try {
      table.insert(row);
      kept = true;
    } finally {
      if (!kept) {
        forget(cookie);
      }
    }
    trim(account);
    return new Opened(row.session(), cookie);
  }

  /** The live sessions of an account, the last seen first. */
  public List<Session> list(AccountId account) {
    Instant now = now();
    return live.values().stream()
        .filter(session -> session.account().equals(account) && isLive(session, now))
        .sorted(Comparator.comparing(Session::lastSeen).reversed().thenComparing(Session::id))
        .toList();
  }

  /** Marks a session as confirmed now, in memory. */
  void confirmed(Session session) {
    Instant now = now();
    live.replaceAll((_, old) -> old.id().equals(session.id()) ? confirmedAt(old, now) : old);
  }

  private static Session confirmedAt(Session old, Instant now) {
    return new Session(
        old.id(),
        old.account(),
        old.wallet(),
        old.created(),
        old.lastSeen(),
        old.expires(),
        now,
        old.agent());
  }

  /**
   * Ends one session of an account, at once.
   *
   * @return whether there was such a one
   * @throws SQLException when the store could not keep that; the session is over all the same, and
   *     is deleted as soon as the store can
   */
  public boolean end(AccountId account, String id) throws SQLException {
    return endAll(session -> session.account().equals(account) && session.id().equals(id)) > 0;
  }

  /** Ends all sessions of an account, as {@link #end} does. Tells how many. */
  public int endAll(AccountId account) throws SQLException {
    return endAll(session -> session.account().equals(account));
  }

  /** Ends the sessions of an account that one wallet has opened. */
  int endOf(AccountId account, String wallet) throws SQLException {
    return endAll(session -> session.account().equals(account) && session.wallet().equals(wallet));
  }

  private int endAll(Predicate<Session> which) throws SQLException {
    int count = 0;
    for (Map.Entry<String, Session> each : live.entrySet()) {
      if (which.test(each.getValue())) {
        ended.add(each.getValue().id());
        live.remove(each.getKey());
        count++;
      }
    }
    if (count > 0) {
      save();
    }
    return count;
  }

  /**
   * Writes what is in memory only and deletes what is over. To be called every minute or so, and
   * before the end. Blocks.
   *
   * @throws SQLException when the store cannot be written; nothing is lost, call it again
   */
  public void save() throws SQLException {
    Instant now = now();
    if (table.isShared()) {
      askAboutIdle(now);
    }
    live.forEach((hash, session) -> {
      if (!isLive(session, now)) {
        ended.add(session.id());
        live.remove(hash);
      }
    });
    List<String> hashes = List.copyOf(seen);
    Map<String, Instant> times = new HashMap<>();
    for (String hash : hashes) {
      seen.remove(hash);
      Session session = live.get(hash);
      if (session != null) {
        times.put(session.id(), session.lastSeen());
      }
    }
    List<String> over = List.copyOf(ended);
    boolean kept = false;
    try {
      table.save(times, over, now.minus(NONCES_KEPT));
      over.forEach(ended::remove);
      kept = true;
    } finally {
      if (!kept) {
        seen.addAll(hashes);
      }
    }
  }

  /** A session that is idle here may be in use on another node, which writes that each minute. */
  private void askAboutIdle(Instant now) throws SQLException {
    Instant soon = now.plus(SEEN_STEP.multipliedBy(5));
    for (Session session : List.copyOf(live.values())) {
      if (now.isBefore(session.expires()) && !isLive(session, soon)) {
        heard(session.id());
      }
    }
  }

  private static String hash(String cookie) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(cookie.getBytes(US_ASCII)));
    } catch (NoSuchAlgorithmException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }
}
