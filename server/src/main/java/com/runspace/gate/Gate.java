package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.EvmChain;
import com.runspace.chain.Namespace;
import com.runspace.gate.GateSettings.Token;
import com.runspace.gate.LinkedWallets.Linked;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What an account's wallets unlock. One thread reads the chains: all wallets in each slot, and
 * those of one account when they change. Whoever asks for an entitlement is answered from memory.
 *
 * <p>Of the nodes that share a store one reads at a time, whoever has the turn. The others take
 * what it has stored when they are told of it, and in each minute.
 *
 * <p>What counts is told in {@link Floor}; what happens when a chain cannot be read, in {@link
 * Holdings}.
 */
public final class Gate implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Gate.class.getName());

  /** One account has its wallets read at most so often while they stay the same. */
  private static final Duration REFRESH = Duration.ofMinutes(1);

  /** The topic of what {@link #heard} takes. */
  public static final String TOPIC = GateTable.TOPIC;

  /** Who has not the turn tries to get it so often. */
  private static final Duration ATTEMPTS = Duration.ofSeconds(5);

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

  private record Asked(AccountId account, CompletableFuture<Entitlement> answer) {}

  private record LastRead(Set<Linked> wallets, Instant at) {}

  private final GateSettings settings;
  private final LinkedWallets linked;
  private final Time time;
  private final BooleanSupplier turn;
  private final Watches watches;
  private final List<Holdings> holdings;
  private final Map<AccountId, Entitlement> entitlements = new ConcurrentHashMap<>();
  private final LinkedWallets.Known wallets;
  private final Map<AccountId, LastRead> lastReads = new ConcurrentHashMap<>();
  private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>(WAITING_MOST);
  private Instant reckoned = Instant.MIN;

  /** Whether this node has the turn, as far as the thread knows. */
  private boolean reads;

  private Instant attempt = Instant.MIN;

  private volatile boolean foundTold;
  private volatile boolean roundsTold;
  private volatile boolean closed;
  private @Nullable Thread thread;

  private Gate(
      GateSettings settings,
      LinkedWallets linked,
      Time time,
      Watches watches,
      boolean reads,
      BooleanSupplier turn) {
    this.settings = settings;
    this.linked = linked;
    this.wallets = new LinkedWallets.Known(linked);
    this.time = time;
    this.reads = reads;
    this.turn = turn;
    this.watches = watches;
    this.holdings = watches.holdings();
    holdings.forEach(each -> each.follow(!reads));
  }

  /**
   * Opens the gate with what the store has; no chain is asked yet. Blocks.
   *
   * @param settings without problems
   * @param turn whether it is this node that reads the chains. Asked before each work, on the
   *     gate's thread, so it may block; where no other node uses the store it is always true
   */
  public static Gate open(
      Db db,
      Time time,
      Randomness random,
      GateSettings settings,
      LinkedWallets linked,
      BooleanSupplier turn)
      throws SQLException {
    GateTable table = new GateTable(db);
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    List<TokenWatch> each = new ArrayList<>();
    for (Token token : settings.tokens()) {
      TokenSource source =
          token.address().namespace() == Namespace.EIP155
              ? new EvmSource(token, time)
              : new SolanaSource(token, time);
      Holdings known = new Holdings(token, settings, table, now);
      each.add(new TokenWatch(source, known, settings, table, random));
    }
    boolean alone = !db.isShared();
    Watches watches = new Watches(each, settings.every(), random);
    Gate gate = new Gate(settings, linked, time, watches, alone, turn);
    gate.wallets.learn();
    gate.reckon(now);
    watches.plan(now);
    return gate;
  }

  /** Asks every provider whether it is on the chain of the settings and has the token. Blocks. */
  public StartCheck check() {
    return watches.check();
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
   * @return completed when the chain was read or could not be; where another node reads, soon
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
    return watches.conditions(now());
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
    return watches.contractChains();
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
      Asked next = first;
      if (hasTurn()) {
        watches.due(now()).forEach(this::round);
        for (; next != null && !closed; next = asked.poll()) {
          read(next.account);
          next.answer.complete(entitlement(next.account));
        }
      } else {
        follow();
        // The node that reads has heard of it from the store, and will tell.
        for (; next != null; next = asked.poll()) {
          next.answer.complete(entitlement(next.account));
        }
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

  private void round(TokenWatch watch) {
    if (!closed) {
      Instant now = now();
      watches.round(watch, wallets, now);
      reckon(now);
    }
  }

  private void read(AccountId account) {
    Instant now = now();
    List<Linked> mine = wallets.of(account);
    lastReads.put(account, new LastRead(Set.copyOf(mine), now));
    watches.read(account, wallets.countable(mine), now);
    reckon(account, now);
    watches.save();
  }

  // --- nodes that share a store --------------------------------------------------------------

  /** Takes in that the node that reads the chains has stored something. Does not block. */
  public void heard(String what) {
    roundsTold |= what.equals(GateTable.ROUNDS);
    foundTold = true;
  }

  /** Takes in that anything may have been stored. Does not block. */
  public void resync() {
    heard(GateTable.ROUNDS);
  }

  /** Who gets the turn goes on from what the one before has stored. */
  private boolean hasTurn() {
    if (!reads && now().isBefore(attempt)) {
      return false;
    }
    attempt = now().plus(ATTEMPTS);
    boolean ours = turn.getAsBoolean();
    if (ours && !reads) {
      ours = learn(/* always= */ true);
      if (ours) {
        LOG.log(Level.INFO, "this node reads the chains now");
        watches.plan(now());
      }
    } else if (!ours && reads) {
      LOG.log(Level.INFO, "another node may read the chains now");
      watches.leave();
      resync();
    }
    if (ours != reads) {
      boolean another = !ours;
      holdings.forEach(each -> each.follow(another));
      reads = ours;
    }
    return ours;
  }

  private void follow() {
    if (foundTold || now().isAfter(reckoned.plus(REFRESH))) {
      // In this order what is told meanwhile is not lost: it is set the other way round.
      foundTold = false;
      boolean always = roundsTold;
      if (always) {
        roundsTold = false;
      }
      if (!learn(always)) {
        roundsTold |= always;
        foundTold = true;
      }
    }
  }

  /** Whether what the store has could be taken in. */
  private boolean learn(boolean always) {
    try {
      wallets.learn();
      for (TokenWatch watch : watches.all()) {
        watch.learn(always);
      }
      reckon(now());
      return true;
    } catch (SQLException | IllegalStateException later) {
      LOG.log(Level.WARNING, "the gate cannot follow: {0}", later.getMessage());
      return false;
    }
  }

  // --- entitlements --------------------------------------------------------------------------

  private void reckon(Instant now) {
    reckoned = now;
    Set<AccountId> accounts = new HashSet<>(wallets.accounts());
    accounts.addAll(entitlements.keySet());
    accounts.forEach(account -> reckon(account, now));
    watches.save();
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
    watches.close();
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
