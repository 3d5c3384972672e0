package com.runspace.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.keys.Admission.Admitted;
import com.runspace.keys.Admission.Kind;
import com.runspace.keys.Admission.Limited;
import com.runspace.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** One node's parts of a key's limits, as the store gives and takes them. */
class PartsTest {
  /** What was asked for; a test gives it, or does not. */
  private static final class Asked implements Shares {
    record Wish(Share share, long least, long more) {}

    final List<Wish> wishes = new ArrayList<>();
    final Map<String, Share> shares = new HashMap<>();
    final Map<String, Answer> answers = new HashMap<>();
    final CompletableFuture<Void> arrival = new CompletableFuture<>();
    boolean good = true;

    @Override
    public boolean areGood() {
      return good;
    }

    @Override
    public Answer want(Share share, long least, long more) {
      wishes.add(new Wish(share, least, more));
      shares.put(share.subject(), share);
      return answers.getOrDefault(share.subject(), new Answer.Coming(arrival));
    }

    Share share(String subject) {
      Share share = shares.get(subject);
      return share == null ? fail("never asked for " + subject) : share;
    }

    Wish last() {
      return wishes.getLast();
    }
  }

  private final ManualTime time = ManualTime.at("2026-11-23T12:00:00Z");
  private final Asked asked = new Asked();

  private Limiter limiter(long requests, long tokens, long concurrent) {
    Limits limits = new Limits(requests, tokens, concurrent);
    return new Limiter(limits, time.nanos(), "key_1", asked, time);
  }

  private void pass(long seconds) {
    time.advance(Duration.ofSeconds(seconds));
  }

  private Admission admit(Limiter limiter, long tokens) {
    return limiter.admit(time.nanos(), tokens);
  }

  private Admitted admitted(Limiter limiter, long tokens) {
    return admit(limiter, tokens) instanceof Admitted call ? call : fail("was not let in");
  }

  private RateState.Window tokens(Limiter limiter) {
    return limiter.state(time.nanos()).tokens();
  }

  /** The part of the tokens, asked for by a call and given. */
  private Share given(Limiter limiter, long tokens) {
    admit(limiter, 1);
    Share share = asked.share("tokens key_1");
    share.grow(tokens);
    return share;
  }

  @Test
  void aCallAsksForAllThatItMissesAtOnce() {
    Limiter limiter = limiter(60, 6_000, 4);
    Admission answer = admit(limiter, 2_000);
    assertThat(answer).isInstanceOf(Admission.Coming.class);
    assertThat(asked.wishes)
        .extracting(wish -> wish.share().subject() + " " + wish.least() + " " + wish.more())
        .containsExactly("requests key_1 1 15", "tokens key_1 2000 2000", "calls key_1 1 1");
    assertThat(asked.wishes).allMatch(wish -> wish.share().amount() == 0);
    assertThat(asked.wishes).allMatch(wish -> wish.share().day() == 0 && wish.share().used() == 0);
    assertThat(asked.wishes)
        .extracting(wish -> wish.share().limit())
        .containsExactly(60L, 6_000L, 4L);
    assertThat(limiter.state(time.nanos()).runningCalls()).isZero();
    List.copyOf(asked.wishes).forEach(wish -> wish.share().grow(wish.more()));
    admitted(limiter, 2_000);
    assertThat(asked.wishes).as("nothing was missing").hasSize(3);
  }

  @Test
  void theArrivalIsThatOfAllParts() {
    Limiter limiter = limiter(60, 6_000, 0);
    CompletableFuture<Void> other = new CompletableFuture<>();
    asked.answers.put("tokens key_1", new Shares.Answer.Coming(other));
    if (!(admit(limiter, 1) instanceof Admission.Coming coming)) {
      throw new AssertionError("nothing is coming");
    }
    CompletableFuture<?> both = coming.arrival().toCompletableFuture();
    asked.arrival.complete(null);
    assertThat(both).isNotDone();
    other.complete(null);
    assertThat(both).isDone();
  }

