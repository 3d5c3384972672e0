package com.runspace.cluster;

import com.runspace.base.Day;
import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.base.Time;
import com.runspace.cluster.LeaseStore.Outcome;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What this node has of limits that it shares with others, and its talk with the store about it.
 *
 * <p>Two rules keep the sum of all nodes within the limit, whatever is lost, late or done twice.
 * The store never says that a node has less than it may use: a node lowers its amount first and
 * tells the store then, and raises it only by what the store has confirmed. And a later wish of a
 * node beats an earlier one that arrives behind it, by its number.
 *
 * <p>{@link #want} never blocks and is for any thread. All else is done by one thread, which calls
 * {@link #work}, {@link #press} and {@link #tick}; so a test can do it step by step.
 */
public final class Leases implements Shares, AutoCloseable {
  /** A lease is taken from a node that has not renewed it for so long. */
  public static final long LEASE_MILLIS = 600_000;

  /** So long after its last renewal began a node stops using what it has. */
  private static final long USED_NANOS = 540_000_000_000L;

  private static final long RENEW_NANOS = 60_000_000_000L;
  private static final long SECOND = 1_000_000_000L;

  /** So long others may take to give back before a caller is told that there is nothing. */
  private static final long PATIENCE_NANOS = SECOND / 4;

  /** What nobody has used for so long goes back. */
  private static final long IDLE_NANOS = 30 * SECOND;

  private static final long OUT_NANOS = SECOND;

  /** A store that answers later than this is as good as none to whoever waits. */
  private static final long SLOW_NANOS = SECOND;

  private static final long ASKING_MILLIS = 50;
  private static final long HOUR_NANOS = 3_600 * SECOND;
  private static final int BATCH = 64;
  private static final int DAYS_KEPT = 8;

  private static final System.Logger LOG = System.getLogger(Leases.class.getName());

  private final LeaseStore store;
  private final Time time;
  private final AtomicLong numbers;
  private final ConcurrentMap<Subject, Lease> leases = new ConcurrentHashMap<>();

  /** Those that the store is to be asked about. Guarded by itself. */
  private final Set<Lease> due = new LinkedHashSet<>();

  /** Those that wait for other nodes; of the one thread. */
  private final Set<Lease> asking = new LinkedHashSet<>();

  private final Thread thread = Thread.ofPlatform().name("leases").daemon().unstarted(this::run);
  private final AtomicLong operations = new AtomicLong();
  private final AtomicLong waits = new AtomicLong();
  private volatile long renewedNanos;
  private volatile long outUntilNanos;
  private volatile boolean out;
  private volatile boolean fenced;
  private volatile boolean stopping;
  private long triedNanos;
  private long forgotNanos;

  /**
   * Leases of a node that has just been registered, so that what it has is fresh.
   *
   * @param epoch how often the node was started; wishes of this start beat those of earlier ones
   */
  Leases(LeaseStore store, Time time, long epoch) {
    this.store = store;
    this.time = time;
    numbers = new AtomicLong(epoch << 40);
    renewedNanos = triedNanos = outUntilNanos = time.nanos();
    forgotNanos = time.nanos() - HOUR_NANOS;
  }

  @Override
  public boolean areGood() {
    return !fenced && time.nanos() - renewedNanos < USED_NANOS;
  }

  /** Whether the store answered when it was last asked. */
  public boolean isReachable() {
    return !out;
  }

  /** Whether another process goes on in this node's place. */
  public boolean isFenced() {
    return fenced;
  }

  /** Limits of which this node has a part. */
  public int count() {
    return leases.size();
  }

  /** Wishes that went to the store. */
  public long operations() {
    return operations.get();
  }

  /** Times that somebody asked for what a node did not have yet. */
  public long waits() {
    return waits.get();
  }

  @Override
  public Answer want(Share share, long least, long more) {
    Lease lease = leases.computeIfAbsent(subject(share), _ -> new Lease(share));
    synchronized (lease) {
      if (lease.gone) {
        leases.remove(lease.subject(), lease);
        return want(share, least, more);
      }
      lease.share = share;
      lease.touchedNanos = time.nanos();
      if (fenced || (out && time.nanos() - outUntilNanos < 0)) {
        return new Answer.Out();
      }
      CompletableFuture<?> pending = lease.pending;
      if (pending != null && time.nanos() - lease.begunNanos >= SLOW_NANOS) {
        return new Answer.Out();
      }
      if (pending == null) {
        if (lease.dry && time.nanos() - lease.dryUntilNanos < 0) {
          return new Answer.Dry();
        }
        pending = new CompletableFuture<>();
        lease.begin(pending, time.nanos());
        add(lease);
      }
      lease.least = Math.max(lease.least, least);
      lease.more = Math.max(lease.more, Math.max(least, more));
      if (least > 0) {
        waits.incrementAndGet();
      }
      return new Answer.Coming(pending);
    }
  }

  private static Subject subject(Share share) {
    return new Subject(share.subject(), share.day());
  }

  private void add(Lease lease) {
    synchronized (due) {
      due.add(lease);
      due.notifyAll();
    }
  }

  void start() {
    thread.start();
  }

  private void run() {
    long looked = time.nanos();
    while (!stopping) {
      try {
        work();
        press();
        if (time.nanos() - looked >= SECOND) {
          looked = time.nanos();
          tick();
        }
        await(asking.isEmpty() ? 1_000 : ASKING_MILLIS);
      } catch (InterruptedException stopped) {
        return;
      } catch (RuntimeException fault) {
        LOG.log(Level.ERROR, "leases", fault);
      }
    }
  }

  private void await(long millis) throws InterruptedException {
    synchronized (due) {
      if (due.isEmpty() && !stopping) {
        due.wait(millis);
      }
    }
  }

  /** Asks once more for those whom the other nodes have let wait for long enough. */
  void press() {
    asking.removeIf(lease -> !lease.isAsking());
    for (Lease lease : asking) {
      if (lease.isOutOfPatience(time.nanos())) {
        add(lease);
      }
    }
  }

  /**
   * Another node needs of a limit what this one may not need.
   *
   * @param name of the subject, with its day
   */
  void wanted(Subject name) {
    Lease lease = leases.get(name);
    if (lease != null) {
      lease.wanted = true;
      add(lease);
    }
  }

  /** Another node has given back. */
  void returned(Subject name) {
    Lease lease = leases.get(name);
    if (lease != null && lease.isAsking()) {
      add(lease);
    }
  }

  /** Asks the store about all that is due. Blocks. */
  void work() {
    while (true) {
      List<Lease> batch = new ArrayList<>();
      synchronized (due) {
        for (Lease lease : due) {
          if (batch.size() < BATCH) {
            batch.add(lease);
          }
        }
        due.removeAll(Set.copyOf(batch));
      }
      if (batch.isEmpty()) {
        return;
      }
      settle(batch);
    }
  }

  private void settle(List<Lease> batch) {
    batch.sort(Comparator.comparing(Lease::subject));
    List<Wish> wishes = new ArrayList<>();
    for (Lease lease : batch) {
      wishes.add(lease.wish(numbers.incrementAndGet(), time.nanos()));
    }
    long began = time.nanos();
    try {
      List<Outcome> outcomes = store.settle(wishes);
      operations.addAndGet(batch.size());
      reached(began);
      for (int i = 0; i < batch.size(); i++) {
        Lease lease = batch.get(i);
        if (lease.take(wishes.get(i), outcomes.get(i), time.nanos())) {
          add(lease);
        } else if (lease.isAsking()) {
          asking.add(lease);
        }
      }
    } catch (LeaseStore.Fenced refused) {
      fence(refused);
      batch.forEach(Lease::unanswered);
    } catch (SQLException | RuntimeException fault) {
      lost(fault);
      batch.forEach(Lease::unanswered);
    }
  }

  private void fence(LeaseStore.Fenced refused) {
    if (!fenced) {
      fenced = true;
      LOG.log(Level.ERROR, "{0}; no new calls are taken here", refused.getMessage());
    }
  }

  private void reached(long began) {
    renewedNanos = began;
    triedNanos = began;
    if (out) {
      out = false;
      LOG.log(Level.WARNING, "the store can be asked for leases again");
    }
  }

  private void lost(Exception fault) {
    outUntilNanos = time.nanos() + OUT_NANOS;
    if (!out) {
      out = true;
      LOG.log(
          Level.ERROR,
          "the store cannot be asked for leases ({0}); calls go on from what this node has",
          fault.getMessage());
    }
  }

  /** What is to be done about once a second. Blocks. */
  void tick() {
    long now = time.nanos();
    boolean unsure = out && now - outUntilNanos >= 0;
    if (!fenced && (now - triedNanos >= RENEW_NANOS || unsure)) {
      renew(now);
    }
    long today = Day.ofEpochMillis(time.epochMillis()).epochDay();
    for (Lease lease : leases.values()) {
      switch (lease.look(today, now)) {
        case DUE -> add(lease);
        case DONE -> leases.remove(lease.subject(), lease);
        case KEEP -> {}
      }
    }
    if (!out && !fenced && now - forgotNanos >= HOUR_NANOS) {
      forgotNanos = now;
      try {
        store.forgetBefore(new Day(today - DAYS_KEPT));
      } catch (SQLException later) {
        LOG.log(Level.WARNING, "old leases stay for now: {0}", later.getMessage());
      }
    }
  }

  private void renew(long now) {
    triedNanos = now;
    try {
      store.renew();
      reached(now);
    } catch (LeaseStore.Fenced refused) {
      fence(refused);
    } catch (SQLException | RuntimeException fault) {
      lost(fault);
    }
  }

  /**
   * Gives back all that is not in use. To be called when no call runs any more, and all that was
   * used is posted. Blocks.
   */
  @Override
  public void close() {
    synchronized (due) {
      stopping = true;
      due.notifyAll();
    }
    try {
      thread.join();
    } catch (InterruptedException hurried) {
      Thread.currentThread().interrupt();
      return;
    }
    giveBack();
  }

  void giveBack() {
    for (Lease lease : leases.values()) {
      lease.release();
      add(lease);
    }
    work();
  }

  private enum Look {
    KEEP,
    DUE,
    DONE
  }

  /** One limit of which this node has a part. Guarded by itself. */
  private static final class Lease {
    private final Subject subject;
    private Share share;
    private @Nullable CompletableFuture<?> pending;
    private long least;
    private long more;
    private long begunNanos;
    private boolean asking;
    private long askedNanos;
    private boolean dry;
    private long dryUntilNanos;
    private long demand;
    private long grownNanos;
    private long touchedNanos;
    private long lastUsed;
    private long lastAmount = -1;
    private long stillSinceNanos;
    private long told = -1;
    private boolean gone;
    private volatile boolean wanted;

    Lease(Share share) {
      this.share = share;
      this.subject = Leases.subject(share);
    }

    Subject subject() {
      return subject;
    }

    synchronized boolean isAsking() {
      return asking;
    }

    void begin(CompletableFuture<?> wish, long now) {
      pending = wish;
      begunNanos = now;
      least = 0;
      more = 0;
      asking = false;
    }

    synchronized Wish wish(long number, long now) {
      boolean back = wanted;
      if (back) {
        wanted = false;
        boolean busy = now - touchedNanos < SECOND || share.used() != lastUsed;
        long keep = busy ? Math.max(0, share.amount() - share.used()) / 4 : 0;
        var _ = share.shrink(keep);
      }
      boolean soon = now - grownNanos < 5 * SECOND;
      long good = pending == null ? 0 : Math.max(more, soon ? 2 * demand : 0);
      return new Wish(
          subject,
          share.limit(),
          share.amount(),
          share.used(),
          least,
          Math.min(good, share.limit()),
          number,
          back);
    }

    /** Takes in what the store has given; says whether it must be asked again at once. */
    synchronized boolean take(Wish wish, Outcome outcome, long now) {
      if (outcome.given() > 0) {
        share.grow(outcome.given());
        demand = Math.min(outcome.given(), Long.MAX_VALUE / 4);
        grownNanos = now;
      }
      share.told(outcome.usedElsewhere());
      told = wish.have() + outcome.given();
      if (pending == null) {
        return false;
      }
      if (outcome.met() && least > wish.least()) {
        least = Math.max(0, least - outcome.given());
        return true;
      }
      if (outcome.met()) {
        // Where nothing was needed and nothing came, it is not asked for again and again.
        dry = outcome.given() == 0 && wish.more() > 0;
        dryUntilNanos = now + SECOND;
        end();
      } else if (!asking) {
        asking = true;
        askedNanos = now;
      } else if (now - askedNanos >= PATIENCE_NANOS) {
        dry = true;
        dryUntilNanos = now + SECOND;
        end();
      }
      return false;
    }

    synchronized void unanswered() {
      end();
    }

    private void end() {
      CompletableFuture<?> done = pending;
      pending = null;
      asking = false;
      least = 0;
      more = 0;
      if (done != null) {
        done.complete(null);
      }
    }

    synchronized void release() {
      var _ = share.shrink(0);
    }

    synchronized boolean isOutOfPatience(long now) {
      return asking && now - askedNanos >= PATIENCE_NANOS;
    }

    synchronized Look look(long today, long now) {
      if (pending != null) {
        return Look.KEEP;
      }
      long used = share.used();
      if (used != lastUsed || share.amount() != lastAmount) {
        lastUsed = used;
        lastAmount = share.amount();
        stillSinceNanos = now;
      }
      boolean over = subject.day() != 0 && subject.day() < today;
      boolean idle = now - Math.max(stillSinceNanos, touchedNanos) >= IDLE_NANOS;
      if (!over && !idle) {
        return Look.KEEP;
      }
      long amount = share.shrink(0);
      lastAmount = amount;
      if (amount != told) {
        return Look.DUE;
      }
      // All that is left is used for good, and the store knows it.
      gone = amount == share.used();
      return gone ? Look.DONE : Look.KEEP;
    }
  }
}
