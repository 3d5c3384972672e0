package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Nanos;
import com.runspace.base.Randomness;
import com.runspace.config.Settings;
import com.runspace.journal.Settlement;
import com.runspace.ledger.Ask;
import com.runspace.ledger.Ledger;
import com.runspace.ledger.LocalLedger;
import com.runspace.ledger.Reservation;
import com.runspace.ledger.Spender;
import com.runspace.testkit.ManualTime;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of money in the data folder, and the operator's commands that ask for it. */
@Timeout(60)
class BooksTest {
  @TempDir Path folder = Path.of("");

  private final ManualTime time = ManualTime.at("2026-01-31T12:00:00Z");
  private final Printed out = new Printed();
  private final List<String> lines = out.lines;
  private final List<String> asides = out.asides;

  private static Settings settings() throws Settings.Invalid {
    return Settings.read(null, _ -> null);
  }

  private Books open() throws Wiring.StartFailed, Settings.Invalid, IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    return Books.open(data, settings(), time, Randomness.secure());
  }

  private static Spender spender(String key) {
    return new Spender(Wiring.LOCAL, key, null);
  }

  /** Calls {@code n} times, at one nano-dollar more each. */
  private void call(Ledger ledger, String key, String model, int n) {
    for (int i = 1; i <= n; i++) {
      Nanos cost = new Nanos(i);
      String id = "%s%30d".formatted(key.substring(0, 2), time.nanos() + i).replace(' ', '0');
      Reservation reservation = ledger.hold(spender(key), new Ask(cost, cost), id, model);
      assertThat(reservation).isInstanceOf(Reservation.Held.class);
      if (reservation instanceof Reservation.Held held) {
        held.hold()
            .settle(
                new Settlement(
                    "p",
                    10,
                    0,
                    i,
                    cost,
                    Settlement.Basis.MEASURED,
                    Settlement.Ended.COMPLETE,
                    false,
                    false));
      }
    }
    ledger.flush();
    time.advance(Duration.ofSeconds(1));
  }

  private int usage(Books books, String... words) {
    lines.clear();
    LocalLedger ledger = books.kept();
    assertThat(ledger).isNotNull();
    return ledger == null ? -1 : new UsageCommand(ledger, time).run(List.of(words), out);
  }

  @Test
  void whatWasSpentIsStillSpentAfterARestartAndTheSumsAreExact() throws Exception {
    try (Books books = open()) {
      Ledger ledger = books.forLoops().get();
      call(ledger, "aa", "m1", 3);
      call(ledger, "bb", "m\"2", 4);
    }
    try (Books books = open()) {
      assertThat(books.standing(spender("aa")).used()).isEqualTo(new Nanos(6 + 10));
      assertThat(books.standing(spender("aa")).usedOfKey()).isEqualTo(new Nanos(6));
      assertThat(usage(books, "--json", "--by", "model,key")).isZero();
      JsonObject json = new JsonObject(String.join("\n", lines));
      assertThat(json.getJsonObject("total").getLong("charge")).isEqualTo(16);
      assertThat(json.getJsonObject("total").getLong("calls")).isEqualTo(7);
      long sum = 0;
      for (Object row : json.getJsonArray("data")) {
        sum += ((JsonObject) row).getLong("charge");
      }
      assertThat(sum).isEqualTo(16);
      assertThat(usage(books, "--csv", "--by=model")).isZero();
      assertThat(lines)
          .containsExactly(
              "day,model,key,calls,prompt_tokens,cached_tokens,output_tokens,"
                  + "charge_nano_usd,charge_usd",
              ",\"m\"\"2\",,4,40,0,10,10,0.00000001",
              ",m1,,3,30,0,6,6,0.000000006");
      assertThat(usage(books)).isZero();
      assertThat(lines.getLast()).startsWith("total, 2026-01-02 to 2026-01-31");
    }
  }

  @Test
  void questionsThatMakeNoSenseAreExplained() throws Exception {
    try (Books books = open()) {
      assertThat(usage(books, "--by", "wallet")).isEqualTo(2);
      assertThat(usage(books, "--from", "yesterday")).isEqualTo(2);
      assertThat(usage(books, "--from", "2026-02-01", "--to", "2026-01-01")).isEqualTo(2);
      assertThat(usage(books, "--to")).isEqualTo(2);
      assertThat(usage(books, "--yaml")).isEqualTo(2);
    }
    assertThat(asides).hasSize(5).allSatisfy(text -> assertThat(text).isNotBlank());
  }

  @Test
  void backupIsTakenWhileItRunsAndBringsBackWhatWas() throws Exception {
    Path backup = folder.resolve("backup.db");
    try (Books books = open()) {
      Ledger ledger = books.forLoops().get();
      call(ledger, "aa", "m", 3);
      assertThat(BackupCommand.backUp(books, List.of(backup.toString()), out)).isZero();
      assertThat(BackupCommand.backUp(books, List.of(backup.toString()), out))
          .as("a backup is not written over")
          .isEqualTo(1);
      call(ledger, "aa", "m", 4);
    }
    Path data = folder.resolve("data");
    assertThat(BackupCommand.restore(data, List.of(backup.toString()), out)).isZero();
    try (Books books = open()) {
      assertThat(books.standing(spender("aa")).used()).isEqualTo(new Nanos(6));
    }
  }

  @Test
  void whatIsNoBackupChangesNothing() throws Exception {
    try (Books books = open()) {
      call(books.forLoops().get(), "aa", "m", 3);
    }
    Path data = folder.resolve("data");
    Path noBackup = Files.writeString(folder.resolve("text"), "not a database at all");
    assertThat(BackupCommand.restore(data, List.of(noBackup.toString()), out)).isEqualTo(1);
    assertThat(BackupCommand.restore(data, List.of(folder + "/missing"), out)).isEqualTo(1);
    assertThat(BackupCommand.restore(data, List.of(), out)).isEqualTo(2);
    try (Books books = open()) {
      assertThat(books.standing(spender("aa")).used()).isEqualTo(new Nanos(6));
    }
  }
}
