package com.runspace.ledger;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Reservation.Hold;
import com.runspace.testkit.ManualTime;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;

/**
 * A process that holds and settles until it is killed. After each flush it says what is safe from
 * now on: {@code h id} for a call that was admitted, {@code s id charge} for one that was settled.
 */
final class LedgerChild {
  static final String NOON = "2026-11-21T12:00:00Z";
  static final Allowance ALLOWANCE =
      _ -> new Allowance.Grant(new Nanos(1_000_000_000_000L), "tier");
  private static final int THREADS = 3;

  private record Call(String id, Hold hold) {}

  private final Ledger loop;
  private final Spender spender;
  private final Random random;
  private final OutputStream out = new FileOutputStream(FileDescriptor.out);
  private long number;

  private LedgerChild(Ledger loop, Spender spender, long firstNumber) {
    this.loop = loop;
    this.spender = spender;
    this.number = firstNumber;
    this.random = new Random(firstNumber);
  }

  static Spender spender(int run, int thread) {
    return new Spender(new AccountId("acc_" + run), "key_" + thread, null);
  }

  static Path store(Path folder) {
    return folder.resolve("store.db");
  }

  /** Takes the data folder and the number of the run. */
  static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    int run = Integer.parseInt(arguments[1]);
    Db db = Db.sqlite(store(folder), Duration.ofSeconds(5));
    LocalLedger ledger =
        LocalLedger.replayed(
            db,
            folder.resolve("journal"),
            Samples.plan(1 << 17),
            0,
            ALLOWANCE,
            ManualTime.at(NOON));
    ledger.start();
    for (int i = 0; i < THREADS; i++) {
      long first = 1_000_000_000L * run + 100_000_000L * i;
      LedgerChild child = new LedgerChild(ledger.forLoop(), spender(run, i), first);
      Thread.ofPlatform().start(child::run);
    }
  }

  private void run() {
    Deque<Call> open = new ArrayDeque<>();
    while (true) {
      StringBuilder said = new StringBuilder();
      for (int i = random.nextInt(3); i >= 0; i--) {
        Ask ask = new Ask(new Nanos(1_000), new Nanos(1_000));
        String id = Samples.id(++number);
        if (loop.hold(spender, ask, id, "m") instanceof Reservation.Held(Hold hold)) {
          open.add(new Call(id, hold));
          said.append("h ").append(id).append('\n');
        }
      }
      while (open.size() > random.nextInt(20)) {
        Call call = open.remove();
        Nanos charge =
            call.hold.settle(Samples.settlement(1 + random.nextInt(900), Ended.COMPLETE));
        said.append("s ").append(call.id).append(' ').append(charge.value()).append('\n');
      }
      loop.flush();
      try {
        out.write(said.toString().getBytes(StandardCharsets.US_ASCII));
      } catch (IOException nobodyListens) {
        return;
      }
    }
  }
}
