package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.EvmChain;
import com.runspace.chain.Namespace;
import com.runspace.chain.RpcFault;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.LinkedWallets.Linked;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What an account's wallets unlock. One thread reads the chains: all wallets in each slot, and
 * those of one account when they change. Whoever asks for an entitlement is answered from memory.
 *
 * <p>What counts is told in {@link Floor}; what happens when a chain cannot be read, in {@link
 * Holdings}.
 */
public final class Gate implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Gate.class.getName());

  /** One account has its wallets read at most so often while they stay the same. */
  private static final Duration REFRESH = Duration.ofMinutes(1);

  private static final Duration RETRY_FIRST = Duration.ofSeconds(30);
  private static final int RETRY_DOUBLINGS = 4;
  private static final int WAITING_MOST = 10_000;
  private static final long TICK_MILLIS = 1000;

  /**
   * What the start found.
   *
   * @param problems because of which the service must not start: another chain, another token
   * @param warnings providers that did not answer
   */
  public record StartCheck(List<String> problems, List<String> warnings) {}

  /**
   * How one token's chain is doing, for the operator.
   *
   * @param lastRound when all wallets were last read; null when never
   * @param frozen since when it could not be read, once that is too long
   * @param disputed since when two providers tell different things
   * @param fault why the last try failed; empty when it did not
   */
  public record Condition(
      String token,
      String chain,
      @Nullable Instant lastRound,
      @Nullable Instant frozen,
      @Nullable Instant disputed,
      String fault) {}

  /** When a token's next round is, and how the last one went. */
  private static final class Schedule {
    private Instant due = Instant.MIN;
    private int failures;
    private volatile String fault = "";
  }

  private record Asked(AccountId account, CompletableFuture<Entitlement> answer) {}

  private record LastRead(Set<Linked> wallets, Instant at) {}

  private final GateSettings settings;
  private final LinkedWallets linked;
  private final Time time;
  private final Randomness random;
  private final List<TokenWatch> watches;
  private final List<Holdings> holdings;
  private final Map<TokenWatch, Schedule> schedules = new LinkedHashMap<>();
  private final Map<AccountId, Entitlement> entitlements = new ConcurrentHashMap<>();
  private final KnownWallets wallets;
  private final Map<AccountId, LastRead> lastReads = new ConcurrentHashMap<>();
  private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>(WAITING_MOST);
  private Instant reckoned = Instant.MIN;
  private volatile boolean closed;
  private @Nullable Thread thread;

  private Gate(
      GateSettings settings,
      LinkedWallets linked,
      Time time,
      Randomness random,
      List<TokenWatch> watches) {
    this.settings = settings;
    this.linked = linked;
    this.wallets = new KnownWallets(linked);
    this.time = time;
    this.random = random;
    this.watches = watches;
    this.holdings = watches.stream().map(TokenWatch::holdings).toList();
    watches.forEach(watch -> schedules.put(watch, new Schedule()));
  }

  /**
   * Opens the gate with what the store has; no chain is asked yet. Blocks.
   *
   * @param settings without problems
   */
  public static Gate open(
      Db db, Time time, Randomness random, GateSettings settings, LinkedWallets linked)
      throws SQLException {
    GateTable table = new GateTable(db);
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    List<TokenWatch> watches = new ArrayList<>();
    for (Token token : settings.tokens()) {
      TokenSource source =
          token.address().namespace() == Namespace.EIP155
              ? new EvmSource(token, time)
              : new SolanaSource(token, time);
      Holdings known = new Holdings(token, settings, table, now);
      watches.add(new TokenWatch(source, known, settings, table, random));
    }
    Gate gate = new Gate(settings, linked, time, random, List.copyOf(watches));
    gate.wallets.learn();
    gate.reckon(now);
    gate.plan(now);
    return gate;
  }

  /** Asks every provider whether it is on the chain of the settings and has the token. Blocks. */
  public StartCheck check() {
    List<String> warnings = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    watches.forEach(watch -> problems.addAll(watch.problems(warnings)));
    return new StartCheck(List.copyOf(problems), List.copyOf(warnings));
  }

  /** Starts the thread that reads the chains. */
  public synchronized void start() {
    if (thread == null && !closed) {
      thread = Thread.ofVirtual().name("gate").start(this::run);
    }
  }

  /** What an account is entitled to now. Reads memory only. */
  public Entitlement entitlement(AccountId account) {
    Entitlement known = entitlements.get(account);
    return known == null ? Entitlement.none(account) : known;
  }

  /**
   * Says that an account signed in, that its wallets changed, or that its holder wants to know
   * anew. What a wallet that was unlinked gave is gone when this returns. The chain is asked on
   * another thread, for the same wallets once a minute at most. May block for the store.
   *
   * @return completed when the chain was read or could not be
   */
  public CompletableFuture<Entitlement> accountChanged(AccountId account) {
    Instant now = now();
    wallets.learn(account);
    reckon(account, now);
    CompletableFuture<Entitlement> answer = new CompletableFuture<>();
    LastRead last = lastReads.get(account);
    boolean fresh =
        last != null
            && last.wallets.equals(Set.copyOf(wallets.of(account)))
            && now.isBefore(last.at.plus(REFRESH));
    if (closed || fresh || !asked.offer(new Asked(account, answer))) {
      answer.complete(entitlement(account));
    }
    return answer;
  }

  /** How the chains are doing. */
  public List<Condition> conditions() {
    Instant now = now();
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
              schedule.fault));
    });
    return conditions;
  }

  /** The rounds of a wallet's account and why its tier is what it is, for the operator. */
  public String explain(Address address) {
    Linked found = null;
    for (Linked each : linked.all()) {
      found = each.address().equals(address) ? each : found;
    }
    return new Explanation(holdings, now())
        .of(address, found, found == null ? List.of() : linked.of(found.account()));
  }

  /** The chains on which contract wallets may sign in, by their CAIP-2 name. */
  public Map<String, EvmChain> contractChains() {
    Map<String, EvmChain> chains = new HashMap<>();
    for (TokenWatch watch : watches) {
      Token token = watch.holdings().token();
      if (token.contractWallets() && watch.source() instanceof EvmSource source) {
        chains.putIfAbsent(token.chain(), source.chain());
      }
    }
    return Map.copyOf(chains);
  }

  public GateSettings settings() {
    return settings;
  }

  // --- the thread ----------------------------------------------------------------------------

  private void run() {
    try {
      while (!closed) {
        runDue(asked.poll(TICK_MILLIS, TimeUnit.MILLISECONDS));
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Does all that is due: rounds, then what was asked. Tests that start no thread call it. */
  void runDue() {
    runDue(asked.poll());
  }

  private void runDue(@Nullable Asked first) {
    try {
      schedules.forEach((watch, schedule) -> {
        if (!now().isBefore(schedule.due) && !closed) {
          round(watch, schedule);
        }
      });
      Asked next = first;
      while (next != null && !closed) {
        read(next.account);
        next.answer.complete(entitlement(next.account));
        next = asked.poll();
      }
      if (now().isAfter(reckoned.plus(REFRESH))) {
        reckon(now());
      }
    } catch (RuntimeException fault) {
      // The thread must outlive what nobody thought of; the next slot tries again.
      LOG.log(Level.ERROR, "the gate", fault);
    } finally {
      if (first != null) {
        first.answer.complete(entitlement(first.account));
      }
    }
  }

  private void round(TokenWatch watch, Schedule schedule) {
    Instant now = now();
    String fault = "";
    // Set before, so that a fault nobody thought of is not tried again at once.
    schedule.due = now.plus(RETRY_FIRST.multipliedBy(1L << schedule.failures));
    try {
      wallets.learn();
      watch.round(wallets.countable(wallets.all()), now);
    } catch (RpcFault | TokenWatch.Disputed | SQLException failed) {
      fault = String.valueOf(failed.getMessage());
    }
    if (fault.isEmpty()) {
      if (schedule.failures > 0) {
        LOG.log(Level.INFO, "{0}: read again", watch.holdings().token().name());
      }
      schedule.failures = 0;
      schedule.due = inSlot(now.toEpochMilli() / slotMillis() + 1, 0);
    } else {
      if (schedule.failures == 0) {
        LOG.log(Level.WARNING, "{0}: no round, {1}", watch.holdings().token().name(), fault);
      }
      schedule.failures = Math.min(RETRY_DOUBLINGS, schedule.failures + 1);
    }
    schedule.fault = fault;
    reckon(now);
  }

  private void read(AccountId account) {
    Instant now = now();
    List<Linked> mine = wallets.of(account);
    lastReads.put(account, new LastRead(Set.copyOf(mine), now));
    for (TokenWatch watch : watches) {
      try {
        watch.read(wallets.countable(mine), now);
      } catch (RpcFault | TokenWatch.Disputed | SQLException failed) {
        LOG.log(
            Level.INFO,
            "{0}: the wallets of {1} cannot be read, {2}",
            watch.holdings().token().name(),
            account,
            failed.getMessage());
      }
    }
    reckon(account, now);
    save();
  }

  /** Plans the first rounds: at once where one was missed, else at a random second. */
  private void plan(Instant now) {
    long slot = now.toEpochMilli() / slotMillis();
    schedules.forEach((watch, schedule) -> {
      Instant last = watch.holdings().lastRound();
      if (last == null || now.isAfter(last.plus(settings.every().multipliedBy(2)))) {
        schedule.due = now;
      } else if (last.toEpochMilli() / slotMillis() >= slot) {
        schedule.due = inSlot(slot + 1, 0);
      } else {
        schedule.due = inSlot(slot, now.toEpochMilli() % slotMillis());
      }
    });
  }

  /** A random moment of a slot, not before so many milliseconds of it. */
  private Instant inSlot(long slot, long from) {
    long within = from + Math.floorMod(random.nextLong(), slotMillis() - from);
    return Instant.ofEpochMilli(slot * slotMillis() + within);
  }

  private long slotMillis() {
    return settings.every().toMillis();
  }

  // --- entitlements --------------------------------------------------------------------------

  private void reckon(Instant now) {
    reckoned = now;
    Set<AccountId> accounts = new HashSet<>(wallets.accounts());
    accounts.addAll(entitlements.keySet());
    accounts.forEach(account -> reckon(account, now));
    save();
  }

  private void reckon(AccountId account, Instant now) {
    // One at a time for an account, or what was read before a change could be put after it.
    entitlements.compute(
        account,
        (_, _) -> {
          List<Linked> mine = wallets.countable(wallets.of(account));
          return mine.isEmpty() ? null : Ladder.entitlement(account, holdings, mine, now);
        });
  }

  private void save() {
    for (TokenWatch watch : watches) {
      try {
        watch.save();
      } catch (SQLException fault) {
        LOG.log(Level.WARNING, "what was found cannot be kept: {0}", fault.getMessage());
      }
    }
  }

  private Instant now() {
    return Instant.ofEpochMilli(time.epochMillis());
  }

  /** Ends the thread and what it asks. */
  @Override
  public void close() {
    Thread running;
    synchronized (this) {
      closed = true;
      running = thread;
    }
    watches.forEach(watch -> watch.source().close());
    if (running != null) {
      running.interrupt();
      try {
        running.join();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      }
    }
    for (Asked each = asked.poll(); each != null; each = asked.poll()) {
      each.answer.complete(entitlement(each.account));
    }
  }
}
