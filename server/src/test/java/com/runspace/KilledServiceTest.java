package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.journal.Entry;
import com.runspace.journal.Settlement.Basis;
import com.runspace.journal.Settlement.Ended;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.ReceivedRequest;
import com.runspace.testkit.Request;
import com.runspace.testkit.ResponseHead;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole service is killed with SIGKILL in the middle of a hundred calls, twenty times, and each
 * time started again on what it left. The provider and the callers outlive it here.
 */
@Tag("slow")
@Timeout(300)
class KilledServiceTest {
  private static final int KILLS = 20;

  /** In each round so many providers say nothing, and so many fall silent after one event. */
  private static final int OPEN = 15;

  private static final int CALLS = 100;

  /** Open calls are to stay open on a busy machine too. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final long INPUT_NANOS = 500;
  private static final long OUTPUT_NANOS = 1_000;
  private static final Chunks CHUNKS = Chunks.ofProvider();
  private static final Pattern NUMBER = Pattern.compile("call (\\d+)");
  private static final Pattern USAGE =
      Pattern.compile("\"prompt_tokens\":(\\d+),\"completion_tokens\":(\\d+)");

  private enum Kind {
    SILENT,
    STUCK,
    STREAM,
    PLAIN;

    static Kind of(int number) {
      int place = number % CALLS;
      if (place < 2 * OPEN) {
        return place < OPEN ? SILENT : STUCK;
      }
      return place % 2 == 0 ? STREAM : PLAIN;
    }
  }

  /** A call as its caller saw it. */
  private static final class Call {
    final int number;
    final Kind kind;
    volatile String id = "";

    /** What it costs by the usage that came; -1 before its last byte. */
    volatile long charge = -1;

    Call(int number) {
      this.number = number;
      this.kind = Kind.of(number);
    }
  }

  @TempDir private Path folder;
  private final Random random = new Random(4);
  private final ScriptedUpstream upstream = ScriptedUpstream.start();
  private final Map<String, Long> charges = new HashMap<>();
  private volatile boolean killed;
  private volatile CountDownLatch waiting = new CountDownLatch(0);
  private volatile CountDownLatch ended = new CountDownLatch(0);
  private String key = "";
  private int heardToTheEnd;
  private int crashed;

  @Test
  void noChargeIsLostOrDoubledAndNoneIsMade() throws Exception {
    Path config = Files.writeString(folder.resolve("runspace.yaml"), yaml());
    Path log = folder.resolve("log");
    upstream.answersEach(KilledServiceTest::script);
    List<Call> calls = List.of();
    try {
      for (int round = 0; round <= KILLS; round++) {
        try (ServiceProcess service = ServiceProcess.start(data(), config, log)) {
          key = key.isEmpty() ? service.key() : key;
          check(service, calls);
          calls = round == KILLS ? List.of() : round(service, round);
        }
      }
    } finally {
      upstream.close();
    }
    System.out.printf(
        "%d kills: %d rows, %d calls heard to their end, %d crashed%n",
        KILLS, charges.size(), heardToTheEnd, crashed);
    assertThat(heardToTheEnd).as("calls whose last byte came").isGreaterThan(KILLS);
    assertThat(crashed).as("calls that were open").isGreaterThanOrEqualTo(KILLS * 2 * OPEN);
  }

  private Path data() {
    return folder.resolve("data");
  }

  private String yaml() {
    return """
    server: {eventLoops: 2}
    log: {calls: false}
    local: {engine: off, ollama: off, allowance: 1000}
    providers: {p: {probe: off, url: "%s/v1"}}
    models:
      - {id: m, weights: w, licence: l, price: {input: 0.5, output: 1},
         routes: [{provider: p, model: x}]}
    """
        .formatted(upstream.url());
  }

  private static Script script(ReceivedRequest request) {
    Matcher number = NUMBER.matcher(request.body().utf8());
    assertThat(number.find()).isTrue();
    int n = Integer.parseInt(number.group(1));
    Script begun = Script.sse().event(CHUNKS.content("a"));
    return switch (Kind.of(n)) {
      case SILENT -> Script.silence();
      case STUCK -> begun.stall();
      case STREAM ->
          begun
              .event(CHUNKS.content("b"))
              .event(CHUNKS.finish("stop"))
              .event(CHUNKS.usage(10 + n % 7, 1 + n % 40))
              .done();
      case PLAIN -> Script.json(200, CHUNKS.completion("hi", "stop", 10 + n % 7, 1 + n % 40));
    };
  }

