package com.runspace.gate;

import com.runspace.base.Randomness;
import com.runspace.chain.Address;
import com.runspace.chain.RpcFault;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.GateTable.Row;
import com.runspace.gate.LinkedWallets.Linked;
import com.runspace.gate.Rounds.Round;
import com.runspace.gate.TokenSource.Reading;
import java.lang.System.Logger.Level;
import java.math.BigInteger;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one token from its chain: a round over all wallets in each slot, the wallets of one account
 * when they change, and the past of a wallet that has none. What comes of it is in {@link
 * Holdings}. For one thread.
 */
final class TokenWatch {
  private static final System.Logger LOG = System.getLogger(TokenWatch.class.getName());

  /** How long rounds are kept in the store at least. */
  private static final Duration KEPT = Duration.ofDays(3);

  /** One round in so many asks a second provider too. */
  private static final int COMPARED_ONE_IN = 10;

  private static final Duration DAY = Duration.ofDays(1);

  /** Two providers tell different things. */
  static final class Disputed extends Exception {
    private static final long serialVersionUID = 1L;

    Disputed(String message) {
      super(message);
    }
  }

  private final Token token;
  private final TokenSource source;
  private final Holdings holdings;
  private final GateSettings settings;
  private final GateTable table;
  private final Randomness random;
  private boolean checked;
  private boolean compareNext = true;

  TokenWatch(
      TokenSource source,
      Holdings holdings,
      GateSettings settings,
      GateTable table,
      Randomness random) {
    this.token = holdings.token();
    this.source = source;
    this.holdings = holdings;
    this.settings = settings;
    this.table = table;
    this.random = random;
  }

  Holdings holdings() {
    return holdings;
  }

  TokenSource source() {
    return source;
  }

  /** Keeps what was last found, so that a start in the middle of a freeze knows it. */
  void save() throws SQLException {
    var changed = holdings.takeUnsaved();
    boolean kept = changed.isEmpty();
    try {
      if (!kept) {
        table.saveFound(token.id(), changed);
        kept = true;
      }
    } finally {
      if (!kept) {
        holdings.putBack(changed);
      }
    }
  }

  /** Takes in what another node has stored. */
  void learn(Instant now) throws SQLException {
    holdings.load(table, now);
    compareNext = true;
  }

  /**
   * One round over all wallets. When it throws there was none.
   *
   * @throws Disputed when two providers tell different things; then nothing is granted anew until a
   *     round in which they agree
   */
  void round(Collection<Linked> all, Instant now) throws RpcFault, Disputed, SQLException {
    check();
    List<Linked> wallets = all.stream().filter(holdings::counts).toList();
    Round last = holdings.newestRound();
    if (!isInstant() && (last == null || isForgotten(last, now))) {
      begin(now);
    } else if (last != null) {
      mend();
    }
    boolean compare = compareNext || holdings.disputed() != null || oneIn(COMPARED_ONE_IN);
    Reading reading = read(addresses(wallets), compare, now);
    List<Row> rows = rows(wallets, reading);
    Instant at = last == null || now.isAfter(last.at()) ? now : last.at().plusMillis(1);
    Round round = table.addRound(token.id(), at, reading.number(), reading.hash(), rows);
    compareNext = false;
    holdings.add(round, ofRound(round, rows));
    holdings.retain(addresses(wallets));
    holdings.remember(reading, at);
    fill(wallets, now);
    prune(now);
  }

  /** Reads the wallets of one account, and their history where they have none yet. */
  void read(Collection<Linked> mine, Instant now) throws RpcFault, Disputed, SQLException {
    List<Linked> wallets = mine.stream().filter(holdings::counts).toList();
    if (wallets.isEmpty()) {
      return;
    }
    check();
    Reading reading = read(addresses(wallets), /* compare= */ true, now);
    holdings.remember(reading, now);
    if (isInstant()) {
      // So that it is known tomorrow for whom these wallets counted today.
      List<Row> rows = rows(wallets, reading);
      Round round = table.addRound(token.id(), now, reading.number(), reading.hash(), rows);
      holdings.add(round, ofRound(round, rows));
    }
    fill(wallets, now);
  }

