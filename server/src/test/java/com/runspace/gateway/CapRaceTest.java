package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.StoredCalls;
import com.runspace.journal.Entry;
import com.runspace.testkit.Gate;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two hundred calls at once against the daily caps of keys. Each holds ten tokens of output, which
 * are 10,000 nano-dollars here, and no short answer is less than that.
 */
@Tag("slow")
@Timeout(60)
class CapRaceTest extends EndToEnd {
  private static final int CALLS = 200;
  private static final long HOLD = 10_000;
  private static final String BODY =
      "{\"model\":\"m\",\"max_tokens\":10,\"messages\":" + MESSAGES + "}";

  /** A cap of ten holds. */
  private static final String TEN = "0.0001";

  private record Key(String text, String id) {}

  /** A call and what became of it. */
  private record Outcome(Key key, String callId, int status, String code) {
    boolean admitted() {
      return status == 200;
    }
  }

  @TempDir private Path folder;

  private void startKeeping(String allowance) {
    start(RunningGateway.before(upstream).data(folder).allowance(allowance).eventLoops(2));
  }

  private Key capped(String name, String cap) {
    String text = gateway().key(List.of("create", "--name", name, "--daily-cap", cap)).getFirst();
    return new Key(text, standing(text).getString("id"));
  }

  private Outcome one(Key key) {
    Response answer = call(Request.post(CHAT, BODY).bearer(key.text));
    String id = answer.header("x-request-id").substring("req_".length());
    if (answer.status() == 200) {
      return new Outcome(key, id, 200, "");
    }
    JsonObject error = error(answer.text());
    String retry = answer.header("x-should-retry");
    assertThat(retry).isEqualTo(answer.status() == 429 ? "true" : "false");
    return new Outcome(key, id, answer.status(), error.getString("code"));
  }