  /** Begins the calls that stay open, lets the others race, and kills the service among them. */
  private List<Call> round(ServiceProcess service, int round) throws Exception {
    killed = false;
    waiting = new CountDownLatch(OPEN);
    ended = new CountDownLatch(1 + random.nextInt(CALLS - 2 * OPEN - 5));
    int seen = upstream.requests().size();
    List<Call> calls = new ArrayList<>();
    List<Future<?>> clients = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CALLS; i++) {
        if (i == 2 * OPEN) {
          assertThat(waiting.await(60, TimeUnit.SECONDS)).as("first events").isTrue();
          // Those that have heard nothing are in the journal a moment after they were admitted.
          await(() ->
              upstream.requests().size() - seen == 2 * OPEN
                  && StoredCalls.recorded(data()) == 2 * OPEN);
        }
        Call call = new Call(round * CALLS + i);
        calls.add(call);
        clients.add(threads.submit(() -> run(service.port(), call)));
      }
      assertThat(ended.await(60, TimeUnit.SECONDS)).as("ends").isTrue();
      killed = true;
      service.kill();
    }
    for (Future<?> client : clients) {
      client.get();
    }
    return calls;
  }

  private void run(int port, Call call) {
    String more = call.kind == Kind.STREAM || call.kind == Kind.STUCK ? ",\"stream\":true" : "";
    Request request =
        Request.post(
                "/v1/chat/completions",
                "{\"model\":\"m\",\"max_tokens\":64,\"messages\":[{\"role\":\"user\",\"content\":"
                    + "\"call %d\"}]%s}".formatted(call.number, more))
            .bearer(key);
    try (RawClient client = RawClient.to(port)) {
      ResponseHead head = client.send(request).readHead(PATIENCE);
      assertThat(head.status()).isEqualTo(200);
      call.id = head.header("x-request-id").substring("req_".length());
      String answer = more.isEmpty() ? plain(client) : stream(client, call);
      if (!answer.isEmpty()) {
        Matcher usage = USAGE.matcher(answer);
        assertThat(usage.find()).as(answer).isTrue();
        call.charge =
            Long.parseLong(usage.group(1)) * INPUT_NANOS
                + Long.parseLong(usage.group(2)) * OUTPUT_NANOS;
        ended.countDown();
      }
    } catch (AssertionError | UncheckedIOException cut) {
      if (!killed) {
        throw cut;
      }
    }
  }

  private static String plain(RawClient client) {
    String body = client.readBody(PATIENCE).utf8();
    return body.endsWith("}") ? body : "";
  }

  private String stream(RawClient client, Call call) {
    StringBuilder all = new StringBuilder();
    Optional<String> event = client.nextEvent(PATIENCE);
    while (event.isPresent()) {
      all.append(event.get());
      if (call.kind == Kind.STUCK) {
        waiting.countDown();
      }
      event = client.nextEvent(PATIENCE);
    }
    return all.toString().endsWith("data: [DONE]") ? all.toString() : "";
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("the calls are recorded").isLessThan(end);
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** Compares what the killed process left with what its callers saw. */
  private void check(ServiceProcess service, List<Call> calls) throws IOException {
    Map<String, Entry.Settled> rows;
    long sums;
    try (StoredCalls stored = StoredCalls.in(data())) {
      rows = stored.byId();
      sums = stored.summedCharges();
    }
    Map<String, Long> now = new HashMap<>();
    rows.forEach((id, row) -> now.put(id, row.charge().value()));
    assertThat(now).as("what earlier rounds left").containsAllEntriesOf(charges);
    Map<String, Entry.Settled> fresh = new HashMap<>(rows);
    fresh.keySet().removeAll(charges.keySet());
    fresh.forEach((id, row) -> check(row));
    calls.stream().filter(call -> !call.id.isEmpty()).forEach(call -> check(call, fresh));
    long heads = calls.stream().filter(call -> !call.id.isEmpty()).count();
    long silent = calls.isEmpty() ? 0 : OPEN;
    assertThat((long) fresh.size()).isBetween(heads + silent, (long) calls.size());
    long open = fresh.values().stream().filter(KilledServiceTest::isCrashed).count();
    assertThat(open).isGreaterThanOrEqualTo(2 * silent);
    crashed += (int) open;
    charges.putAll(now);
    assertThat(sums).isEqualTo(charges.values().stream().mapToLong(Long::longValue).sum());
    standing(service, rows);
  }

  private static boolean isCrashed(Entry.Settled row) {
    return row.settlement().ended() == Ended.CRASHED;
  }

  /** A row by itself: nothing for a call that was open, else what its tokens cost. */
  private static void check(Entry.Settled row) {
    boolean open = isCrashed(row);
    assertThat(row.settlement().basis()).isEqualTo(open ? Basis.NONE : Basis.MEASURED);
    assertThat(open || row.settlement().ended() == Ended.COMPLETE).isTrue();
    assertThat(row.charge().value())
        .isEqualTo(
            row.settlement().promptTokens() * INPUT_NANOS
                + row.settlement().outputTokens() * OUTPUT_NANOS);
    assertThat(row.charge().value() == 0).isEqualTo(open);
  }

  private void check(Call call, Map<String, Entry.Settled> rows) {
    Entry.Settled row =
        Objects.requireNonNull(rows.get(call.id), () -> "no row of call " + call.number);
    if (call.charge >= 0) {
      heardToTheEnd++;
      assertThat(row.charge().value()).as("what the caller was told").isEqualTo(call.charge);
    }
    if (call.kind == Kind.STUCK) {
      assertThat(isCrashed(row)).isTrue();
    }
  }

  /** What was charged today is spent, and nothing is held. */
  private void standing(ServiceProcess service, Map<String, Entry.Settled> rows) {
    try (RawClient client = RawClient.to(service.port())) {
      JsonObject day = new JsonObject(client.call(Request.get("/v1/key").bearer(key)).text());
      String resets = day.getString("resets_at");
      long today =
          rows.values().stream()
              .filter(row -> row.call().day().end().toString().equals(resets))
              .mapToLong(row -> row.charge().value())
              .sum();
      assertThat(day.getLong("used")).isEqualTo(today);
      assertThat(day.getLong("held")).isZero();
    }
  }
}
