package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.base.Share;
import com.runspace.base.Shares;
import com.runspace.journal.Journal;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement;
import com.runspace.testkit.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a node's ledger does that has only a part of each day. */
@Timeout(60)
class SharedDaysTest {
  private static final AccountId ACCOUNT = new AccountId("a");
  private static final Spender SPENDER = new Spender(ACCOUNT, "key_1", null);
  private static final Spender CAPPED = new Spender(ACCOUNT, "key_2", new Nanos(300));
  private static final String OF_DAY = "account a";
  private static final String OF_CAP = "cap a key_2";
  private static final Shares.Answer DRY = new Shares.Answer.Dry();
  private static final Shares.Answer OUT = new Shares.Answer.Out();

  /** Answers as the test says, and remembers what it was asked; at first nothing has come yet. */
  private static final class ScriptedShares implements Shares {
    private record Wanted(long least, long more) {}

    private final Map<String, Answer> answers = new HashMap<>();
    private final Map<String, CompletableFuture<Boolean>> arrivals = new HashMap<>();
    private final Map<String, Share> shares = new HashMap<>();
    private final Map<String, Wanted> wanted = new HashMap<>();
    private boolean good = true;

    @Override
    public Answer want(Share share, long least, long more) {
      shares.put(share.subject(), share);
      wanted.put(share.subject(), new Wanted(least, more));
      Answer answer = answers.get(share.subject());
      return answer == null ? new Answer.Coming(arrival(share.subject())) : answer;
    }

    @Override
    public boolean areGood() {
      return good;
    }

    private CompletableFuture<Boolean> arrival(String subject) {
      return arrivals.computeIfAbsent(subject, _ -> new CompletableFuture<>());
    }

    private Share of(String subject) {
      return Objects.requireNonNull(shares.get(subject), subject);
    }

    private void arrive(String subject, long amount) {
      of(subject).grow(amount);
      arrival(subject).complete(true);
      arrivals.remove(subject);
    }
  }

  private final ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
  private final ScriptedShares shares = new ScriptedShares();
  @TempDir private Path folder;
  private Db db;
  private LocalLedger ledger;
  private Ledger loop;
  private int calls;

