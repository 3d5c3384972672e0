package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.StoredCalls;
import com.runspace.testkit.Gate;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.SmallDisk;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The service on a disk that has room for its first journal segments and for nothing more. */
@Tag("slow")
@Timeout(90)
class FullDiskTest extends EndToEnd {
  private static final int CLIENTS = 8;

  /** Three segments of eight megabytes and a store; the loop that is used has two of them. */
  private static final int MEGABYTES = 28;

  /** Long, so that fewer calls fill a segment. */
  private static final String MODEL = "模".repeat(255);

  @TempDir private Path folder;

  private Request request(String more) {
    return authorized(
        "{\"model\":\"" + MODEL + "\",\"max_tokens\":10,\"messages\":" + MESSAGES + more + "}");
  }

  /** Calls again and again, from several clients at once, until one of them is refused. */
  private Response callUntilRefused(List<String> answered) throws Exception {
    AtomicReference<@Nullable Response> refused = new AtomicReference<>();
    AtomicBoolean over = new AtomicBoolean();
    List<Future<List<String>>> clients = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(
            threads.submit(() -> {
              List<String> ids = new ArrayList<>();
              try (RawClient client = RawClient.to(gateway().port())) {
                while (!over.get()) {
                  Response answer = client.call(request(""));
                  if (answer.status() == 200) {
                    ids.add(id(answer.header("x-request-id")));
                  } else {
                    refused.set(answer);
                    over.set(true);
                  }
                }
              }
              return ids;
            }));
      }
    }
    for (Future<List<String>> client : clients) {
      answered.addAll(client.get());
    }
    Response answer = refused.get();
    assertThat(answer).isNotNull();
    return answer == null ? call(request("")) : answer;
  }

  private static String id(String requestId) {
    return requestId.substring("req_".length());
  }

  @Test
  void newCallsAreRefusedRunningOnesEndAndRoomBringsThemBack() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("disk"), MEGABYTES)) {
      Path data = disk.folder();
      start(RunningGateway.before(upstream).data(data).modelId(MODEL).allowance("1000"));
      Gate gate = Gate.named("the disk is full");
      upstream.answers(
          Script.sse()
              .event(CHUNKS.content("a"))
              .gate(gate)
              .event(CHUNKS.finish("stop"))
              .event(CHUNKS.usage(5, 7))
              .done());
      upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 5, 3)));
      RawClient stream = client().send(request(",\"stream\":true"));
      String streamed = id(stream.readHead().header("x-request-id"));
      stream.readEvent();
      List<String> answered = new ArrayList<>();
      JsonObject error = refusal(callUntilRefused(answered), 503);
      assertThat(error.getString("code")).isEqualTo("overloaded");
      assertThat(error.getString("message")).startsWith("Usage cannot be recorded at the moment");
      gate.open();
      assertThat(stream.readEvents(SOON)).last().isEqualTo("data: [DONE]");
      await(() -> gateway().held().value() == 0, () -> "something is held of calls that ended");
      disk.resize(4 * MEGABYTES);
      await(
          () -> {
            Response again = call(request(""));
            if (again.status() == 200) {
              answered.add(id(again.header("x-request-id")));
            }
            return again.status() == 200;
          },
          () -> "there is room, and no call is taken");
      gateway().close();
      answered.add(streamed);
      try (StoredCalls stored = StoredCalls.in(data)) {
        assertThat(stored.byId().keySet()).containsExactlyInAnyOrderElementsOf(answered);
        assertThat(stored.summedCharges()).isEqualTo(7_000 + 3_000L * (answered.size() - 1));
      }
    }
  }
}
