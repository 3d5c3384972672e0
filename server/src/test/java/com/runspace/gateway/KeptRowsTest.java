package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.StoredCalls;
import com.runspace.journal.Entry;
import com.runspace.journal.Settlement;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Script;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands in the store of calls that did not end as they should. */
class KeptRowsTest extends EndToEnd {
  /** The estimate of the prompt "hi": 31 bytes of messages at 4 bytes a token. */
  private static final long PROMPT = 8;

  private static final long INPUT_NANOS = 500;
  private static final long OUTPUT_NANOS = 1_000;
  private static final String TEN = ",\"max_tokens\":10";

  @TempDir private Path folder;

  private void startKeeping() {
    start(
        RunningGateway.before(upstream)
            .data(folder)
            .allowance("0.001")
            .price("input: 0.5, output: 1"));
  }

  /** Waits until nothing is held, ends the service, and reads the one row there has to be. */
  private Entry.Settled onlyRow() {
    await(() -> gateway().held().value() == 0, () -> "held: " + gateway().held());
    gateway().close();
    try (StoredCalls stored = StoredCalls.in(folder)) {
      List<Entry.Settled> rows = stored.all();
      assertThat(rows).hasSize(1);
      assertThat(stored.summedCharges()).isEqualTo(rows.getFirst().charge().value());
      return rows.getFirst();
    }
  }

  private static void assertEstimated(Entry.Settled row, Ended ended, long output) {
    assertThat(row.settlement())
        .isEqualTo(
            new Settlement(
                "p0",
                PROMPT,
                0,
                output,
                row.charge(),
                Basis.ESTIMATED,
                ended,
                /* clamped= */ false,
                /* flagged= */ false));
    assertThat(row.charge().value()).isEqualTo(PROMPT * INPUT_NANOS + output * OUTPUT_NANOS);
    assertThat(row.charge()).isLessThanOrEqualTo(row.call().held());
  }

  @Test
  void clientGoneAfterTheFifthEvent() {
    startKeeping();
    Script five = Script.sse();
    for (int i = 0; i < 5; i++) {
      five = five.event(CHUNKS.content("four"));
    }
    upstream.answers(five.stall());
    RawClient client = client().send(stream(TEN));
    String id = client.readHead().header("x-request-id");
    for (int i = 0; i < 5; i++) {
      assertThat(client.readEvent()).contains("four");
    }
    client.leave();
    upstream.awaitClientClosed(PROMPTLY);
    Entry.Settled row = onlyRow();
    assertThat("req_" + row.call().callId()).isEqualTo(id);
    assertEstimated(row, Ended.CLIENT_LEFT, 5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"stream\":true"})
  void clientGoneBeforeTheFirstByte(String more) {
    startKeeping();
    upstream.answers(Script.silence());
    RawClient client = client().send(plain(TEN + more));
    upstream.take(SOON);
    client.leave();
    upstream.awaitClientClosed(PROMPTLY);
    assertEstimated(onlyRow(), Ended.CLIENT_LEFT, 0);
  }

  @Test
  void noUsage() {
    startKeeping();
    upstream.answers(
        Script.sse().event(CHUNKS.content("12345")).event(CHUNKS.finish("stop")).done());
    assertThat(call(stream(TEN)).text()).endsWith("data: [DONE]\n\n");
    assertEstimated(onlyRow(), Ended.COMPLETE, 2);
  }

  @Test
  void providerThatBreaksOff() {
    startKeeping();
    upstream.answers(Script.sse().event(CHUNKS.content("12345")).reset());
    errorEvent(client().send(stream(TEN)).readAll().text().strip().split("\n\n", -1)[1]);
    assertEstimated(onlyRow(), Ended.UPSTREAM_FAILED, 2);
  }

  /** Each report stands in a chunk of its own; what follows is the row. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          in every chunk     | 5 1 | 5 2  | 5 3    | 5 | 3     | false
          decreasing         | 5 4 | 5 6  | 5 3    | 5 | 3     | true
          negative           | 5 1 | 5 2  | -5 -3  | 0 | 0     | true
          negative output    | 5 1 | 5 2  | 5 -3   | 5 | 0     | true
          tenfold            | 5 1 | 5 2  | 5 100  | 5 | 100   | true
          """)
  void usageInEveryChunk(
      String story, String one, String two, String three, long prompt, long output, boolean flag) {
    startKeeping();
    upstream.answers(
        Script.sse()
            .event(with(CHUNKS.content("a"), reported(one)))
            .event(with(CHUNKS.content("b"), reported(two)))
            .event(with(CHUNKS.finish("stop"), reported(three)))
            .done());
    assertThat(call(stream(TEN)).text()).contains(usage(prompt, output));
    Entry.Settled row = onlyRow();
    long cost = prompt * INPUT_NANOS + output * OUTPUT_NANOS;
    Settlement end = row.settlement();
    assertThat(end.basis()).as(story).isEqualTo(Basis.MEASURED);
    assertThat(end.ended()).isEqualTo(Ended.COMPLETE);
    assertThat(end.promptTokens()).isEqualTo(prompt);
    assertThat(end.outputTokens()).isEqualTo(output);
    assertThat(end.flagged()).isEqualTo(flag);
    assertThat(end.cost().value()).isEqualTo(cost);
    assertThat(row.charge().value()).isEqualTo(Math.min(cost, row.call().held().value()));
  }

  private static String reported(String figures) {
    String[] two = figures.split(" ", -1);
    return Chunks.usageObject(Long.parseLong(two[0]), Long.parseLong(two[1]));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          tenfold  | 5  | 100 | 5 | 100 | true
          negative | -5 | -7  | 0 | 0   | true
          honest   | 5  | 7   | 5 | 7   | false
          """)
  void usageOfAPlainAnswer(
      String story, long saidIn, long saidOut, long prompt, long output, boolean flagged) {
    startKeeping();
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", saidIn, saidOut)));
    assertThat(call(plain(TEN)).status()).isEqualTo(200);
    Entry.Settled row = onlyRow();
    assertThat(row.settlement().basis()).as(story).isEqualTo(Basis.MEASURED);
    assertThat(row.settlement().promptTokens()).isEqualTo(prompt);
    assertThat(row.settlement().outputTokens()).isEqualTo(output);
    assertThat(row.settlement().flagged()).isEqualTo(flagged);
    long cost = prompt * INPUT_NANOS + output * OUTPUT_NANOS;
    assertThat(row.charge().value()).isEqualTo(Math.min(cost, row.call().held().value()));
  }

  @Test
  void theAdmissionIsRecordedBeforeTheHeadGoesOut() {
    startKeeping();
    upstream.answersEach(_ -> Script.sse().stall());
    // Several times, since a tick in between would hide that it is missing.
    for (int calls = 1; calls <= 5; calls++) {
      assertThat(client().send(stream(TEN)).readHead().status()).isEqualTo(200);
      assertThat(StoredCalls.recorded(folder)).isEqualTo(calls);
    }
  }

  @Test
  void theAdmissionIsRecordedThoughNothingIsSaid() {
    startKeeping();
    upstream.answers(Script.silence());
    client().send(plain(TEN));
    upstream.take(SOON);
    await(() -> StoredCalls.recorded(folder) == 1, () -> "it is not in the journal");
  }
}
