package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.chain.Address;
import com.runspace.gate.Floor.Sample;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.GateTable.Found;
import com.runspace.gate.GateTable.News;
import com.runspace.gate.GateTable.Row;
import com.runspace.gate.LinkedWallets.Linked;
import com.runspace.gate.Rounds.Round;
import com.runspace.gate.TokenSource.Reading;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one token: its rounds, the newest readings, and what they are worth to an
 * account. All in memory; the store has the rounds and what was last found. Safe to share.
 *
 * <p>While the chain cannot be read, or two of its providers tell different things, nothing new is
 * granted: what counts is no more than what last counted, and later, after the grace, nothing.
 * There are no rounds then, so the window reaches back to the one before, and what went elsewhere
 * in the meantime does not count there for a day more. The rule of {@link Floor} holds throughout.
 *
 * <p>Where another node reads the chain this follows: what counts is what that node has found, and
 * never more than the store's rounds allow at this moment. When the turn comes to this node nothing
 * new is granted until it has read the chain itself: the one before may have had doubts.
 */
final class Holdings {
  /** For this long a wallet counts for no other account, where there is no window. */
  private static final Duration CLAIMED = Duration.ofDays(1);

  /** What a wallet held when it was last read, in a round or for its account alone. */
  private record Newest(BigInteger raw, long number, Instant at) {}

  /**
   * What a token is worth to an account.
   *
   * @param effective what counts
   * @param asOf when it was last read; null when never
   */
  record Worth(
      BigInteger now,
      BigInteger floor,
      BigInteger effective,
      List<Sample> samples,
      @Nullable Instant asOf) {}

  private final Token token;
  private final GateSettings settings;
  private final Instant started;
  private final Floor floor;
  private final Map<Address, Newest> newest = new HashMap<>();
  private final Map<AccountId, Found> found = new HashMap<>();
  private final Map<AccountId, Found> unsaved = new HashMap<>();
  private Rounds rounds = new Rounds();
  private boolean follows;

  /** Whether this node reads in the place of another, and has not yet. */
  private boolean begins;

  private @Nullable Instant disputed;

  /** Of what is stored all up to this version is here. For the thread that loads. */
  private long seen = GateTable.NOTHING;

  /** Stored rounds before this moment are not wanted here. */
  private Instant from = Instant.MIN;

  /** Reads from the store what is there of the token. */
  Holdings(Token token, GateSettings settings, GateTable table, Instant started)
      throws SQLException {
    this.token = token;
    this.settings = settings;
    this.started = started;
    this.floor = new Floor(token.window(), settings.every());
    News all = table.news(token.id(), token.address().namespace(), GateTable.NOTHING);
    take(Objects.requireNonNull(all), all.rounds());
  }

  /** Takes in what the store has that is not here. Blocks; for one thread. */
  void load(GateTable table, Instant now) throws SQLException {
    News news = table.news(token.id(), token.address().namespace(), seen);
    if (news != null && news.version() < seen) {
      // The store is an older copy of itself.
      doubt();
      news = table.news(token.id(), token.address().namespace(), seen);
    }
    if (news != null) {
      Instant unneeded = unneededBefore(now, news.rounds());
      // It only rises, since of a round that was here before not all rows are in the news.
      if (unneeded != null && unneeded.isAfter(from)) {
        from = unneeded;
      }
      Round last = news.rounds().isEmpty() ? null : news.rounds().getLast();
      take(
          news,
          news.rounds().stream()
              .filter(round -> !round.at().isBefore(from) || round.equals(last))
              .toList());
    }
  }

  /** Takes all that the store has in the place of what is here, the next time. */
  void doubt() {
    seen = GateTable.NOTHING;
    from = Instant.MIN;
  }

  private synchronized void take(News news, List<Round> known) {
    boolean whole = seen == GateTable.NOTHING;
    Map<Long, List<Row>> held = news.rows().stream().collect(Collectors.groupingBy(Row::round));
    boolean same = !whole && known.equals(rounds.all());
    if (same) {
      rounds.fill(news.rows());
    } else {
      Set<Round> here = whole ? Set.of() : Set.copyOf(rounds.all());
      Rounds all = new Rounds();
      for (Round round : known) {
        all.add(round, here.contains(round) ? rounds.rowsOf(round) : List.of());
        all.fill(held.getOrDefault(round.id(), List.of()));
      }
      rounds = all;
      newest.clear();
    }
    for (Round round : known) {
      note(round, same ? held.getOrDefault(round.id(), List.of()) : rounds.rowsOf(round));
    }
    if (whole) {
      found.clear();
    }
    found.putAll(news.found());
    seen = news.version();
  }

  private void note(Round round, Collection<Row> rows) {
    for (Row row : rows) {
      Newest before = newest.get(row.wallet());
      if (before == null || !before.at.isAfter(round.at())) {
        newest.put(row.wallet(), new Newest(row.raw(), round.number(), round.at()));
      }
    }
  }

  /** Says whether another node finds what counts. */
  synchronized void follow(boolean another) {
    begins = follows && !another;
    follows = another;
    unsaved.clear();
    // Who reads next compares providers himself, and grants nothing anew before.
    disputed = null;
  }

  /** Whether a wallet counts and was in no reading yet, at a time when there have been some. */
  synchronized boolean isUnread(Linked wallet) {
    return rounds.newest() != null && counts(wallet) && !newest.containsKey(wallet.address());
  }

  Token token() {
    return token;
  }

  Floor floor() {
    return floor;
  }

  /** Whether a linked wallet counts for this token. */
  boolean counts(Linked wallet) {
    return wallet.address().namespace() == token.address().namespace()
        && (wallet.chain().isEmpty()
            || (token.contractWallets() && wallet.chain().equals(token.chain())))
        && !settings.never().contains(wallet.address());
  }

