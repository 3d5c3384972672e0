package com.runspace.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.base.Day;
import com.runspace.base.Db;
import com.runspace.base.Nanos;
import com.runspace.journal.Entry;
import com.runspace.journal.Samples;
import com.runspace.journal.Settlement.Ended;
import com.runspace.testkit.ManualTime;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process is killed with SIGKILL in the middle of its calls, twenty times. */
@Tag("slow")
@Timeout(300)
class KillTest {
  private static final int KILLS = 20;

  @TempDir private Path folder;
  private final Random random = new Random(20);
  private final Set<String> admitted = new HashSet<>();
  private final Map<String, Long> settled = new HashMap<>();
  private long crashed;
  private long acknowledged;

  @Test
  void nothingThatWasSafeIsLostOrDoubled() throws Exception {
    for (int run = 0; run < KILLS; run++) {
      admitted.clear();
      settled.clear();
      killOne(run);
      check(run);
      acknowledged += settled.size();
    }
    assertThat(acknowledged).as("settled calls in all runs").isGreaterThan(1_000);
    assertThat(crashed).as("open calls in all runs").isGreaterThan(KILLS);
  }

  private void killOne(int run) throws IOException, InterruptedException {
    String path = System.getProperty("surefire.test.class.path");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                path == null ? System.getProperty("java.class.path") : path,
                LedgerChild.class.getName(),
                folder.toString(),
                Integer.toString(run))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int lines = 1 + random.nextInt(4_000);
    try (BufferedReader reader = child.inputReader(StandardCharsets.US_ASCII)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (--lines == 0) {
          // By its handle: the process itself would close the pipe that is still to be read.
          child.toHandle().destroyForcibly();
        }
        note(line);
      }
    } finally {
      child.destroyForcibly().waitFor();
    }
    assertThat(lines).as("the child lived until it was killed").isLessThanOrEqualTo(0);
  }

  private void note(String line) {
    String[] words = line.split(" ", -1);
    // The last line may be cut; what it says then was not heard.
    if (words.length > 1 && words[1].length() == 32) {
      if (words[0].equals("h")) {
        admitted.add(words[1]);
      } else if (words.length == 3) {
        settled.put(words[1], Long.valueOf(words[2]));
      }
    }
  }

  private void check(int run) throws Exception {
    Spender spender = LedgerChild.spender(run, 0);
    try (Db db = Db.sqlite(LedgerChild.store(folder), Duration.ofSeconds(5))) {
      LocalLedger ledger =
          LocalLedger.replayed(
              db,
              folder.resolve("journal"),
              Samples.plan(1 << 17),
              0,
              LedgerChild.ALLOWANCE,
              ManualTime.at(LedgerChild.NOON));
      LedgerTable table = new LedgerTable(db);
      long spent = 0;
      Set<String> rows = new HashSet<>();
      for (Entry.Settled row :
          table.calls(spender.account(), 0, Long.MAX_VALUE, null, Integer.MAX_VALUE)) {
        String id = row.call().callId();
        long charge = row.charge().value();
        rows.add(id);
        spent += charge;
        boolean open = row.settlement().ended() == Ended.CRASHED;
        crashed += open ? 1 : 0;
        assertThat(open).as("%s is open", id).isEqualTo(charge == 0);
        Long said = settled.get(id);
        if (said != null) {
          assertThat(charge).as("charge of %s", id).isEqualTo(said);
        }
      }
      assertThat(rows).containsAll(settled.keySet()).containsAll(admitted);
      List<Balance> days =
          table.balancesSince(new Day(0)).getOrDefault(spender.account(), List.of());
      assertThat(days).hasSize(1);
      assertThat(days.getFirst().used().value()).as("sum of the day").isEqualTo(spent);
      Standing standing = ledger.forLoop().standing(spender);
      assertThat(standing.used()).isEqualTo(new Nanos(spent));
      assertThat(standing.held()).isEqualTo(Nanos.ZERO);
      ledger.close();
    }
  }
}
