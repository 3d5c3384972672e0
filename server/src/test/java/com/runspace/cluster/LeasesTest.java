package com.runspace.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Shares.Answer;
import com.runspace.cluster.LeaseStore.Fenced;
import com.runspace.cluster.LeaseStore.Outcome;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import com.runspace.testkit.ManualTime;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node does about its leases, step by step: nothing here starts the thread. */
@Timeout(60)
class LeasesTest {
  private static final Subject RATE = new Subject("requests key_1", 0);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
  private final Day today = Day.ofEpochMillis(time.epochMillis());
  private final Subject ofDay = new Subject("account a", today.epochDay());
  private final ScriptedLeases store = new ScriptedLeases();
  private final Leases leases = new Leases(store, time, 3);
  private final ManualShare rate = new ManualShare(RATE, 100);
  private final ManualShare day = new ManualShare(ofDay, 1_000);

  @TempDir private Path folder;

  private static CompletableFuture<?> coming(Answer answer) {
    assertThat(answer).isInstanceOf(Answer.Coming.class);
    return ((Answer.Coming) answer).arrival().toCompletableFuture();
  }

  /** Has it given to the share. */
  private void have(ManualShare share, long amount) {
    CompletableFuture<?> arrival = coming(leases.want(share, amount, amount));
    leases.work();
    assertThat(arrival).isDone();
    assertThat(share.amount).isEqualTo(amount);
  }

  private static final Outcome NOTHING = new Outcome(0, 30, false);

  @Test
  void manyWhoWaitForOneLimitAreOneWish() {
    CompletableFuture<?> first = coming(leases.want(rate, 5, 8));
    assertThat(coming(leases.want(rate, 7, 7))).isSameAs(first);
    assertThat(store.wishes).as("nothing blocks").isEmpty();
    leases.work();
    assertThat(store.wishes)
        .containsExactly(new Wish(RATE, 100, 0, 0, 7, 8, (3L << 40) + 1, false));
    assertThat(first).isDone();
    assertThat(rate.amount).isEqualTo(7);
    assertThat(leases.waits()).isEqualTo(2);
    assertThat(leases.operations()).isOne();
    assertThat(leases.count()).isOne();
  }

  @Test
  void whatIsNeededMeanwhileIsAskedForAtOnce() {
    CompletableFuture<?> first = coming(leases.want(rate, 5, 5));
    store.meanwhile =
        () -> {
          store.meanwhile = () -> {};
          assertThat(coming(leases.want(rate, 20, 20))).isSameAs(first);
        };
    leases.work();
    assertThat(store.wishes).hasSize(2);
    assertThat(store.last().have()).isEqualTo(5);
    assertThat(store.last().least()).as("what has come is not needed again").isEqualTo(15);
    assertThat(first).isDone();
    assertThat(rate.amount).isEqualTo(20);
  }

  @Test
  void whereNothingIsLeftOthersAreWaitedForAndThenNobodyAsksForASecond() {
    store.rule = _ -> NOTHING;
    CompletableFuture<?> arrival = coming(leases.want(day, 5, 8));
    leases.work();
    time.advance(Duration.ofMillis(249));
    leases.press();
    leases.work();
    assertThat(store.wishes).hasSize(1);
    assertThat(arrival).isNotDone();
    assertThat(day.usedElsewhere).isEqualTo(30);
    time.advance(Duration.ofMillis(1));
    leases.press();
    leases.work();
    assertThat(store.wishes).hasSize(2);
    assertThat(arrival).isDone();
    assertThat(leases.want(day, 5, 8)).isEqualTo(new Answer.Dry());
    time.advance(Duration.ofMillis(999));
    assertThat(leases.want(day, 5, 8)).isEqualTo(new Answer.Dry());
    leases.press();
    leases.work();
    assertThat(store.wishes).hasSize(2);
    time.advance(Duration.ofMillis(1));
    var _ = coming(leases.want(day, 5, 8));
    leases.work();
    assertThat(store.wishes).hasSize(3);
  }

  @Test
  void whatWasOnlyGoodToHaveIsNotAskedForAgainWithinTheSecond() {
    store.rule = _ -> new Outcome(0, 0, true);
    CompletableFuture<?> arrival = coming(leases.want(rate, 0, 8));
    leases.work();
    assertThat(arrival).isDone();
    assertThat(leases.want(rate, 0, 8)).isEqualTo(new Answer.Dry());
    assertThat(leases.waits()).isZero();
  }