  // --- what it is worth ----------------------------------------------------------------------

  /** What the token is worth to an account with these wallets now. */
  synchronized Worth worth(AccountId account, Collection<Linked> wallets, Instant now) {
    BigInteger held = BigInteger.ZERO;
    Instant asOf = null;
    for (Linked wallet : wallets) {
      Newest last = counts(wallet) ? newest.get(wallet.address()) : null;
      if (last != null && !isClaimed(wallet, now)) {
        held = held.add(last.raw);
        asOf = asOf == null || last.at.isBefore(asOf) ? last.at : asOf;
      }
    }
    List<Sample> samples = rounds.samples(account);
    Instant freeze = lastGood().plus(settings.freezeAfter());
    Instant stops = disputed != null && disputed.isBefore(freeze) ? disputed : freeze;
    boolean stopped = !now.isBefore(stops);
    BigInteger lowest = floor.isInstant() ? held : floor.at(stopped ? stops : now, samples);
    BigInteger effective = lowest.min(held);
    Found before = found.get(account);
    if (stopped || follows || begins) {
      effective = before == null ? BigInteger.ZERO : effective.min(before.effective());
    }
    if (!now.isBefore(freeze.plus(settings.grace()))) {
      effective = BigInteger.ZERO;
    }
    // What unlinking a wallet loses while nothing can be read is lost until it can.
    boolean moved = before == null ? effective.signum() > 0 : !before.effective().equals(effective);
    if (moved && !follows) {
      Found changed = new Found(effective, now);
      found.put(account, changed);
      unsaved.put(account, changed);
    }
    return new Worth(held, lowest, effective, samples, asOf);
  }

  /**
   * With a window a wallet brings its rounds to nobody else. Without one it must not count for two
   * accounts in a day either.
   */
  private boolean isClaimed(Linked wallet, Instant now) {
    if (!floor.isInstant()) {
      return false;
    }
    Instant since = now.minus(CLAIMED);
    return rounds.all().stream()
        .filter(round -> round.at().isAfter(since))
        .map(round -> rounds.row(round, wallet.address()))
        .anyMatch(row -> row != null && !row.account().equals(wallet.account()));
  }

  private Instant lastGood() {
    Round last = rounds.newest();
    return last == null ? started : last.at();
  }

  /** When the last good round was; null when there was none. */
  synchronized @Nullable Instant lastRound() {
    Round last = rounds.newest();
    return last == null ? null : last.at();
  }

  /** Since when the chain could not be read, once that is too long; null while all is well. */
  synchronized @Nullable Instant frozen(Instant now) {
    Instant good = lastGood();
    return now.isBefore(good.plus(settings.freezeAfter())) ? null : good;
  }

  /** Since when two providers tell different things; null when they do not. */
  synchronized @Nullable Instant disputed() {
    return disputed;
  }

  /** Says that two providers tell different things since this moment, or, with null, not more. */
  synchronized void dispute(@Nullable Instant since) {
    disputed = since;
  }

  /** What was found since the last time this was asked. */
  synchronized Map<AccountId, Found> takeUnsaved() {
    Map<AccountId, Found> changed = Map.copyOf(unsaved);
    unsaved.clear();
    return changed;
  }

  /** Gives back what could not be kept, for the next time. */
  synchronized void putBack(Map<AccountId, Found> changed) {
    if (!follows) {
      changed.forEach(unsaved::putIfAbsent);
    }
  }

  // --- rounds and readings -------------------------------------------------------------------

  synchronized List<Round> rounds() {
    return rounds.all();
  }

  synchronized @Nullable Round newestRound() {
    return rounds.newest();
  }

  synchronized @Nullable Row row(Round round, Address wallet) {
    return rounds.row(round, wallet);
  }

  synchronized Collection<Row> rowsOf(Round round) {
    return rounds.rowsOf(round);
  }

  synchronized List<Round> roundsWithout(Address wallet) {
    return rounds.without(wallet);
  }

  synchronized void add(Round round, Collection<Row> rows) {
    rounds.add(round, rows);
  }

  synchronized void fill(Collection<Row> rows) {
    rounds.fill(rows);
  }

  synchronized void replace(Round round, Collection<Row> rows) {
    rounds.replace(round, rows);
  }

  /** Takes a reading for the newest, where no newer one is there. */
  synchronized void remember(Reading reading, Instant at) {
    begins = false;
    reading
        .held()
        .forEach((wallet, raw) -> {
          Newest before = newest.get(wallet);
          if (before == null || before.number <= reading.number()) {
            newest.put(wallet, new Newest(raw, reading.number(), at));
          }
        });
  }

  /** Forgets readings of wallets that are not among these. */
  synchronized void retain(Collection<Address> wallets) {
    newest.keySet().retainAll(Set.copyOf(wallets));
  }

  /** Forgets all rounds. */
  synchronized void clear() {
    rounds.dropBefore(Instant.MAX);
  }

  /**
   * Forgets the rounds that no window needs any more.
   *
   * @return the moment before which they were; null when all are needed
   */
  synchronized @Nullable Instant prune(Instant now) {
    Instant before = unneededBefore(now, rounds.all());
    if (before != null) {
      rounds.dropBefore(before);
    }
    return before;
  }

  private @Nullable Instant unneededBefore(Instant now, List<Round> all) {
    Instant start = floor.start(now, all.stream().map(Round::at).toList());
    if (start == null) {
      return null;
    }
    Instant before = floor.isInstant() ? now.minus(CLAIMED) : start;
    return before.minus(settings.every());
  }
}
