package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.journal.Entry;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.LedgerTable.By;
import com.runspace.ledger.Reservation.Hold;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The calls of a story as a child would keep them, and what of them must be in the store. */
final class StoryBooks {
  /** How a day stands: of all keys together, and of one. */
  record Sums(long used, long held, long usedOfKey, long heldOfKey) {}

  /** A call; a charge below zero means that it still runs. */
  static final class Call {
    final String id;
    final int loop;
    final int key;
    final Day day;
    final long held;
    final Hold hold;
    long charge = -1;

    private Call(String id, int loop, int key, Hold hold) {
      this.id = id;
      this.loop = loop;
      this.key = key;
      this.hold = hold;
      day = hold.day();
      held = hold.amount().value();
    }
  }

  /** A record that a loop wrote and did not flush; a charge below zero for an admission. */
  private record Unflushed(Call call, long charge) {}

  private final List<Call> calls = new ArrayList<>();
  private final List<List<Unflushed>> unflushed = new ArrayList<>();

  /** What the flushed records of a call are worth: -1 while it is only admitted. */
  private final Map<Call, Long> flushed = new HashMap<>();

  private int admitted;

  StoryBooks(int loops) {
    for (int loop = 0; loop < loops; loop++) {
      unflushed.add(new ArrayList<>());
    }
  }

  static void same(@Nullable Object is, @Nullable Object wanted, String what) {
    if (!Objects.equals(is, wanted)) {
      throw new IllegalStateException(what + ": is " + is + " and must be " + wanted);
    }
  }

  int calls() {
    return admitted;
  }

  void admitted(String id, int loop, int key, Hold hold) {
    Call call = new Call(id, loop, key, hold);
    admitted++;
    calls.add(call);
    unflushed.get(loop).add(new Unflushed(call, -1));
  }

  void settled(Call call, long charge) {
    call.charge = charge;
    unflushed.get(call.loop).add(new Unflushed(call, charge));
  }

  void flushed(int loop) {
    unflushed.get(loop).forEach(record -> flushed.put(record.call, record.charge));
    unflushed.get(loop).clear();
  }

  @Nullable Call anyRunning(Random random) {
    List<Call> running = calls.stream().filter(call -> call.charge < 0).toList();
    return running.isEmpty() ? null : running.get(random.nextInt(running.size()));
  }

  Sums sums(Day day, int key) {
    long[] sums = new long[4];
    for (Call call : calls) {
      if (call.day.equals(day)) {
        int state = call.charge < 0 ? 1 : 0;
        long amount = call.charge < 0 ? call.held : call.charge;
        sums[state] += amount;
        sums[2 + state] += call.key == key ? amount : 0;
      }
    }
    return new Sums(sums[0], sums[1], sums[2], sums[3]);
  }

  long charges(Day day) {
    return calls.stream().filter(call -> call.day.equals(day)).mapToLong(call -> call.charge).sum();
  }

  /**
   * The process has ended and all is posted: compares the rows and goes on with what they say.
   *
   * @param anyPlace whether unflushed records may be there, up to any of them
   */
  void crashed(LedgerTable table, AccountId account, boolean anyPlace) throws SQLException {
    Map<String, Long> rows = new TreeMap<>();
    for (Entry.Settled row : table.calls(account, 0, Long.MAX_VALUE, null, 100_000)) {
      rows.put(row.call().callId(), row.charge().value());
      boolean free = row.settlement().ended() != Ended.CRASHED || row.charge().value() == 0;
      same(free, true, "a crashed call was charged");
    }
    for (List<Unflushed> records : unflushed) {
      takeAsStored(records, rows, anyPlace);
      records.clear();
    }
    calls.removeIf(call -> !flushed.containsKey(call));
    Map<String, Long> known = new TreeMap<>();
    Map<Day, Long> days = new TreeMap<>();
    for (Call call : calls) {
      call.charge = Math.max(0, flushed.getOrDefault(call, 0L));
      flushed.put(call, call.charge);
      known.put(call.id, call.charge);
      days.merge(call.day, call.charge, Long::sum);
    }
    same(rows, known, "rows");
    Map<Day, Long> sums = new TreeMap<>();
    for (LedgerTable.Usage day :
        table.usage(account, new Day(0), new Day(99_999), EnumSet.of(By.DAY))) {
      if (day.day() != null) {
        sums.put(day.day(), day.charge().value());
      }
    }
    same(sums, days, "sums of days");
  }

  /** Finds up to which record those of a loop are in the store. */
  private void takeAsStored(List<Unflushed> records, Map<String, Long> rows, boolean anyPlace) {
    for (int count = 0; count <= (anyPlace ? records.size() : 0); count++) {
      Map<Call, Long> worth = new HashMap<>();
      for (Unflushed record : records) {
        Long before = flushed.get(record.call);
        if (before != null) {
          worth.putIfAbsent(record.call, before);
        }
      }
      records.subList(0, count).forEach(record -> worth.put(record.call, record.charge));
      boolean fits =
          records.stream()
              .map(Unflushed::call)
              .allMatch(call -> {
                Long is = worth.get(call);
                Long wanted = is == null ? null : Long.valueOf(Math.max(0, is));
                return Objects.equals(rows.get(call.id), wanted);
              });
      if (fits) {
        flushed.putAll(worth);
        return;
      }
    }
    throw new IllegalStateException("the rows are those of no place in the journal: " + rows);
  }
}
