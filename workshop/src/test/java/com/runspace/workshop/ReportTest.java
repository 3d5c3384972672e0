package com.runspace.workshop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Ratios are taken inside a round, and what is missing stays visible. */
final class ReportTest {
  private static Figures figures(long cpuMicros, double p50) {
    return new Figures(1_000, 0, 0, 10, cpuMicros, 2_048, p50, 2 * p50, p50);
  }

  @Test
  void ratiosRoundByRound() {
    Report report = new Report();
    report.add(Scenario.JSON1K, Nginx.NAME, 1, figures(10_000, 5));
    report.add(Scenario.JSON1K, RunSpace.NAME, 1, figures(20_000, 5));
    report.add(Scenario.JSON1K, Nginx.NAME, 2, figures(40_000, 5));
    report.add(Scenario.JSON1K, RunSpace.NAME, 2, figures(60_000, 5));
    report.add(Scenario.JSON1K, RunSpace.NAME, 3, figures(900_000, 5));

    assertThat(report.text()).contains("| 1.75 (1.50–2.00) |").contains("milestone reached");
  }

  @Test
  void emptyWindowHasNoFigures() {
    Report report = new Report();
    report.add(Scenario.SSE, Portkey.NAME, 1, new Figures(0, 100, 0, 10, 0, 0, 0, 0, 0));
    report.failure("portkey: 100 failed");

    assertThat(report.failed()).isTrue();
    assertThat(report.text())
        .contains("| – |")
        .contains("**100**")
        .contains("**FAILED**: portkey: 100 failed")
        .doesNotContain("NaN");
  }
}
