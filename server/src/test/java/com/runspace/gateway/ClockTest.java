package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.StoredCalls;
import com.runspace.journal.Entry;
import com.runspace.testkit.Gate;
import com.runspace.testkit.ManualTime;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The day of a call, through the whole service, whatever the clock of the machine does. */
class ClockTest extends EndToEnd {
  /** What a call costs here that uses its ten tokens; a day has ten of them. */
  private static final long COST = 10_000;

  @TempDir private Path folder;
  private final ManualTime time = ManualTime.at("2026-11-21T23:30:00Z");
  private String key = "";

  private void startKeeping() {
    start(
        RunningGateway.before(upstream)
            .data(folder)
            .time(time)
            .allowance("0.0001")
            .more("log: {calls: false}\nledger: {keepDays: 2}"));
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "length", 1, 10)));
    key = key.isEmpty() ? gateway().key() : key;
  }

  private Request request(String more) {
    return Request.post(
            CHAT, "{\"model\":\"m\",\"max_tokens\":10,\"messages\":" + MESSAGES + more + "}")
        .bearer(key);
  }

  private void callTimes(int times) {
    for (int i = 0; i < times; i++) {
      Response answer = call(request(""));
      assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }
  }

  /** Until all deadlines were looked at again: a call that began before would be a day old. */
  private void aDayPasses() {
    RawClient idle = client();
    assertThat(idle.call(Request.get("/v1/key").bearer(key)).status()).isEqualTo(200);
    time.advance(Duration.ofHours(24));
    idle.awaitClosed(SOON);
  }

  private JsonObject day() {
    return new JsonObject(call(Request.get("/v1/key").bearer(key)).text());
  }

  private void assertUsed(String resetsAt, int calls) {
    JsonObject day = day();
    assertThat(day.getString("resets_at")).isEqualTo(resetsAt + "T00:00:00Z");
    assertThat(day.getLong("used")).isEqualTo(calls * COST);
  }

  /** What the rows say was charged, by day. */
  private Map<String, Long> charges() {
    Map<String, Long> days = new TreeMap<>();
    try (StoredCalls stored = StoredCalls.in(folder)) {
      for (Entry.Settled row : stored.all()) {
        days.merge(row.call().day().toString(), row.charge().value(), Math::addExact);
      }
    }
    return days;
  }

  @Test
  void anHourOffAndBackEnlargesNoDay() {
    startKeeping();
    callTimes(3);
    time.jumpTo("2026-11-22T00:30:00Z");
    assertUsed("2026-11-23", 0);
    callTimes(4);
    time.jumpTo("2026-11-21T23:31:00Z");
    assertUsed("2026-11-22", 3);
    // Also with a restart in the wrong hour, and one after it.
    gateway().close();
    startKeeping();
    assertUsed("2026-11-22", 3);
    callTimes(7);
    assertThat(refusal(call(request("")), 402).getString("code"))
        .isEqualTo("daily_allowance_spent");
    time.jumpTo("2026-11-22T00:31:00Z");
    assertUsed("2026-11-23", 4);
    gateway().close();
    startKeeping();
    assertUsed("2026-11-23", 4);
    callTimes(6);
    assertThat(refusal(call(request("")), 402).getString("code"))
        .isEqualTo("daily_allowance_spent");
    gateway().close();
    assertThat(charges()).isEqualTo(Map.of("2026-11-21", 10 * COST, "2026-11-22", 10 * COST));
  }

  @Test
  void aCallInFlightStaysOnTheDayThatAdmittedIt() {
    startKeeping();
    Gate gate = Gate.named("after midnight");
    upstream.answers(
        Script.sse()
            .event(CHUNKS.content("a"))
            .gate(gate)
            .event(CHUNKS.finish("stop"))
            .event(CHUNKS.usage(1, 10))
            .done());
    RawClient stream = client().send(request(",\"stream\":true"));
    assertThat(stream.readHead().status()).isEqualTo(200);
    stream.readEvent();
    time.jumpTo("2026-11-22T00:30:00Z");
    assertThat(day().getLong("held")).as("nothing of yesterday").isZero();
    callTimes(2);
    gate.open();
    assertThat(stream.readEvents(SOON)).last().isEqualTo("data: [DONE]");
    assertUsed("2026-11-23", 2);
    time.jumpTo("2026-11-21T23:30:00Z");
    assertUsed("2026-11-22", 1);
    gateway().close();
    assertThat(charges()).isEqualTo(Map.of("2026-11-21", COST, "2026-11-22", 2 * COST));
  }

  @Test
  void aClockThatGoesBackBehindForgottenDaysRefusesCallsUntilItIsRight() {
    startKeeping();
    callTimes(3);
    for (int date = 22; date <= 26; date++) {
      aDayPasses();
      callTimes(1);
      String today = "2026-11-" + date;
      await(() -> charges().containsKey(today), () -> "no rows of " + today);
      // The rows that are too old go in the same round that closes days and forgets them.
      String gone = "2026-11-" + (date - 3);
      await(() -> !charges().containsKey(gone), () -> "rows of " + gone + " are still there");
    }
    time.jumpTo("2026-11-22T12:00:00Z");
    Response refused = call(request(""));
    JsonObject error = refusal(refused, 503);
    assertThat(error.getString("code")).isEqualTo("overloaded");
    assertThat(error.getString("message"))
        .isEqualTo("The clock of this service went back by days, so no new calls are taken.");
    assertThat(day().getLong("limit")).isZero();
    time.jumpTo("2026-11-26T12:00:00Z");
    assertUsed("2026-11-27", 1);
    callTimes(1);
    // A restart in the wrong day finds it as it was left, though its rows are gone.
    gateway().close();
    time.jumpTo("2026-11-21T12:00:00Z");
    startKeeping();
    assertUsed("2026-11-22", 3);
    callTimes(7);
    assertThat(refusal(call(request("")), 402).getString("code"))
        .isEqualTo("daily_allowance_spent");
  }
}
