package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.journal.Entry;
import com.runspace.journal.Settlement.Ended;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.Gate;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import com.runspace.testkit.SmallDisk;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service as a process on a disk that takes no writes: from the start, or while it runs. */
@Tag("slow")
@Timeout(60)
class BrokenDiskTest {
  private static final Chunks CHUNKS = Chunks.ofProvider();
  private static final String MESSAGE =
      "Usage cannot be recorded at the moment, so no new calls are taken. Try again later.";

  /** A process may write so far into each of its files while the disk is said to be broken. */
  private static final int BYTES_OF_A_FILE = 60_000;

  @TempDir private Path folder;
  private final ScriptedUpstream upstream = ScriptedUpstream.start();
  private Path config = Path.of("");
  private String key = "";

  @BeforeEach
  void writeSettings() throws IOException {
    String yaml =
        """
        server: {eventLoops: 1}
        log: {calls: false}
        local: {engine: off, ollama: off}
        providers: {p: {probe: off, url: "%s/v1"}}
        models:
          - {id: m, weights: w, licence: l, price: {input: 0, output: 1},
             routes: [{provider: p, model: x}]}
        """
            .formatted(upstream.url());
    config = Files.writeString(folder.resolve("c.yaml"), yaml);
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  private ServiceProcess start(Path data) throws IOException {
    ServiceProcess service = ServiceProcess.start(data, config, folder.resolve("log"));
    key = key.isEmpty() ? service.key() : key;
    return service;
  }

  private void assertFails(Path data, int exitCode, String... words) throws Exception {
    ServiceProcess.Failure failure = ServiceProcess.failure(data, config);
    // The keeper of the journal may log a line of its own, before or after.
    assertThat(failure.said()).hasSizeBetween(1, 2);
    assertThat(failure.said())
        .filteredOn(line -> line.startsWith("runspace: "))
        .singleElement()
        .satisfies(reason -> assertThat(reason).contains(words));
    assertThat(failure.exitCode()).isEqualTo(exitCode);
  }

  @Test
  void aReadOnlyDataFolderIsNamedAtTheStart() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"), 64)) {
      Path data = disk.folder().resolve("data");
      start(data).close();
      disk.protect();
      assertFails(
          data, 5, "the data folder " + data + " cannot be written (Read-only file system)");
      assertFails(disk.folder().resolve("another"), 5, "another", "Read-only file system");
    }
  }

  @Test
  void aReadOnlyJournalIsNamedAtTheStart() throws Exception {
    Path data = folder.resolve("data");
    start(data).close();
    Path journal = data.resolve("journal");
    Files.move(journal, folder.resolve("apart"));
    try (SmallDisk disk = SmallDisk.mount(journal, 8)) {
      disk.protect();
      assertFails(data, 1, "the journal in " + journal + " cannot be used", "Read-only");
    }
  }

  @Test
  void aFullDiskIsNamedAtTheStart() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"), 12)) {
      assertFails(
          disk.folder().resolve("data"),
          1,
          "cannot start: there is no room for the journal in " + disk.folder(),
          "No space left on device");
    }
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("smaller"), 1)) {
      assertFails(disk.folder().resolve("data"), 1, "cannot start: ", disk.folder().toString());
    }
  }

  @Test
  void aDiskThatIsFullAfterACrashKeepsWhatTheJournalHas() throws Exception {
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 5, 3)));
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"), 64)) {
      Path data = disk.folder().resolve("data");
      List<String> answered = new ArrayList<>();
      try (ServiceProcess service = start(data)) {
        for (int i = 0; i < 50; i++) {
          callUntil(200, service, answered);
        }
      }
      Path filler = disk.fill();
      assertFails(data, 1, "cannot start: ", "disk is full", data.toString());
      Files.delete(filler);
      start(data).close();
      assertRows(data, List.of(), answered);
    }
  }

  private Response call(ServiceProcess service) {
    try (RawClient client = RawClient.to(service.port())) {
      return client.call(request(""));
    }
  }

  private Request request(String more) {
    return Request.post(
            "/v1/chat/completions",
            "{\"model\":\"m\",\"max_tokens\":10,\"messages\":[{\"role\":\"user\",\"content\":"
                + "\"hi\"}]"
                + more
                + "}")
        .bearer(key);
  }

  private static String id(String requestId) {
    return requestId.substring("req_".length());
  }

  /**
   * A disk that takes no more, made of a limit of the kernel's: from now on each write past a place
   * of a file fails for this process.
   */
  private static void breakDisk(ServiceProcess service, String bytes) {
    String fault =
        SmallDisk.run(
            "prlimit", "--pid", Long.toString(service.pid()), "--fsize=" + bytes + ":unlimited");
    Assumptions.assumeTrue(fault.isEmpty(), "needs prlimit: " + fault);
  }

  @Test
  void aDiskThatTakesNoMoreRefusesNewCallsUntilItDoesAndLosesNone() throws Exception {
    Path data = folder.resolve("data");
    List<String> answered = new ArrayList<>();
    Gate gate = Gate.named("the disk is broken");
    upstream.answers(
        Script.sse()
            .event(CHUNKS.content("a"))
            .gate(gate)
            .event(CHUNKS.finish("stop"))
            .event(CHUNKS.usage(5, 7))
            .done());
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 5, 3)));
    String streamed;
    try (ServiceProcess service = start(data);
        RawClient stream = RawClient.to(service.port())) {
      streamed = id(stream.send(request(",\"stream\":true")).readHead().header("x-request-id"));
      stream.readEvent();
      breakDisk(service, Integer.toString(BYTES_OF_A_FILE));
      Response refused = callUntil(503, service, answered);
      JsonObject error = new JsonObject(refused.text()).getJsonObject("error");
      assertThat(error.getString("message")).isEqualTo(MESSAGE);
      assertThat(error.getString("code")).isEqualTo("overloaded");
      assertThat(refused.header("x-should-retry")).isEqualTo("true");
      assertThat(refused.header("retry-after")).isEqualTo("5");
      assertThat(answered).as("there was room at first").hasSizeGreaterThan(20);
      gate.open();
      assertThat(stream.readEvents(RawClient.PATIENCE)).last().isEqualTo("data: [DONE]");
      assertThat(call(service).status()).isEqualTo(503);
      awaitLogged(service, "cannot be written");
      breakDisk(service, "unlimited");
      callUntil(200, service, answered);
      awaitLogged(service, "records can be written again");
      // What was answered while nothing could be written is on the disk again.
      service.kill();
    }
    start(data).close();
    assertRows(data, List.of(streamed), answered);
  }

  private Response callUntil(int status, ServiceProcess service, List<String> answered) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      Response answer = call(service);
      assertThat(answer.status()).as(answer.text()).isIn(200, 503);
      if (answer.status() == 200) {
        answered.add(id(answer.header("x-request-id")));
      }
      if (answer.status() == status) {
        return answer;
      }
      assertThat(System.nanoTime()).as("no %s", status).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static void awaitLogged(ServiceProcess service, String text) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!service.logged().contains(text)) {
      assertThat(System.nanoTime()).as(service.logged()).isLessThan(end);
      LockSupport.parkNanos(10_000_000);
    }
  }

  private static void assertRows(Path data, List<String> streamed, List<String> answered) {
    try (StoredCalls stored = StoredCalls.in(data)) {
      Map<String, Entry.Settled> rows = stored.byId();
      List<String> all = new ArrayList<>(answered);
      all.addAll(streamed);
      assertThat(rows.keySet()).containsExactlyInAnyOrderElementsOf(all);
      rows.forEach((id, row) -> {
        assertThat(row.settlement().ended()).isEqualTo(Ended.COMPLETE);
        assertThat(row.charge().value()).isEqualTo(streamed.contains(id) ? 7_000 : 3_000);
      });
      assertThat(stored.summedCharges())
          .isEqualTo(7_000L * streamed.size() + 3_000L * answered.size());
    }
  }
}
