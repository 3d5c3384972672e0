package com.runspace.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Shares.Answer;
import com.runspace.cluster.LeaseStore.Outcome;
import com.runspace.cluster.LeaseStore.Subject;
import com.runspace.cluster.LeaseStore.Wish;
import org.junit.jupiter.api.Test;

/** How much a node wishes for of a day, and when it asks again. */
class LeaseTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long DAY = 20_778;

  private final ManualShare share = new ManualShare(new Subject("account a", DAY), Long.MAX_VALUE);
  private final Lease lease = new Lease(share);
  private long number;

  /** What it asks for where a call would like to have 20, and is given so much. */
  private long asksFor(long given, long now) {
    assertThat(lease.want(share, 0, 20, /* outside= */ false, now)).isNotNull();
    Wish wish = lease.wish(++number, now);
    assertThat(lease.take(wish, new Outcome(given, 0, /* met= */ true), now)).isFalse();
    return wish.more();
  }

  @Test
  void aPartIsToLastThreeMinutesAtThePaceOfTheLastOne() {
    assertThat(asksFor(100, 0)).as("of no pace yet").isEqualTo(20);
    share.used = 80;
    assertThat(asksFor(20, 40 * SECOND)).as("80 in 40 s").isEqualTo(360);
    share.used = 280;
    assertThat(asksFor(20, 40 * SECOND + 1)).as("64 times the last").isEqualTo(1_280);
    share.used = 290;
    assertThat(asksFor(20, 160 * SECOND)).as("what the call likes").isEqualTo(20);
  }

  @Test
  void moreIsAskedForWhenThePaceHasRisen() {
    assertThat(asksFor(100, 0)).isEqualTo(20);
    share.used = 2;
    assertThat(lease.look(DAY, 6 * SECOND)).as("98 last").isEqualTo(Lease.Look.KEEP);
    share.used = 16;
    assertThat(lease.look(DAY, 6 * SECOND)).as("84 do not").isEqualTo(Lease.Look.DUE);
    assertThat(lease.look(DAY, 6 * SECOND)).as("once").isEqualTo(Lease.Look.KEEP);
    Wish wish = lease.wish(++number, 6 * SECOND);
    assertThat(wish.least()).isZero();
    assertThat(wish.more()).isEqualTo(480);
    assertThat(lease.take(wish, new Outcome(0, 0, /* met= */ true), 6 * SECOND)).isFalse();
    assertThat(lease.look(DAY, 11 * SECOND)).as("nothing was spare").isEqualTo(Lease.Look.KEEP);
    share.used = 40;
    assertThat(lease.look(DAY, 12 * SECOND)).isEqualTo(Lease.Look.DUE);
  }

  @Test
  void noMoreIsTakenThanADiskMayLose() {
    ManualShare small = new ManualShare(new Subject("account b", DAY), 800);
    Lease limited = new Lease(small);
    assertThat(limited.want(small, 0, 20, /* outside= */ false, 0)).isNotNull();
    Wish wish = limited.wish(++number, 0);
    assertThat(limited.take(wish, new Outcome(100, 0, /* met= */ true), 0)).isFalse();
    small.used = 49;
    assertThat(limited.look(DAY, 6 * SECOND)).as("half an eighth").isEqualTo(Lease.Look.KEEP);
    small.used = 51;
    assertThat(limited.look(DAY, 6 * SECOND)).isEqualTo(Lease.Look.DUE);
  }

  @Test
  void noSumIsTooLarge() {
    assertThat(asksFor(Long.MAX_VALUE / 2, 0)).isEqualTo(20);
    share.used = Long.MAX_VALUE / 2;
    assertThat(asksFor(20, SECOND)).isGreaterThan(Long.MAX_VALUE / 2_000);
    share.used = Long.MAX_VALUE - 100;
    assertThat(asksFor(20, 2 * SECOND)).isEqualTo(1_280);
  }

  @Test
  void whatIsGivenBackBeforeItWasHeardThatNothingIsLeftIsAskedForAtOnce() {
    assertThat(lease.want(share, 5, 8, /* outside= */ false, 0)).isNotNull();
    Wish wish = lease.wish(++number, 0);
    assertThat(lease.returned()).as("the wish is on its way").isFalse();
    assertThat(lease.take(wish, new Outcome(0, 0, /* met= */ false), 1)).isTrue();
    assertThat(lease.returned()).as("others are being asked").isTrue();
    wish = lease.wish(++number, 2);
    assertThat(lease.take(wish, new Outcome(5, 0, /* met= */ true), 3)).isFalse();
    assertThat(lease.returned()).as("nobody waits").isFalse();
    assertThat(share.amount).isEqualTo(5);
  }

  @Test
  void whereNothingIsSpareItIsStillAskedForWhenItIsNeeded() {
    assertThat(asksFor(0, 0)).isEqualTo(20);
    assertThat(lease.want(share, 0, 20, /* outside= */ false, 1)).isEqualTo(new Answer.Dry());
    assertThat(lease.want(share, 5, 20, /* outside= */ false, 1))
        .as("others give back where it is needed")
        .isInstanceOf(Answer.Coming.class);
  }
}
