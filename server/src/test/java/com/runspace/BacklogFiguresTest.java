package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.AccountId;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Backlog;
import com.runspace.journal.Samples;
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
import com.runspace.testkit.ManualTime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What operators are told of calls that are not in the store yet. */
@Timeout(60)
class BacklogFiguresTest {
  private static final Spender SPENDER = new Spender(new AccountId("a"), "key_1", null);

  private static String figures(Backlog backlog) {
    Metrics metrics = new Metrics(() -> 0);
    metrics.journal(() -> backlog);
    return new String(metrics.text(), StandardCharsets.UTF_8);
  }

  @Test
  void theFiguresAreThoseOfTheJournal() {
    assertThat(figures(new Backlog(2, 300, 4, 1_500_000_000, /* isRefused= */ true)))
        .contains("\nrunspace_journal_segments 2.0\n")
        .contains("\nrunspace_journal_waiting_bytes 300.0\n")
        .contains("\nrunspace_journal_open_calls 4.0\n")
        .contains("\nrunspace_post_lag_seconds 1.5\n");
    assertThat(figures(Backlog.NONE)).contains("\nrunspace_post_lag_seconds 0.0\n");
  }

  @Test
  void alertsAreOfFiguresThatThereAre() throws Exception {
    String metrics = Files.readString(Path.of("src/main/java/com/runspace/Metrics.java"));
    String alerts = Files.readString(Path.of("../docs/alerts.yaml"));
    List<String> named =
        Pattern.compile("\\brunspace_\\w+")
            .matcher(alerts)
            .results()
            .map(found -> found.group().replaceFirst("_total$", ""))
            .distinct()
            .toList();
    assertThat(named).hasSizeGreaterThan(7).allMatch(name -> metrics.contains('"' + name + '"'));
  }

  @Test
  void theLagGrowsUntilAllIsPosted(@TempDir Path folder) throws Exception {
    ManualTime time = ManualTime.at("2026-11-21T12:00:00Z");
    Allowance allowance = _ -> new Allowance.Grant(new Nanos(1_000), "tier");
    LocalLedger.Plan plan = new LocalLedger.Plan(false, 0);
    Path journal = folder.resolve("journal");
    try (Db db = Db.sqlite(folder.resolve("store.db"), Duration.ofSeconds(5))) {
      LocalLedger ledger =
          LocalLedger.open(
              new LedgerTable(db), journal, plan, allowance, time, () -> LocalLedger.Division.NONE);
      Ledger loop = ledger.forLoop();
      ledger.post();
      time.advance(Duration.ofSeconds(5));
      assertThat(ledger.backlog().lagNanos()).as("nothing waits").isZero();
      Ask ask = new Ask(new Nanos(100), new Nanos(100), 1, 2, 3);
      Reservation held = loop.hold(SPENDER, ask, Samples.id(1), "m");
      var _ =
          ((Reservation.Held) held)
              .hold()
              .settle(
                  new Settlement(
                      "p", 1, 0, 1, new Nanos(7), Basis.MEASURED, Ended.COMPLETE, false, false));
      loop.flush();
      Backlog backlog = ledger.backlog();
      // The poster's own thread may have been there already.
      assertThat(backlog.lagNanos()).isIn(0L, 5_000_000_000L);
      assertThat(backlog.lagNanos() == 0).isEqualTo(backlog.waitingBytes() == 0);
      ledger.post();
      assertThat(ledger.backlog().lagNanos()).isZero();
      ledger.close();
    }
  }
}