  /** All calls at once, each with the next of the keys. */
  private List<Outcome> race(Key... keys) throws Exception {
    CyclicBarrier together = new CyclicBarrier(CALLS);
    List<Future<Outcome>> calls = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CALLS; i++) {
        Key key = keys[i % keys.length];
        calls.add(
            callers.submit(() -> {
              together.await();
              return one(key);
            }));
      }
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (Future<Outcome> call : calls) {
      outcomes.add(call.get());
    }
    return outcomes;
  }

  private static List<Outcome> admitted(List<Outcome> outcomes) {
    return outcomes.stream().filter(Outcome::admitted).toList();
  }

  /**
   * Ends the service and compares its rows with what the callers saw.
   *
   * @return what each key was charged, by its id
   */
  private Map<String, Long> charges(List<Outcome> outcomes) {
    gateway().close();
    Map<String, Long> charges = new HashMap<>();
    Set<String> ids = new HashSet<>();
    try (StoredCalls stored = StoredCalls.in(folder)) {
      for (Entry.Settled row : stored.all()) {
        ids.add(row.call().callId());
        charges.merge(row.call().spender(), row.charge().value(), Math::addExact);
      }
      assertThat(stored.all()).hasSameSizeAs(admitted(outcomes));
    }
    assertThat(ids)
        .containsExactlyInAnyOrderElementsOf(
            admitted(outcomes).stream().map(Outcome::callId).toList());
    return charges;
  }

  private static void assertRefusedAsDefined(List<Outcome> outcomes, String... spent) {
    for (Outcome outcome : outcomes) {
      switch (outcome.status) {
        case 200 -> assertThat(outcome.code).isEmpty();
        case 402 -> assertThat(outcome.code).isIn((Object[]) spent);
        case 429 -> assertThat(outcome.code).isEqualTo("allowance_held");
        default -> throw new AssertionError(outcome);
      }
    }
  }

  @Test
  void callsThatUseTheirHoldsFullySpendTheCapAndNoMore() throws Exception {
    startKeeping("0.01");
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "length", 1, 13)));
    Key key = capped("ten", TEN);
    List<Outcome> outcomes = race(key);
    assertThat(admitted(outcomes)).hasSize(10);
    assertRefusedAsDefined(outcomes, "key_cap_spent");
    assertThat(one(key).code).isEqualTo("key_cap_spent");
    assertThat(call(plain(",\"max_tokens\":10")).status()).as("another key").isEqualTo(200);
    gateway().close();
    try (StoredCalls stored = StoredCalls.in(folder)) {
      List<Entry.Settled> rows =
          stored.all().stream().filter(row -> row.call().spender().equals(key.id)).toList();
      assertThat(rows).hasSize(10).allMatch(row -> row.charge().value() == HOLD);
    }
  }

  @Test
  void callsThatUseHalfOfTheirHoldsLeaveRoomForOthers() throws Exception {
    startKeeping("0.01");
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 1, 5)));
    Key key = capped("ten", TEN);
    List<Outcome> outcomes = race(key);
    // The nineteenth finds 10,000 free at the most, and a twentieth only its half.
    assertThat(admitted(outcomes)).hasSizeBetween(10, 19);
    assertRefusedAsDefined(outcomes, "key_cap_spent");
    assertThat(charges(outcomes))
        .containsExactly(Map.entry(key.id, admitted(outcomes).size() * HOLD / 2));
  }

  @Test
  void tenRunSideBySideAndTheOthersAreToldToComeAgain() throws Exception {
    startKeeping("0.01");
    Gate gate = Gate.named("ten run");
    upstream.answersEach(
        _ -> Script.after(gate).answer(Script.json(200, CHUNKS.completion("hi", "stop", 1, 10))));
    Key key = capped("ten", TEN);
    List<Outcome> outcomes = new ArrayList<>();
    try (ExecutorService racing = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<List<Outcome>> all = racing.submit(() -> race(key));
      await(() -> upstream.requests().size() == 10, () -> "ten do not run");
      assertThat(standing(key.text).getLong("key_held")).isEqualTo(10 * HOLD);
      // Nobody waits longer than two seconds; who asks now is among the last to be told.
      assertThat(one(key).code).isEqualTo("allowance_held");
      gate.open();
      outcomes.addAll(all.get());
    }
    assertThat(upstream.requests()).hasSize(10);
    assertThat(admitted(outcomes)).hasSize(10);
    assertRefusedAsDefined(outcomes, "key_cap_spent");
    assertThat(outcomes).anyMatch(outcome -> outcome.status == 429);
    assertThat(standing(key.text).getLong("key_held")).isZero();
    assertThat(charges(outcomes)).containsExactly(Map.entry(key.id, 10 * HOLD));
  }

  private JsonObject standing(String bearer) {
    return new JsonObject(call(Request.get("/v1/key").bearer(bearer)).text());
  }

  @Test
  void twoKeysOfOneAccountKeepToTheirCapsAndTheAccountToItsAllowance() throws Exception {
    startKeeping("0.00015");
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "length", 1, 13)));
    Key one = capped("one", TEN);
    Key two = capped("two", TEN);
    List<Outcome> outcomes = race(one, two);
    assertThat(admitted(outcomes)).as("fifteen holds in the account").hasSize(15);
    assertRefusedAsDefined(outcomes, "key_cap_spent", "daily_allowance_spent");
    Map<String, Long> charges = charges(outcomes);
    assertThat(charges).containsOnlyKeys(one.id, two.id);
    assertThat(charges.values()).allMatch(charge -> charge <= 10 * HOLD);
    assertThat(charges.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(15 * HOLD);
  }

  @Test
  void twoKeysWithRoomForBothSpendBothCaps() throws Exception {
    startKeeping("0.01");
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "length", 1, 13)));
    Key one = capped("one", TEN);
    Key two = capped("two", "0.00005");
    List<Outcome> outcomes = race(one, two);
    assertRefusedAsDefined(outcomes, "key_cap_spent");
    assertThat(charges(outcomes))
        .containsOnly(Map.entry(one.id, 10 * HOLD), Map.entry(two.id, 5 * HOLD));
  }
}
