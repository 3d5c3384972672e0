package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.chain.EvmChain;
import com.runspace.chain.RpcFault;
import com.runspace.gate.Gate.Condition;
import com.runspace.gate.Gate.StartCheck;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.LinkedWallets.Linked;
import com.runspace.gate.Rounds.Schedule;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The watches of all tokens, and when each has its next round. For one thread, as they are. */
final class Watches implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Watches.class.getName());

  private final Map<TokenWatch, Schedule> schedules = new LinkedHashMap<>();

  Watches(List<TokenWatch> watches, Duration every, Randomness random) {
    watches.forEach(watch -> schedules.put(watch, new Schedule(every, random)));
  }

  List<TokenWatch> all() {
    return List.copyOf(schedules.keySet());
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
      }
    }
  }

  /** Plans the first rounds, as the store has the last ones. */
  void plan(Instant now) {
    schedules.forEach((watch, schedule) -> schedule.plan(watch.holdings().lastRound(), now));
  }

  /** Forgets how the last rounds went: another node makes them. */
  void leave() {
    schedules.values().forEach(Schedule::leave);
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
