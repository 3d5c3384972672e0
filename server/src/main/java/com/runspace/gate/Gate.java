package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Randomness;
import com.runspace.base.Time;
import com.runspace.chain.Address;
import com.runspace.chain.EvmChain;
import com.runspace.gate.LinkedWallets.Linked;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
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
 * <p>Of the nodes that share a store one reads at a time, whoever has the turn. The others take in
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

  /** Who has let others try does not try itself for so long. */
  private static final Duration REST = Duration.ofSeconds(30);

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
  private final Runnable giveUp;
  private final Watches watches;
  private final List<Holdings> holdings;
  private final Map<AccountId, Entitlement> entitlements = new ConcurrentHashMap<>();
  private final LinkedWallets.Known wallets;
  private final Map<AccountId, LastRead> lastReads = new ConcurrentHashMap<>();
  private final LinkedBlockingQueue<Asked> asked = new LinkedBlockingQueue<>(WAITING_MOST);
  private Instant reckoned = Instant.MIN;

  /** Whether this node has the turn, as far as the thread knows. */
  private boolean reads;

  /** When the turn is asked for next, and when all was last taken in, in monotonic nanoseconds. */
  private long attempt;

  private long learnt;

  private volatile boolean told;
  private volatile boolean missed;
  private volatile boolean closed;
  private @Nullable Thread thread;

  private Gate(
      GateSettings settings,
      LinkedWallets linked,
      Time time,
      Watches watches,
      boolean reads,
      BooleanSupplier turn,
      Runnable giveUp) {
    this.settings = settings;
    this.linked = linked;
    this.wallets = new LinkedWallets.Known(linked);
    this.time = time;
    this.reads = reads;
    this.turn = turn;
    this.giveUp = giveUp;
    this.watches = watches;
    this.holdings = watches.holdings();
    this.attempt = time.nanos();
    this.learnt = attempt;
    watches.follow(!reads);
  }

  /**
   * Opens the gate with what the store has; no chain is asked yet. Blocks.
   *
   * @param settings without problems
   * @param turn whether it is this node that reads the chains. Asked before each work, on the
   *     gate's thread, so it may block; where no other node uses the store it is always true
   * @param giveUp lets another node have the turn
   */
  public static Gate open(
      Db db,
      Time time,
      Randomness random,
      GateSettings settings,
      LinkedWallets linked,
      BooleanSupplier turn,
      Runnable giveUp)
      throws SQLException {
    GateTable table = new GateTable(db);
    Instant now = Instant.ofEpochMilli(time.epochMillis());
    Watches watches = Watches.open(settings, table, time, random);
    boolean alone = !db.isShared();
    if (alone) {
      table.take();
    }
    Gate gate = new Gate(settings, linked, time, watches, alone, turn, giveUp);
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
    Asked next = first;
    do {
      work(next);
      next = asked.poll();
    } while (next != null);
  }

  private void work(@Nullable Asked next) {
    try {
      if (!closed && hasTurn()) {
        catchUp();
        watches.due(now()).forEach(this::round);
        if (next != null && !closed) {
          read(next.account);
        }
      } else if (!closed) {
        // The node that reads has heard of it from the store as well, and will tell.
        follow();
      }
      if (now().isAfter(reckoned.plus(REFRESH))) {
        reckon(now());
      }
    } catch (RuntimeException fault) {
      // The thread must outlive what nobody thought of; the next slot tries again.
      LOG.log(Level.ERROR, "the gate", fault);
    } finally {
      if (next != null) {
        next.answer.complete(entitlement(next.account));
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

  /** Takes in that the node that reads the chains has stored something. Does not block. */
  public void heard(String what) {
    told = true;
  }

  /** Takes in that anything may have been stored, or linked. Does not block. */
  public void resync() {
    missed = true;
  }

  /** Who gets the turn goes on from what the one before has stored. */
  private boolean hasTurn() {
    if (!reads && time.nanos() - attempt < 0) {
      return false;
    }
    boolean rests = reads && watches.isStuck();
    attempt = time.nanos() + (rests ? REST : ATTEMPTS).toNanos();
    if (rests) {
      giveUp.run();
    }
    boolean ours = !rests && turn.getAsBoolean();
    if (ours && (!reads || watches.isBehind())) {
      ours = watches.lead(wallets, now());
    }
    if (ours != reads) {
      LOG.log(Level.INFO, ours ? "this node reads the chains now" : "another may read the chains");
      watches.follow(!ours);
      if (ours) {
        watches.plan(now());
      }
      missed = true;
      reads = ours;
    }
    return ours;
  }

  /** Who reads looks for what was told when nobody who reads could hear it. */
  private void catchUp() {
    if (missed) {
      missed = false;
      if (!watches.hasten(wallets, now())) {
        missed = true;
      }
    }
  }

  private void follow() {
    boolean anew = missed;
    boolean all = anew || time.nanos() - learnt >= REFRESH.toNanos();
    if (all || told) {
      // Before it is done, so that what is told meanwhile is not lost.
      missed = false;
      told = false;
      if (watches.learn(anew, all ? wallets : null, now())) {
        learnt = all ? time.nanos() : learnt;
        reckon(now());
      } else {
        told = true;
        if (all) {
          missed = true;
        }
      }
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