  @Test
  void aStoreThatFailsIsOutForASecond() {
    store.fault = new SQLException("no route");
    CompletableFuture<?> arrival = coming(leases.want(rate, 5, 5));
    leases.work();
    assertThat(arrival).as("whoever waits looks again").isDone();
    assertThat(leases.isReachable()).isFalse();
    assertThat(leases.want(rate, 5, 5)).isEqualTo(new Answer.Out());
    assertThat(leases.areGood()).isTrue();
    time.advance(SECOND);
    store.fault = null;
    have(rate, 5);
    assertThat(leases.isReachable()).isTrue();
  }

  @Test
  void aStoreThatIsOutIsTriedEachSecond() {
    store.fault = new SQLException("no route");
    var _ = coming(leases.want(rate, 5, 5));
    leases.work();
    leases.tick();
    assertThat(store.renewals).isZero();
    time.advance(SECOND);
    leases.tick();
    assertThat(store.renewals).isOne();
    store.fault = null;
    time.advance(SECOND);
    leases.tick();
    assertThat(store.renewals).isEqualTo(2);
    assertThat(leases.isReachable()).isTrue();
  }

  @Test
  void aStoreThatAnswersLateIsOutForWhoeverComesMeanwhile() {
    CompletableFuture<?> arrival = coming(leases.want(rate, 5, 5));
    store.meanwhile =
        () -> {
          time.advance(Duration.ofMillis(999));
          var _ = coming(leases.want(rate, 5, 5));
          time.advance(Duration.ofMillis(1));
          assertThat(leases.want(rate, 5, 5)).isEqualTo(new Answer.Out());
          assertThat(arrival).isNotDone();
        };
    leases.work();
    assertThat(arrival).isDone();
    assertThat(rate.amount).isEqualTo(5);
    var _ = coming(leases.want(rate, 5, 5));
  }

  @Test
  void leasesAreRenewedEachMinuteAndNotUsedNineMinutesAfterTheLastTime() {
    time.advance(Duration.ofSeconds(59));
    leases.tick();
    assertThat(store.renewals).isZero();
    time.advance(SECOND);
    leases.tick();
    leases.tick();
    assertThat(store.renewals).isOne();
    store.fault = new SQLException("no route");
    time.advance(Duration.ofMillis(539_999));
    leases.tick();
    assertThat(leases.areGood()).isTrue();
    time.advance(Duration.ofMillis(1));
    assertThat(leases.areGood()).isFalse();
    time.advance(SECOND);
    leases.tick();
    assertThat(leases.areGood()).isFalse();
    store.fault = null;
    time.advance(SECOND);
    leases.tick();
    assertThat(leases.areGood()).isTrue();
  }

  @Test
  void aRenewalCountsFromWhenItBegan() {
    time.advance(Duration.ofSeconds(60));
    store.meanwhile = () -> time.advance(Duration.ofSeconds(100));
    leases.tick();
    time.advance(Duration.ofSeconds(440));
    assertThat(leases.areGood()).isFalse();
  }

  @Test
  void whatOthersMayHaveTakenIsNotUsedAfterALateRenewal() {
    have(rate, 50);
    have(day, 50);
    rate.held = 4;
    time.advance(Duration.ofSeconds(601));
    assertThat(leases.areGood()).isFalse();
    var _ = coming(leases.want(new ManualShare(new Subject("tokens key_1", 0), 100), 5, 5));
    leases.work();
    assertThat(leases.areGood()).isTrue();
    assertThat(rate.amount).as("but what is in use").isEqualTo(4);
    assertThat(day.amount).as("a day's part is no other node's").isEqualTo(50);
  }

  @Test
  void aNodeThatIsFencedStaysSo() {
    have(rate, 5);
    store.fault = new Fenced("another process goes on as this node");
    CompletableFuture<?> arrival = coming(leases.want(rate, 5, 5));
    leases.work();
    assertThat(arrival).isDone();
    store.fault = null;
    time.advance(Duration.ofMinutes(2));
    leases.tick();
    assertThat(store.renewals).isZero();
    assertThat(leases.isFenced()).isTrue();
    assertThat(leases.areGood()).isFalse();
    assertThat(leases.want(rate, 5, 5)).isEqualTo(new Answer.Out());
  }

  @Test
  void aRenewalFindsOutAboutItToo() {
    store.fault = new Fenced("another process goes on as this node");
    time.advance(Duration.ofMinutes(1));
    leases.tick();
    assertThat(leases.isFenced()).isTrue();
    assertThat(leases.areGood()).isFalse();
  }

  @Test
  void aBusyNodeKeepsAQuarterOfWhatAnotherWants() {
    have(rate, 80);
    rate.held = 10;
    leases.wanted(new Subject("of no node", 0));
    leases.wanted(RATE);
    leases.work();
    assertThat(store.last()).isEqualTo(new Wish(RATE, 100, 30, 0, 0, 0, (3L << 40) + 2, true));
    time.advance(SECOND);
    leases.wanted(RATE);
    leases.work();
    assertThat(rate.amount).as("no call for a second").isEqualTo(10);
    assertThat(store.last().have()).isEqualTo(10);
  }

