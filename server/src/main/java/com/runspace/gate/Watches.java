package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.chain.EvmChain;
import com.runspace.chain.Namespace;
import com.runspace.chain.RpcFault;
import com.runspace.gate.Gate.Condition;
import com.runspace.gate.Gate.StartCheck;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.LinkedWallets.Linked;
import com.runspace.gate.Rounds.Schedule;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The watches of all tokens, and when each has its next round. For one thread, as they are. */
final class Watches implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Watches.class.getName());

  private final Map<TokenWatch, Schedule> schedules = new LinkedHashMap<>();
  private final GateTable table;

  /** Whether the store may have what is not here, since it failed in the middle of something. */
  private boolean behind;

  /** Whether the store could not be asked the last time. */
  private boolean out;

  private Watches(GateTable table) {
    this.table = table;
  }

  /** Opens the watches of all tokens with what the store has. Blocks. */
  static Watches open(GateSettings settings, GateTable table, Time time, Randomness random)
      throws SQLException {
    Watches watches = new Watches(table);
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    for (Token token : settings.tokens()) {
      TokenSource source =
          token.address().namespace() == Namespace.EIP155
              ? new EvmSource(token, time)
              : new SolanaSource(token, time);
      Holdings known = new Holdings(token, settings, table, now);
      watches.schedules.put(
          new TokenWatch(source, known, settings, table, random),
          new Schedule(settings.every(), random));
    }
    return watches;
  }

  List<Holdings> holdings() {
    return schedules.keySet().stream().map(TokenWatch::holdings).toList();
  }

  /** Asks every provider whether it is on the chain of the settings and has the token. Blocks. */
  StartCheck check() {
    List<String> warnings = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    schedules.keySet().forEach(watch -> problems.addAll(watch.problems(warnings)));
    return new StartCheck(List.copyOf(problems), List.copyOf(warnings));
  }

  /** How the chains are doing. */
  List<Condition> conditions(Instant now) {
    List<Condition> conditions = new ArrayList<>();
    schedules.forEach((watch, schedule) -> {
      Holdings of = watch.holdings();
      conditions.add(
          new Condition(
              of.token().name(),
              of.token().chain(),
              of.lastRound(),
              of.frozen(now),
              of.disputed(),
              schedule.fault()));
    });
    return conditions;
  }

  /** The chains on which contract wallets may sign in, by their CAIP-2 name. */
  Map<String, EvmChain> contractChains() {
    Map<String, EvmChain> chains = new HashMap<>();
    for (TokenWatch watch : schedules.keySet()) {
      Token token = watch.holdings().token();
      if (token.contractWallets() && watch.source() instanceof EvmSource source) {
        chains.putIfAbsent(token.chain(), source.chain());
      }
    }
    return Map.copyOf(chains);
  }

  List<TokenWatch> due(Instant now) {
    return schedules.keySet().stream().filter(each -> schedule(each).isDue(now)).toList();
  }

  private Schedule schedule(TokenWatch watch) {
    return Objects.requireNonNull(schedules.get(watch));
  }

  /** One round over all wallets; when it fails it is tried again later. */
  void round(TokenWatch watch, LinkedWallets.Known wallets, Instant now) {
    Schedule schedule = schedule(watch);
    String fault = "";
    schedule.begins(now);
    try {
      wallets.learn();
      watch.round(wallets.countable(wallets.all()), now);
    } catch (RpcFault | TokenWatch.Disputed | SQLException failed) {
      fault = String.valueOf(failed.getMessage());
      behind |= isOfStore(failed);
    }
    if (schedule.ended(fault, now)) {
      String what = fault.isEmpty() ? "read again" : "no round, " + fault;
      Level level = fault.isEmpty() ? Level.INFO : Level.WARNING;
      LOG.log(level, "{0}: {1}", watch.holdings().token().name(), what);
    }
  }

  /** Reads the wallets of one account; what cannot be read stays as it was. */
  void read(AccountId account, List<Linked> mine, Instant now) {
    for (TokenWatch watch : schedules.keySet()) {
      try {
        watch.read(mine, now);
      } catch (RpcFault | TokenWatch.Disputed | SQLException failed) {
        LOG.log(
            Level.INFO,
            "{0}: the wallets of {1} cannot be read, {2}",
            watch.holdings().token().name(),
            account,
            failed.getMessage());
        behind |= isOfStore(failed);
      }
    }
  }

  /** Where nobody else writes to the store, what failed there is not in it. */
  private boolean isOfStore(Exception failed) {
    return failed instanceof SQLException && table.isShared();
  }

  // --- nodes that share a store --------------------------------------------------------------

  /** Makes this the node that writes; says whether it has all that the store has. Blocks. */
  boolean lead(LinkedWallets.Known wallets, Instant now) {
    try {
      table.take();
    } catch (SQLException later) {
      LOG.log(Level.WARNING, "the gate cannot take its turn: {0}", later.getMessage());
      return false;
    }
    behind = !learn(/* anew= */ true, wallets, now);
    return !behind;
  }

  /** Whether {@link #lead} has to be asked once more before anything is read. */
  boolean isBehind() {
    return behind;
  }

  /**
   * Whether this node cannot read a chain for so long that another should try. Where providers tell
   * different things another would be told the same.
   */
  boolean isStuck() {
    return table.isShared()
        && schedules.entrySet().stream()
            .anyMatch(
                each -> each.getValue().isStuck() && each.getKey().holdings().disputed() == null);
  }

  /** Says whether this node only takes in what another has stored. */
  void follow(boolean another) {
    schedules.keySet().forEach(watch -> watch.holdings().follow(another));
    if (another) {
      schedules.values().forEach(Schedule::leave);
    }
  }

  /**
   * Takes in what the store has. Blocks.
   *
   * @param anew takes all of it, and not only what is new
   * @param wallets to be asked for as well; null when they need not be
   * @return whether that was possible
   */
  boolean learn(boolean anew, LinkedWallets.@Nullable Known wallets, Instant now) {
    boolean again = out;
    out = true;
    try {
      if (wallets != null) {
        wallets.learn();
      }
      for (TokenWatch watch : schedules.keySet()) {
        if (anew) {
          watch.holdings().doubt();
        }
        watch.learn(now);
      }
      out = false;
    } catch (SQLException | IllegalStateException later) {
      Level level = again ? Level.DEBUG : Level.WARNING;
      LOG.log(level, "the gate cannot follow: {0}", later.getMessage());
    }
    return !out;
  }

  /**
   * Has rounds made at once where wallets were linked and nobody who reads has heard of it. Blocks.
   *
   * @return whether it could be told
   */
  boolean hasten(LinkedWallets.Known wallets, Instant now) {
    try {
      wallets.learn();
    } catch (IllegalStateException later) {
      LOG.log(Level.DEBUG, "the gate cannot catch up: {0}", later.getMessage());
      return false;
    }
    List<Linked> linked = wallets.countable(wallets.all());
    schedules.forEach((watch, schedule) -> {
      if (linked.stream().anyMatch(watch.holdings()::isUnread)) {
        schedule.hasten(now);
      }
    });
    return true;
  }

  /** Plans the first rounds, as the store has the last ones. */
  void plan(Instant now) {
    schedules.forEach((watch, schedule) -> schedule.plan(watch.holdings().lastRound(), now));
  }

  /** Keeps what was found. */
  void save() {
    for (TokenWatch watch : schedules.keySet()) {
      try {
        watch.save();
      } catch (SQLException fault) {
        LOG.log(Level.WARNING, "what was found cannot be kept: {0}", fault.getMessage());
      }
    }
  }

  @Override
  public void close() {
    schedules.keySet().forEach(watch -> watch.source().close());
  }
}
