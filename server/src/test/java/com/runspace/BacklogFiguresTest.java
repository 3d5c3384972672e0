package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.journal.Backlog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What operators are told of calls that are not in the store yet. */
@Timeout(60)
class BacklogFiguresTest {
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
}