  @Test
  void whatOneNodeNeedsAnotherGivesBack() throws SQLException {
    try (Db db = Db.sqlite(folder.resolve("store.db"), SECOND)) {
      Leases one = ofNode(db);
      Leases two = ofNode(db);
      var _ = coming(one.want(rate, 80, 80));
      one.work();
      assertThat(rate.amount).isEqualTo(80);
      rate.held = 30;
      time.advance(SECOND);
      ManualShare there = new ManualShare(RATE, 100);
      CompletableFuture<?> arrival = coming(two.want(there, 40, 40));
      two.work();
      assertThat(there.amount).isEqualTo(20);
      assertThat(arrival).isNotDone();
      one.wanted(RATE);
      one.work();
      assertThat(rate.amount).isEqualTo(30);
      two.returned(RATE);
      two.work();
      assertThat(arrival).isDone();
      assertThat(there.amount).as("what it needed, not that beyond the first").isEqualTo(40);
      two.returned(RATE);
      long asked = two.operations();
      two.work();
      assertThat(two.operations()).as("nobody waits any more").isEqualTo(asked);
    }
  }

  private Leases ofNode(Db db) throws SQLException {
    Node node = new NodeTable(db).register(UUID.randomUUID().toString(), "node");
    return new Leases(new LeaseTable(db, node), time, node.epoch());
  }

  @Test
  void whatNobodyUsesForTwoMinutesGoesBack() {
    have(rate, 50);
    have(day, 50);
    leases.tick();
    time.advance(Duration.ofSeconds(119));
    day.used = 20;
    leases.tick();
    leases.work();
    assertThat(rate.amount).isEqualTo(50);
    time.advance(SECOND);
    leases.tick();
    leases.work();
    assertThat(rate.amount).isZero();
    assertThat(day.amount).as("used a second ago").isEqualTo(50);
    assertThat(store.last().have()).isZero();
    leases.tick();
    assertThat(leases.count()).as("the store knows it").isOne();
    time.advance(Duration.ofSeconds(119));
    leases.tick();
    leases.work();
    leases.tick();
    assertThat(day.amount).isEqualTo(20);
    assertThat(store.last().used()).isEqualTo(20);
    assertThat(leases.count()).isZero();
    have(rate, 5);
  }

  @Test
  void itIsSaidAgainUntilTheStoreHasHeardIt() {
    have(rate, 50);
    leases.tick();
    time.advance(Duration.ofSeconds(61));
    leases.tick();
    time.advance(Duration.ofSeconds(59));
    store.fault = new SQLException("no route");
    leases.tick();
    leases.work();
    assertThat(rate.amount).isZero();
    assertThat(leases.count()).isOne();
    store.fault = null;
    time.advance(SECOND);
    leases.tick();
    leases.work();
    leases.tick();
    assertThat(leases.count()).isZero();
  }

  @Test
  void whileTheStoreIsOutNothingGoesBack() {
    have(day, 50);
    leases.tick();
    store.fault = new SQLException("no route");
    time.advance(Duration.ofMinutes(2));
    leases.tick();
    assertThat(leases.isReachable()).isFalse();
    assertThat(day.amount).isEqualTo(50);
    store.fault = null;
    time.advance(SECOND);
    leases.tick();
    assertThat(day.amount).isZero();
  }

  @Test
  void whatIsLeftOfADayGoesBackWhenItIsOver() {
    time.jumpTo("2026-11-21T23:59:59Z");
    have(day, 50);
    day.used = 10;
    day.held = 15;
    leases.tick();
    leases.work();
    assertThat(day.amount).isEqualTo(50);
    time.advance(SECOND);
    leases.tick();
    leases.work();
    assertThat(store.last().have()).as("a call goes on").isEqualTo(25);
    leases.tick();
    assertThat(leases.count()).isOne();
    day.held = 0;
    day.used = 20;
    leases.tick();
    leases.work();
    leases.tick();
    assertThat(store.last().have()).isEqualTo(20);
    assertThat(leases.count()).isZero();
    assertThat(store.forgotten).containsExactly(new Day(today.epochDay() - 8));
  }

  @Test
  void atTheEndAllThatIsNotUsedGoesBack() {
    have(rate, 50);
    have(day, 50);
    day.used = 20;
    leases.close();
    assertThat(store.wishes.subList(2, 4))
        .containsExactly(
            new Wish(ofDay, 1_000, 20, 20, 0, 0, (3L << 40) + 3, false),
            new Wish(RATE, 100, 0, 0, 0, 0, (3L << 40) + 4, false));
  }
}
