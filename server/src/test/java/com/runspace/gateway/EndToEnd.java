package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Chunks;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * What every test through the door needs: a provider, a gateway before it, clients. After each test
 * all of it is closed, and no byte of the memory budget may be left taken.
 */
@Timeout(30)
abstract class EndToEnd {
  static final Duration SOON = Duration.ofSeconds(10);

  /** Ten times the 100 ms within which a provider has to see that the caller left. */
  static final Duration PROMPTLY = Duration.ofSeconds(1);

  static final Chunks CHUNKS = Chunks.ofProvider();
  static final String CHAT = "/v1/chat/completions";
  static final String MESSAGES = "[{\"role\":\"user\",\"content\":\"hi\"}]";

  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private @Nullable RunningGateway gateway;

  final ScriptedUpstream upstream = closing(ScriptedUpstream.start());

  /** To be closed after the test; what was opened last is closed first. */
  final <T extends AutoCloseable> T closing(T resource) {
    opened.push(resource);
    return resource;
  }

  final RunningGateway start(RunningGateway.Plan plan) {
    gateway = plan.start();
    opened.push(gateway);
    return gateway;
  }

  /** The gateway of this test; one before {@link #upstream} when none was started. */
  final RunningGateway gateway() {
    RunningGateway running = gateway;
    return running == null ? start(RunningGateway.before(upstream)) : running;
  }

  final RawClient client() {
    return closing(RawClient.to(gateway().port()));
  }

  /** A call that does not stream; {@code more} are members with a comma before each. */
  final Request plain(String more) {
    return authorized("{\"model\":\"m\",\"messages\":" + MESSAGES + more + "}");
  }

  /** A call that streams; {@code more} are members with a comma before each. */
  final Request stream(String more) {
    return plain(",\"stream\":true" + more);
  }

  final Request authorized(String json) {
    return Request.post(CHAT, json).bearer(gateway().key());
  }

  /** Sends one request on a connection of its own and reads the whole answer. */
  final Response call(Request request) {
    try (RawClient client = RawClient.to(gateway().port())) {
      return client.call(request);
    }
  }

  /** A call that goes well: a route that fails again and again would be left alone. */
  final void callThatGoesWell() {
    upstream.answers(Script.json(200, CHUNKS.completion("hi", "stop", 1, 1)));
    assertThat(call(plain("")).status()).isEqualTo(200);
  }

  /** The provider's chunks as this call's caller is to see them. */
  static Chunks ours(String requestId) {
    return new Chunks("chatcmpl-" + requestId.substring("req_".length()), RunningGateway.MODEL);
  }

  static String usage(long prompt, long completion) {
    return "{\"prompt_tokens\":%d,\"completion_tokens\":%d,\"total_tokens\":%d"
            .formatted(prompt, completion, prompt + completion)
        + ",\"prompt_tokens_details\":{\"cached_tokens\":0}"
        + ",\"completion_tokens_details\":{\"reasoning_tokens\":0}}";
  }

  /** The same chunk with usage as its last member. */
  static String with(String chunk, String usage) {
    return chunk.substring(0, chunk.length() - 1) + ",\"usage\":" + usage + "}";
  }

  /** The error object, after a look at what every refusal has. */
  static JsonObject refusal(Response answer, int status) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("content-type")).isEqualTo("application/json");
    assertThat(answer.header("x-request-id")).matches("req_[0-9a-f]{32}");
    return error(answer.text());
  }

  /** The error object of a body; all four keys have to be there. */
  static JsonObject error(String json) {
    JsonObject body = new JsonObject(json);
    assertThat(body.fieldNames()).containsExactly("error");
    JsonObject error = body.getJsonObject("error");
    assertThat(error.fieldNames()).contains("message", "type", "param", "code");
    assertThat(error.getString("message")).isNotBlank();
    assertThat(error.getString("type")).isNotBlank();
    return error;
  }

  /** The error object of the event that ends a broken stream. */
  static JsonObject errorEvent(String event) {
    assertThat(event).startsWith("event: error\ndata: {");
    return error(event.substring("event: error\ndata: ".length()));
  }

  static void await(BooleanSupplier condition, Supplier<String> complaint) {
    long end = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(complaint.get());
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  final void awaitBudgetFree() {
    RunningGateway running = gateway();
    await(
        () -> running.budget().taken() == 0,
        () -> running.budget().taken() + " bytes of bodies are still taken");
  }

  @AfterEach
  final void closeAll() throws Exception {
    boolean freed = gateway == null;
    try {
      while (!opened.isEmpty()) {
        if (!freed && opened.peek() instanceof RunningGateway) {
          freed = true;
          awaitBudgetFree();
        }
        opened.pop().close();
      }
    } finally {
      for (AutoCloseable left : opened) {
        left.close();
      }
    }
  }
}