  @BeforeEach
  void open() throws Exception {
    db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(1));
    ledger =
        LocalLedger.replayed(
            new LedgerTable(db),
            folder.resolve("journal"),
            Journal.Plan.of(Journal.Sync.SOON),
            0,
            _ -> new Allowance.Grant(new Nanos(1_000), "tier"),
            time,
            () -> new LocalLedger.Division(shares, List.of()));
    loop = ledger.forLoop();
  }

  @AfterEach
  void close() {
    ledger.close();
    db.close();
  }

  private Reservation hold(Spender spender, long full, long least) {
    calls++;
    return loop.hold(spender, new Ask(new Nanos(full), new Nanos(least)), Samples.id(calls), "m");
  }

  private static Reservation.Hold held(Reservation reservation, long amount) {
    assertThat(reservation).isInstanceOf(Reservation.Held.class);
    Reservation.Hold hold = ((Reservation.Held) reservation).hold();
    assertThat(hold.amount()).isEqualTo(new Nanos(amount));
    return hold;
  }

  private static CompletableFuture<?> coming(Reservation reservation) {
    assertThat(reservation).isInstanceOf(Reservation.Coming.class);
    return ((Reservation.Coming) reservation).arrival().toCompletableFuture();
  }

  private static void assertClosed(Reservation reservation, String reason) {
    assertThat(reservation).isInstanceOf(Reservation.Closed.class);
    assertThat(((Reservation.Closed) reservation).reason()).contains(reason);
  }

  /** The node has this of the account's day. */
  private void have(long amount) {
    var _ = coming(hold(SPENDER, 100, 10));
    shares.arrive(OF_DAY, amount);
  }

  @Test
  void aCallWaitsForItsPartAndIsHeldWhenThatHasCome() {
    CompletableFuture<?> arrival = coming(hold(SPENDER, 100, 10));
    assertThat(arrival).isNotDone();
    assertThat(shares.wanted.get(OF_DAY)).isEqualTo(new ScriptedShares.Wanted(100, 400));
    assertThat(shares.of(OF_DAY).limit()).isEqualTo(1_000);
    assertThat(shares.of(OF_DAY).day()).isEqualTo(Day.ofEpochMillis(time.epochMillis()).epochDay());
    shares.arrive(OF_DAY, 400);
    assertThat(arrival).isDone();
    var _ =
        held(hold(SPENDER, 100, 10), 100).settle(Samples.settlement(40, Settlement.Ended.COMPLETE));
    assertThat(shares.of(OF_DAY).used()).isEqualTo(40);
    assertThat(shares.of(OF_DAY).shrink(10)).isEqualTo(50);
  }

  @Test
  void moreIsAskedForBeforeItIsNeededAndNobodyWaitsForThat() {
    have(250);
    var _ = held(hold(SPENDER, 100, 10), 100);
    shares.wanted.clear();
    var _ = held(hold(SPENDER, 100, 10), 100);
    assertThat(shares.wanted.get(OF_DAY)).isEqualTo(new ScriptedShares.Wanted(0, 250));
    var _ = coming(hold(SPENDER, 100, 10));
    assertThat(shares.wanted.get(OF_DAY)).isEqualTo(new ScriptedShares.Wanted(50, 350));
  }

  @Test
  void whereNoMoreIsToBeHadCallsAreShortened() {
    have(30);
    shares.answers.put(OF_DAY, DRY);
    var _ = held(hold(SPENDER, 100, 10), 15);
    var _ = held(hold(SPENDER, 100, 10), 10);
    assertThat(hold(SPENDER, 100, 10))
        .isEqualTo(
            new Reservation.Busy(
                Day.ofEpochMillis(time.epochMillis()),
                new Nanos(1_000),
                Nanos.ZERO,
                new Nanos(25)));
  }

  @Test
  void aDayThatOthersHaveUsedIsSpent() {
    var _ = coming(hold(SPENDER, 100, 10));
    shares.of(OF_DAY).told(995);
    shares.answers.put(OF_DAY, DRY);
    assertThat(hold(SPENDER, 100, 10))
        .isEqualTo(
            new Reservation.Spent(
                Day.ofEpochMillis(time.epochMillis()),
                new Nanos(1_000),
                new Nanos(995),
                Nanos.ZERO,
                false));
  }

  @Test
  void withoutTheStoreCallsGoOnFromWhatIsThere() {
    shares.answers.put(OF_DAY, OUT);
    assertClosed(hold(SPENDER, 100, 10), "cannot reach the store");
    shares.of(OF_DAY).grow(130);
    var _ = held(hold(SPENDER, 100, 10), 100);
    var _ = held(hold(SPENDER, 100, 10), 15);
    assertClosed(hold(SPENDER, 100, 20), "cannot reach the store");
    var _ = held(hold(SPENDER, 100, 10), 10);
    assertClosed(hold(SPENDER, 100, 10), "cannot reach the store");
  }

  @Test
  void aNodeWhoseLeasesAreNotGoodTakesNoCalls() {
    have(400);
    shares.good = false;
    assertClosed(hold(SPENDER, 100, 10), "has not reached the store for minutes");
    shares.good = true;
    var _ = held(hold(SPENDER, 100, 10), 100);
  }

  @Test
  void aCappedSpenderNeedsBothParts() {
    CompletableFuture<?> arrival = coming(hold(CAPPED, 100, 10));
    assertThat(shares.of(OF_CAP).limit()).isEqualTo(300);
    shares.arrive(OF_DAY, 400);
    assertThat(arrival).isNotDone();
    CompletableFuture<?> ofCap = coming(hold(CAPPED, 100, 10));
    var _ = held(hold(SPENDER, 100, 10), 100);
    shares.arrive(OF_CAP, 250);
    assertThat(arrival).isDone();
    assertThat(ofCap).isDone();
    var _ = held(hold(CAPPED, 100, 10), 100);
    assertThat(shares.of(OF_DAY).shrink(0)).isEqualTo(200);
    assertThat(shares.of(OF_CAP).shrink(0)).isEqualTo(100);
    var _ = coming(hold(CAPPED, 100, 10));
  }

  @Test
  void aCapThatIsDryShortensOrRefusesThoughTheDayHasPlenty() {
    have(900);
    var _ = coming(hold(CAPPED, 100, 10));
    shares.answers.put(OF_CAP, DRY);
    shares.of(OF_CAP).grow(30);
    var _ = held(hold(CAPPED, 100, 10), 15);
    shares.of(OF_CAP).told(290);
    assertThat(hold(CAPPED, 100, 20))
        .isEqualTo(
            new Reservation.Spent(
                Day.ofEpochMillis(time.epochMillis()),
                new Nanos(300),
                new Nanos(290),
                new Nanos(15),
                true));
    var _ = held(hold(SPENDER, 100, 10), 100);
  }

  @Test
  void aCapThatIsOutClosesThoughTheDayHasPlenty() {
    have(900);
    shares.answers.put(OF_CAP, OUT);
    assertClosed(hold(CAPPED, 100, 10), "cannot reach the store");
    shares.of(OF_CAP).grow(100);
    var _ = held(hold(CAPPED, 100, 10), 100);
  }

  @Test
  void theStandingShowsWhatOthersHaveUsed() {
    var _ = coming(hold(CAPPED, 100, 10));
    shares.arrive(OF_DAY, 400);
    shares.arrive(OF_CAP, 250);
    var _ =
        held(hold(CAPPED, 100, 10), 100).settle(Samples.settlement(40, Settlement.Ended.COMPLETE));
    var _ = held(hold(CAPPED, 100, 10), 100);
    shares.of(OF_DAY).told(250);
    shares.of(OF_CAP).told(70);
    Standing standing = loop.standing(CAPPED);
    assertThat(standing.granted()).isEqualTo(new Nanos(1_000));
    assertThat(standing.used()).isEqualTo(new Nanos(290));
    assertThat(standing.held()).isEqualTo(new Nanos(100));
    assertThat(standing.cap()).isEqualTo(new Nanos(300));
    assertThat(standing.usedOfKey()).isEqualTo(new Nanos(110));
    assertThat(standing.heldOfKey()).isEqualTo(new Nanos(100));
    assertThat(standing.free()).isEqualTo(new Nanos(90));
  }
}