  private boolean isInstant() {
    return holdings.floor().isInstant();
  }

  private static List<Row> rows(List<Linked> wallets, Reading reading) {
    return wallets.stream()
        .map(each -> new Row(0, each.address(), each.account(), held(reading, each.address())))
        .toList();
  }

  private static List<Address> addresses(Collection<Linked> wallets) {
    return wallets.stream().map(Linked::address).distinct().toList();
  }

  private static List<Row> ofRound(Round round, List<Row> rows) {
    return rows.stream()
        .map(row -> new Row(round.id(), row.wallet(), row.account(), row.raw()))
        .toList();
  }

  private static BigInteger held(Reading reading, Address wallet) {
    return reading.held().getOrDefault(wallet, BigInteger.ZERO);
  }

  /** A provider of another chain or token is found out before its first answer counts. */
  private void check() throws RpcFault {
    if (!checked) {
      List<String> unreachable = new ArrayList<>();
      List<String> problems = problems(unreachable);
      if (!problems.isEmpty()) {
        throw new RpcFault(RpcFault.Kind.OTHER, String.join("; ", problems));
      }
      checked = unreachable.isEmpty();
    }
  }

  /**
   * Why this is not the token of the settings, as each provider tells; a provider that does not
   * answer tells nothing. Blocks.
   *
   * @param unreachable gets a sentence for each provider that does not answer
   */
  List<String> problems(List<String> unreachable) {
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < source.providers(); i++) {
      String about = "gate token '" + token.name() + "', rpc " + (i + 1) + ": ";
      try {
        String problem = source.problem(i);
        if (problem != null) {
          problems.add(about + problem);
        }
      } catch (RpcFault fault) {
        unreachable.add(about + fault.getMessage());
      }
    }
    return problems;
  }

  private Reading read(List<Address> holders, boolean compare, Instant now)
      throws RpcFault, Disputed {
    Reading reading = compare && source.providers() > 1 ? compared(holders, now) : null;
    if (reading == null) {
      if (holdings.disputed() != null) {
        throw new RpcFault(RpcFault.Kind.OTHER, "two providers must agree again, and one is away");
      }
      reading = source.read(holders);
    }
    Round last = holdings.newestRound();
    if (last != null && reading.number() < last.number()) {
      throw new RpcFault(
          RpcFault.Kind.OTHER,
          "%s: an old block, %d after %d".formatted(token.name(), reading.number(), last.number()));
    }
    Instant at = reading.at();
    if (at != null && at.isBefore(now.minus(settings.freezeAfter()))) {
      throw new RpcFault(
          RpcFault.Kind.OTHER,
          token.name() + ": the newest final block is of " + at + ", the chain or the node stands");
    }
    return reading;
  }

  /** A reading that a second provider confirms; null when one of the two is away. */
  private @Nullable Reading compared(List<Address> holders, Instant now) throws Disputed {
    TokenSource first = source.only(0);
    TokenSource second = source.only(1 + below(source.providers() - 1));
    Reading reading;
    String difference;
    try {
      reading = first.read(holders);
      difference = second.differs(reading, first);
    } catch (RpcFault fault) {
      LOG.log(Level.INFO, "{0}: not compared, {1}", token.name(), fault.getMessage());
      return null;
    }
    Instant since = holdings.disputed();
    if (difference == null) {
      if (since != null) {
        LOG.log(Level.WARNING, "{0}: its providers agree again", token.name());
        holdings.dispute(null);
      }
      return reading;
    }
    throw dispute(difference, now);
  }

  private Disputed dispute(String difference, Instant now) {
    if (holdings.disputed() == null) {
      holdings.dispute(now);
      LOG.log(
          Level.ERROR,
          "{0}: two of its providers cannot both be right, {1}; nothing is granted anew",
          token.name(),
          difference);
    }
    return new Disputed(difference);
  }

  /**
   * Whether so long ago that nobody can have been granted anything since yesterday: then history
   * can begin anew.
   */
  private boolean isForgotten(Round last, Instant now) {
    return last.at().plus(settings.freezeAfter()).plus(settings.grace()).plus(DAY).isBefore(now);
  }

  /**
   * The first start: rounds that nobody made are put at a random moment of each slot of the window,
   * and filled as for a new wallet. So old holders need not wait.
   */
  private void begin(Instant now) throws RpcFault, SQLException {
    table.deleteBefore(token.id(), now.plus(DAY));
    holdings.clear();
    long slot = settings.every().toMillis();
    long oldest = now.minus(token.window()).toEpochMilli() / slot - 3;
    List<Round> past = new ArrayList<>();
    for (long at = oldest; at < now.toEpochMilli() / slot; at++) {
      Instant moment = Instant.ofEpochMilli(at * slot + below((int) slot));
      Round round = source.past(moment);
      if (round != null) {
        past.add(round);
      }
    }
    for (Round each : past) {
      Round round = table.addRound(token.id(), each.at(), each.number(), each.hash(), List.of());
      holdings.add(round, List.of());
    }
    LOG.log(Level.INFO, "{0}: begins with {1} rounds of the past", token.name(), past.size());
  }

  /** A chain that took back blocks which were final: the rounds on them are read again. */
  private void mend() throws RpcFault, SQLException {
    int again = 0;
    for (Round round : holdings.rounds().reversed()) {
      Collection<Row> rows = holdings.rowsOf(round);
      Reading reading = source.replaced(round, rows.stream().map(Row::wallet).toList());
      if (reading == null) {
        break;
      }
      Round other = new Round(round.id(), round.at(), reading.number(), reading.hash());
      List<Row> held =
          rows.stream()
              .map(row ->
                  new Row(row.round(), row.wallet(), row.account(), held(reading, row.wallet())))
              .toList();
      table.replace(other, held);
      holdings.replace(other, held);
      again++;
    }
    if (again > 0) {
      LOG.log(
          Level.ERROR,
          "{0}: blocks that were final are others now; {1} rounds were read again",
          token.name(),
          again);
    }
  }

  /** Learns the past of wallets that have none; what cannot be learnt counts as nothing. */
  private void fill(List<Linked> wallets, Instant now) throws SQLException, Disputed {
    if (isInstant()) {
      return;
    }
    for (Linked wallet : wallets) {
      List<Round> missing = holdings.roundsWithout(wallet.address());
      if (missing.isEmpty()) {
        continue;
      }
      try {
        List<Row> rows = new ArrayList<>();
        history(wallet.address(), missing, now)
            .forEach(
                (round, raw) -> rows.add(new Row(round, wallet.address(), wallet.account(), raw)));
        table.fill(rows);
        holdings.fill(rows);
      } catch (RpcFault fault) {
        LOG.log(
            Level.WARNING,
            "{0}: the past of a wallet cannot be read, {1}",
            token.name(),
            fault.getMessage());
      }
    }
  }

  /** The past as two providers tell it, where two can. */
  private Map<Long, BigInteger> history(Address wallet, List<Round> missing, Instant now)
      throws RpcFault, Disputed {
    if (source.providers() < 2) {
      return source.history(wallet, missing);
    }
    Map<Long, BigInteger> one;
    Map<Long, BigInteger> other;
    try {
      one = source.only(0).history(wallet, missing);
      other = source.only(1 + below(source.providers() - 1)).history(wallet, missing);
    } catch (RpcFault _) {
      return source.history(wallet, missing);
    }
    if (!one.equals(other)) {
      throw dispute("they tell different pasts of a wallet", now);
    }
    return one;
  }

  /** Keeps what the window can still need, and three days at least in the store. */
  private void prune(Instant now) throws SQLException {
    Instant before = holdings.prune(now);
    if (before != null) {
      Instant kept = now.minus(KEPT);
      table.deleteBefore(token.id(), before.isBefore(kept) ? before : kept);
    }
  }

  private boolean oneIn(int many) {
    return below(many) == 0;
  }

  private int below(int bound) {
    return (int) Math.floorMod(random.nextLong(), (long) bound);
  }
}
