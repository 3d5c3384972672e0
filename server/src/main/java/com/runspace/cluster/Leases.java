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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

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

  private static final long OUT_NANOS = SECOND;

  private static final long ASKING_MILLIS = 50;

  /** So long a wish may wait for others that go with it, while nobody waits for it. */
  private static final long COLLECTING_MILLIS = 250;

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

  /** Whether to ask at once. Guarded by {@code due}. */
  private boolean hurried;

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
    boolean outside = fenced || (out && time.nanos() - outUntilNanos < 0);
    Answer answer = lease.want(share, least, more, outside, time.nanos());
    if (answer == null) {
      leases.remove(lease.subject(), lease);
      return want(share, least, more);
    }
    boolean isWaitedFor = answer instanceof Answer.Coming && least > 0;
    if (isWaitedFor) {
      waits.incrementAndGet();
    }
    if (lease.isFresh()) {
      add(lease, isWaitedFor);
    } else if (isWaitedFor) {
      hurry();
    }
    return answer;
  }

  private static Subject subject(Share share) {
    return new Subject(share.subject(), share.day());
  }

  private void add(Lease lease, boolean isHurried) {
    synchronized (due) {
      due.add(lease);
      if (isHurried) {
        hurry();
      }
    }
  }

  private void hurry() {
    synchronized (due) {
      hurried = true;
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
        await(asking.isEmpty() ? COLLECTING_MILLIS : ASKING_MILLIS);
      } catch (InterruptedException stopped) {
        return;
      } catch (RuntimeException fault) {
        LOG.log(Level.ERROR, "leases", fault);
      }
    }
  }

  private void await(long millis) throws InterruptedException {
    synchronized (due) {
      if (!hurried && !stopping) {
        due.wait(millis);
      }
      hurried = false;
    }
  }

  /** Asks once more for those whom the other nodes have let wait for long enough. */
  void press() {
    asking.removeIf(lease -> !lease.isAsking());
    for (Lease lease : asking) {
      if (lease.isOutOfPatience(time.nanos())) {
        add(lease, /* isHurried= */ true);
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
      lease.wanted();
      add(lease, /* isHurried= */ true);
    }
  }

  /** Another node has given back. */
  void returned(Subject name) {
    Lease lease = leases.get(name);
    if (lease != null && lease.returned()) {
      add(lease, /* isHurried= */ true);
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
          add(lease, /* isHurried= */ true);
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
    if (!areGood()) {
      // Others may have been given these meanwhile; what is in use cannot be taken back.
      leases.values().stream().filter(each -> each.subject().day() == 0).forEach(Lease::shrink);
    }
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
    if (out) {
      // What is here now is all that there is to go on with.
      return;
    }
    long today = Day.ofEpochMillis(time.epochMillis()).epochDay();
    for (Lease lease : leases.values()) {
      switch (lease.look(today, now)) {
        case DUE -> add(lease, /* isHurried= */ false);
        case DONE -> leases.remove(lease.subject(), lease);
        case KEEP -> {}
      }
    }
    if (!fenced && now - forgotNanos >= HOUR_NANOS) {
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
      add(lease, /* isHurried= */ false);
    }
    work();
  }
}