  @Test
  void limitsThatThereAreNoneOfAreNotAskedFor() {
    Limiter limiter = limiter(0, 0, 2);
    admit(limiter, 1_000_000);
    assertThat(asked.wishes).hasSize(1);
    asked.share("calls key_1").grow(1);
    admitted(limiter, Long.MAX_VALUE);
    assertThat(limiter.state(time.nanos()).requests()).isEqualTo(new RateState.Window(0, 0, 0));
  }

  @Test
  void anAnswerThatNothingIsLeftIsALimitAndAStoreThatIsOutIsNot() {
    Limiter limiter = limiter(60, 6_000, 4);
    asked.answers.put("tokens key_1", new Shares.Answer.Dry());
    assertThat(admit(limiter, 3_000)).isEqualTo(new Limited(Kind.TOKENS, 6_000, 0, 30_000));
    assertThat(admit(limiter, 1))
        .as("others give back in a second")
        .isEqualTo(new Limited(Kind.TOKENS, 6_000, 0, 1_000));
    asked.answers.put("calls key_1", new Shares.Answer.Out());
    assertThat(admit(limiter, 1)).isEqualTo(new Admission.Closed());
    asked.share("calls key_1").grow(1);
    asked.share("tokens key_1").grow(6_000);
    asked.share("requests key_1").grow(1);
    admitted(limiter, 1);
    assertThat(admit(limiter, 1)).isEqualTo(new Admission.Closed());
  }

  @Test
  void aNodeWhosePartsAreOthersByNowUsesNone() {
    Limiter limiter = limiter(60, 0, 0);
    admit(limiter, 1);
    asked.share("requests key_1").grow(60);
    admitted(limiter, 1);
    asked.good = false;
    assertThat(admit(limiter, 1)).isEqualTo(new Admission.Closed());
  }

  @Test
  void nobodyIsAskedForMoreThanTheLimit() {
    Limiter limiter = limiter(0, 1_000, 0);
    admit(limiter, Long.MAX_VALUE);
    assertThat(asked.last().least()).isEqualTo(1_000);
    asked.last().share().grow(1_000);
    admitted(limiter, Long.MAX_VALUE);
    asked.wishes.clear();
    assertThat(admit(limiter, 500)).isEqualTo(new Limited(Kind.TOKENS, 1_000, 0, 30_000));
    assertThat(asked.wishes).as("it has all").isEmpty();
    Limiter part = limiter(0, 1_000, 0);
    given(part, 400);
    admitted(part, 400);
    asked.wishes.clear();
    assertThat(admit(part, 601)).isInstanceOf(Limited.class);
    assertThat(asked.wishes).as("the whole limit would not do").isEmpty();
    assertThat(admit(part, 600)).isInstanceOf(Admission.Coming.class);
    assertThat(asked.last().least()).isEqualTo(600);
  }

  @Test
  void whatIsTakenStaysTakenWhenAPartGrowsOrShrinks() {
    Limiter limiter = limiter(0, 6_000, 0);
    Share share = given(limiter, 600);
    admitted(limiter, 600);
    assertThat(tokens(limiter)).isEqualTo(new RateState.Window(6_000, 0, 60_000));
    share.grow(5_400);
    assertThat(tokens(limiter)).isEqualTo(new RateState.Window(6_000, 5_400, 6_000));
    pass(3);
    assertThat(tokens(limiter)).isEqualTo(new RateState.Window(6_000, 5_700, 3_000));
    assertThat(share.shrink(0)).as("a call runs with 300 of them").isEqualTo(300);
    assertThat(tokens(limiter)).isEqualTo(new RateState.Window(6_000, 0, 60_000));
    pass(30);
    assertThat(tokens(limiter)).isEqualTo(new RateState.Window(6_000, 150, 30_000));
    assertThat(share.shrink(100)).isEqualTo(250);
    assertThat(share.shrink(1_000)).isEqualTo(250);
    assertThat(share.amount()).isEqualTo(250);
  }

