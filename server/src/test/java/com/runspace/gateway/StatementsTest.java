package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Time;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import com.runspace.ledger.Allowance;
import com.runspace.ledger.Ask;
import com.runspace.ledger.Ledger;
import com.runspace.ledger.LedgerTable;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.testkit.CountedStore;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What calls ask of the store: nothing on the chat path, and behind it one statement for many. */
@Timeout(60)
class StatementsTest extends EndToEnd {
  private static final int LOOPS = 2;
  private static final int CALLS_EACH = 25_000;

  @TempDir private Path folder;

  @Test
  void theChatPathAsksTheStoreNothing() throws Exception {
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 5, 7)));
    try (CountedStore store = CountedStore.in(folder)) {
      start(RunningGateway.before(upstream).data(folder).eventLoops(LOOPS));
      String key = gateway().key();
      assertThat(store.statements.get()).as("the count works").isGreaterThan(10);
      for (int i = 0; i < 10; i++) {
        RawClient client = client();
        for (int call = 0; call < 40; call++) {
          assertThat(client.call(plain("").bearer(key)).status()).isEqualTo(200);
        }
      }
      JsonObject used = new JsonObject(call(plain("").bearer(key)).text());
      assertThat(used.containsKey("usage")).isTrue();
      gateway().close();
      assertThat(store.threads).as("who asks the store").noneMatch(name -> name.contains("vert.x"));
    }
  }

  /** Holds and settles as a loop does, in turns of ten, as fast as it can. */
  private static void work(Ledger loop, int number) {
    Spender spender = new Spender(new AccountId("acc_1"), "key_" + number, null);
    Ask ask = new Ask(new Nanos(1_000), new Nanos(1_000), 1, 1, 4);
    for (int i = 0; i < CALLS_EACH; i++) {
      String id = "%016x%016x".formatted(number, i);
      Reservation reservation = loop.hold(spender, ask, id, "m");
      // Once in a while the next segment of the journal is still on its way.
      while (!(reservation instanceof Reservation.Held)) {
        LockSupport.parkNanos(1_000_000);
        reservation = loop.hold(spender, ask, id, "m");
      }
      if (reservation instanceof Reservation.Held held) {
        var _ =
            held.hold()
                .settle(
                    new Settlement(
                        "p", 5, 0, 7, new Nanos(33), Basis.MEASURED, Ended.COMPLETE, false, false));
      }
      if (i % 10 == 9) {
        loop.flush();
      }
    }
    loop.flush();
  }

  @Test
  void aStatementPostsManyCalls() throws Exception {
    Allowance allowance = _ -> new Allowance.Grant(new Nanos(1_000_000_000_000L), "tier");
    try (CountedStore store = CountedStore.in(folder);
        Db db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(5));
        LocalLedger ledger =
            LocalLedger.open(
                db,
                folder.resolve("journal"),
                new LocalLedger.Plan(false, 0),
                allowance,
                Time.system())) {
      List<Ledger> loops = new ArrayList<>();
      for (int i = 0; i < LOOPS; i++) {
        loops.add(ledger.forLoop());
      }
      long before = store.statements.get();
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < LOOPS; i++) {
        int number = i;
        threads.add(
            Thread.ofPlatform().name("loop-" + i).start(() -> work(loops.get(number), number)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      ledger.post();
      long statements = store.statements.get() - before;
      Day today = Day.ofEpochMillis(Time.system().epochMillis());
      LedgerTable.Usage all =
          ledger
              .history()
              .usage(
                  new AccountId("acc_1"), new Day(0), today, EnumSet.noneOf(LedgerTable.By.class))
              .getFirst();
      assertThat(all.calls()).isEqualTo(LOOPS * CALLS_EACH);
      assertThat(all.charge()).isEqualTo(new Nanos(33L * LOOPS * CALLS_EACH));
      assertThat((double) all.calls() / statements).as("calls a statement").isGreaterThan(50);
      assertThat(store.threads).noneMatch(name -> name.startsWith("loop-"));
    }
  }
}
