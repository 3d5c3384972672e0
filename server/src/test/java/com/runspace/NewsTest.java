package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Nanos;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that ask each other to give back, over the whole way: ledger, leases, store and news. */
@Timeout(60)
class NewsTest {
  private static final Nanos GRANTED = new Nanos(5_000_000_000L);
  private static final AccountId ACCOUNT = new AccountId("acc_1");
  private static final int ROUNDS = 10;

  @TempDir private Path folder;
  private int calls;

  private BareNode node(String name, String url) throws Exception {
    ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
    return BareNode.open(folder.resolve(name), url, "5", time);
  }

  /** Takes a whole day; says whether that needed more than that the other node was told. */
  private boolean takesAll(BareNode node, Spender spender) throws Exception {
    String id = Samples.id(++calls);
    boolean late = false;
    Reservation answer = node.hold(spender, GRANTED, id);
    while (answer instanceof Reservation.Coming(var arrival)) {
      CompletableFuture<?> coming = arrival.toCompletableFuture();
      if (!isThere(coming)) {
        late = true;
        // So long callers wait for others before the store is asked once more.
        node.time.advance(Duration.ofMillis(250));
        coming.get(5, TimeUnit.SECONDS);
      }
      answer = node.hold(spender, GRANTED, id);
    }
    assertThat(answer).isInstanceOf(Reservation.Held.class);
    Reservation.Hold hold = ((Reservation.Held) answer).hold();
    assertThat(hold.amount()).isEqualTo(GRANTED);
    hold.settle(Samples.settlement(0, Settlement.Ended.COMPLETE));
    return late;
  }

  private static boolean isThere(CompletableFuture<?> coming) throws Exception {
    try {
      coming.get(2, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException late) {
      return false;
    }
  }

  private int lateRounds(@Nullable Nanos cap) throws Exception {
    Spender spender = new Spender(ACCOUNT, "key_1", cap);
    String url = Postgres.freshDatabase();
    try (BareNode one = node("one" + cap, url);
        BareNode two = node("two" + cap, url)) {
      assertThat(takesAll(one, spender)).as("nobody has it yet").isFalse();
      int late = 0;
      for (int i = 0; i < ROUNDS; i++) {
        BareNode taker = i % 2 == 0 ? two : one;
        // From now on the clocks of both stand still, so that nothing is given back or asked for
        // once more by itself; but the holder is idle now.
        one.time.advance(Duration.ofSeconds(2));
        two.time.advance(Duration.ofSeconds(2));
        late += takesAll(taker, spender) ? 1 : 0;
      }
      return late;
    }
  }

  @Test
  void whoHasAllOfADayAndDoesNotNeedItGivesItToWhoeverAsks() throws Exception {
    assertThat(lateRounds(null)).as("what came back was not heard of").isLessThan(ROUNDS / 2);
  }

  @Test
  void soWithTheCapOfAKey() throws Exception {
    assertThat(lateRounds(GRANTED)).as("what came back was not heard of").isLessThan(ROUNDS / 2);
  }
}