  @Test
  void aNodeWithNothingTakenGivesAllBackButOneTokenWhileCallsRun() {
    Limiter limiter = limiter(0, 6_000, 0);
    Share share = given(limiter, 6_000);
    Admitted call = admitted(limiter, 100);
    pass(60);
    assertThat(share.shrink(0)).isOne();
    call.end(time.nanos(), 150);
    assertThat(share.shrink(0)).as("fifty were used beyond what was reserved").isOne();
    pass(49 * 60);
    assertThat(share.shrink(0)).isOne();
    pass(60);
    assertThat(share.shrink(0)).isZero();
    assertThat(admit(limiter, 0)).as("without a part nothing runs").isNotInstanceOf(Admitted.class);
  }

  @Test
  void runningCallsKeepTheirPlaces() {
    Limiter limiter = limiter(0, 0, 9);
    admit(limiter, 1);
    Share share = asked.share("calls key_1");
    share.grow(4);
    Admitted one = admitted(limiter, 1);
    admitted(limiter, 1);
    assertThat(share.shrink(1)).isEqualTo(3);
    assertThat(share.shrink(0)).isEqualTo(2);
    assertThat(admit(limiter, 1)).isInstanceOf(Admission.Coming.class);
    one.end(time.nanos(), 0);
    assertThat(share.shrink(0)).isOne();
  }

  @Test
  void allOfAPartThatHasJustComeCanBeUsedByALoopWhoseClockIsATickBehind() {
    Limiter limiter = limiter(3, 0, 0);
    admit(limiter, 1);
    long behind = time.nanos();
    time.advance(Duration.ofMillis(100));
    asked.share("requests key_1").grow(2);
    assertThat(limiter.admit(behind, 1)).isInstanceOf(Admitted.class);
    assertThat(limiter.admit(behind, 1)).isInstanceOf(Admitted.class);
    assertThat(limiter.admit(behind, 1)).isInstanceOf(Admission.Coming.class);
  }

  @Test
  void aRefundAfterAChangeIsWhatTimeHasNotBroughtBack() {
    Limiter limiter = limiter(0, 6_000, 0);
    Share share = given(limiter, 600);
    Admitted call = admitted(limiter, 600);
    pass(15);
    share.grow(600);
    pass(15);
    assertThat(tokens(limiter).remaining()).as("150 and 300 are back").isEqualTo(1_050);
    call.end(time.nanos(), 100);
    assertThat(tokens(limiter).remaining()).isBetween(1_199L, 1_200L);
  }

  @Test
  void aRefundAfterAChangeNeverGivesBackWhatTimeHasGivenBack() {
    Limiter limiter = limiter(0, 6_000, 0);
    Share share = given(limiter, 600);
    Admitted first = admitted(limiter, 300);
    Admitted second = admitted(limiter, 300);
    share.grow(600);
    first.end(time.nanos(), 0);
    assertThat(tokens(limiter).remaining()).isBetween(899L, 900L);
    pass(16);
    assertThat(tokens(limiter).remaining()).isEqualTo(1_200);
    second.end(time.nanos(), 0);
    admitted(limiter, 1_200);
    assertThat(tokens(limiter).remaining()).isZero();
  }

  @Test
  void aPartThatIsSoonTooSmallIsWantedLarger() {
    Limiter limiter = limiter(0, 0, 1_000);
    List<Long> wanted = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      while (admit(limiter, 1) instanceof Admitted) {
        // Until the part is full.
      }
      wanted.add(asked.last().more());
      asked.last().share().grow(asked.last().more() / 2);
      pass(1);
    }
    assertThat(wanted).containsExactly(250L, 500L, 625L);
    pass(10);
    while (admit(limiter, 1) instanceof Admitted) {
      // Until the part is full.
    }
    assertThat(asked.last().more()).isEqualTo(250);
  }
}
