package com.runspace.gate;

import com.runspace.base.AccountId;
import com.runspace.base.Randomness;
import com.runspace.chain.Address;
import com.runspace.gate.Floor.Sample;
import com.runspace.gate.GateTable.Row;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rounds of a token that still matter, in memory, with what wallets held in them. A wallet
 * counts in a round for the account that it was read for first, whoever has it later. Not safe to
 * share between threads.
 */
final class Rounds {
  /**
   * One reading of all wallets at one block.
   *
   * @param id in the store
   * @param number of the block or the slot; {@link #BY_TIME} where only the time is known
   * @param hash of the block; empty where a chain is not read by hash
   */
  record Round(long id, Instant at, long number, String hash) {
    /** A round in the past of a chain whose state of then cannot be had, only what came since. */
    static final long BY_TIME = -1;
  }

  /** When a token's next round is, and how the last one went. For one thread. */
  static final class Schedule {
    private static final Duration RETRY_FIRST = Duration.ofSeconds(30);
    private static final int RETRY_DOUBLINGS = 4;

    private final long slotMillis;
    private final Randomness random;
    private Instant due = Instant.MIN;
    private int failures;
    private volatile String fault = "";

    /** One round in each slot of this length. */
    Schedule(Duration every, Randomness random) {
      this.slotMillis = every.toMillis();
      this.random = random;
    }

    /** Plans the first round: at once where one was missed, else at a random second. */
    void plan(@Nullable Instant last, Instant now) {
      long slot = now.toEpochMilli() / slotMillis;
      failures = 0;
      if (last == null || now.isAfter(last.plusMillis(2 * slotMillis))) {
        due = now;
      } else if (last.toEpochMilli() / slotMillis >= slot) {
        due = inSlot(slot + 1, 0);
      } else {
        due = inSlot(slot, now.toEpochMilli() % slotMillis);
      }
    }

    /** Has a round made at once, where the last one did not fail. */
    void hasten(Instant now) {
      if (failures == 0 && due.isAfter(now)) {
        due = now;
      }
    }

    boolean isDue(Instant now) {
      return !now.isBefore(due);
    }

    /** To be called before, so that a fault nobody thought of is not tried again at once. */
    void begins(Instant now) {
      due = now.plus(RETRY_FIRST.multipliedBy(1L << failures));
    }

    /**
     * Plans the next round.
     *
     * @param why this one failed; empty when it did not
     * @return whether that is news: the first that failed, or the first that did not
     */
    boolean ended(String why, Instant now) {
      boolean news = why.isEmpty() == failures > 0;
      fault = why;
      if (why.isEmpty()) {
        failures = 0;
        due = inSlot(now.toEpochMilli() / slotMillis + 1, 0);
      } else {
        failures = Math.min(RETRY_DOUBLINGS, failures + 1);
      }
      return news;
    }

    /** Whether so many rounds failed that the next tries are as rare as they get. */
    boolean isStuck() {
      return failures == RETRY_DOUBLINGS;
    }

    /** Forgets how the last round went, which is another node's to know. */
    void leave() {
      fault = "";
    }

    /** Why the last round failed; empty when it did not. Safe to ask from any thread. */
    String fault() {
      return fault;
    }

    /** A random moment of a slot, not before so many milliseconds of it. */
    private Instant inSlot(long slot, long from) {
      long within = from + Math.floorMod(random.nextLong(), slotMillis - from);
      return Instant.ofEpochMilli(slot * slotMillis + within);
    }
  }

  private final List<Round> rounds = new ArrayList<>();
  private final Map<Long, Map<Address, Row>> rows = new HashMap<>();

  /** The wallets that count in some round for an account. */
  private final Map<AccountId, Set<Address>> wallets = new HashMap<>();

  /** A round after those that are there. */
  void add(Round round, Collection<Row> held) {
    rounds.add(round);
    rows.put(round.id(), new HashMap<>());
    fill(held);
  }

  /** Rows of rounds that are there. A wallet that has one in a round keeps it. */
  void fill(Collection<Row> held) {
    for (Row row : held) {
      Map<Address, Row> inRound = rows.get(row.round());
      if (inRound != null && inRound.putIfAbsent(row.wallet(), row) == null) {
        wallets.computeIfAbsent(row.account(), _ -> new HashSet<>()).add(row.wallet());
      }
    }
  }

  /** Puts another block in the place of a round's. */
  void replace(Round round, Collection<Row> held) {
    rounds.replaceAll(each -> each.id() == round.id() ? round : each);
    rows.put(round.id(), new HashMap<>());
    fill(held);
  }

  /** Forgets the rounds before a moment. */
  void dropBefore(Instant moment) {
    rounds.removeIf(round -> {
      boolean old = round.at().isBefore(moment);
      if (old) {
        rows.remove(round.id());
      }
      return old;
    });
    Map<AccountId, Set<Address>> left = new HashMap<>();
    for (Map<Address, Row> inRound : rows.values()) {
      for (Row row : inRound.values()) {
        left.computeIfAbsent(row.account(), _ -> new HashSet<>()).add(row.wallet());
      }
    }
    wallets.clear();
    wallets.putAll(left);
  }

  /** Ascending. */
  List<Round> all() {
    return List.copyOf(rounds);
  }

  @Nullable Round newest() {
    return rounds.isEmpty() ? null : rounds.getLast();
  }

  @Nullable Row row(Round round, Address wallet) {
    return rows.getOrDefault(round.id(), Map.of()).get(wallet);
  }

  Collection<Row> rowsOf(Round round) {
    return List.copyOf(rows.getOrDefault(round.id(), Map.of()).values());
  }

  /** The rounds in which a wallet has no row yet. */
  List<Round> without(Address wallet) {
    return rounds.stream().filter(round -> row(round, wallet) == null).toList();
  }

  /** What an account held in each round. */
  List<Sample> samples(AccountId account) {
    Set<Address> mine = wallets.getOrDefault(account, Set.of());
    List<Sample> samples = new ArrayList<>(rounds.size());
    for (Round round : rounds) {
      BigInteger sum = BigInteger.ZERO;
      for (Address wallet : mine) {
        Row row = row(round, wallet);
        if (row != null && row.account().equals(account)) {
          sum = sum.add(row.raw());
        }
      }
      samples.add(new Sample(round.at(), sum));
    }
    return samples;
  }
}
