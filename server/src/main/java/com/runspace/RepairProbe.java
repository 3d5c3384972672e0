package com.runspace;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.models.Route;
import com.runspace.upstream.AnswerListener;
import com.runspace.upstream.Upstream;
import com.runspace.upstream.UpstreamFault;
import com.runspace.upstream.Upstreams;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.ProviderError;
import com.runspace.wire.Repairs;
import com.runspace.wire.SseScanner;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks a route once, in a stream and with a tool to call, and finds what its answer lacks. It costs
 * what a few hundred tokens cost there, so it happens only when the operator asks for it.
 */
final class RepairProbe implements AnswerListener {
  private static final long ANSWER_SECONDS = 60;
  private static final long OUTPUT_TOKENS = 256;
  private static final int REFUSAL_BYTES_MAX = 64 << 10;

  private static final byte[] QUESTION =
      """
      {"model":"probe","stream":true,"messages":[{"role":"user",
      "content":"What is the weather in Oslo now? Use the tool."}],
      "tools":[{"type":"function","function":{"name":"weather","description":"The weather now",
      "parameters":{"type":"object","properties":{"city":{"type":"string"}},
      "required":["city"]}}}]}
      """
          .getBytes(UTF_8);

  private final CompletableFuture<String> finding = new CompletableFuture<>();
  private final SseScanner scanner = new SseScanner();
  private final Repairs.Needs needs = new Repairs.Needs();
  private final Route route;
  private Buffer refusal = Buffer.buffer();
  private int status;

  private RepairProbe(Route route) {
    this.route = route;
  }

  /** What to tell the operator of this route; blocks until its answer is there. */
  static String ask(Vertx vertx, Upstreams upstreams, Route route) {
    RepairProbe probe = new RepairProbe(route);
    vertx.runOnContext(_ -> {
      Upstream upstream = upstreams.to(route);
      if (upstream == null) {
        probe.finding.complete("not asked, since it is down");
      } else {
        upstream.send(ChatRequest.scan(QUESTION), route.model(), OUTPUT_TOKENS, probe);
      }
    });
    try {
      return probe.finding.get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException slow) {
      return "gave no whole answer within " + ANSWER_SECONDS + " s";
    } catch (ExecutionException failed) {
      return "could not be asked: " + failed.getMessage();
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      return "was not waited for";
    }
  }

  @Override
  public void head(int status, String contentType, long retryAfterSeconds) {
    this.status = status;
  }

  @Override
  public void bytes(Buffer bytes) {
    if (status != 200) {
      refusal = refusal.length() > REFUSAL_BYTES_MAX ? refusal : refusal.appendBuffer(bytes);
      return;
    }
    int at = scanner.room(bytes.length());
    bytes.getBytes(0, bytes.length(), scanner.bytes(), at);
    scanner.filled(bytes.length());
    events();
  }

  private void events() {
    while (scanner.next()) {
      needs.chunk(scanner.bytes(), scanner.dataFrom(), scanner.dataTo());
    }
  }

  @Override
  public void end() {
    if (status != 200) {
      String words = ProviderError.read(refusal.getBytes()).message();
      finding.complete("refused the question with status " + status + said(words));
      return;
    }
    scanner.end();
    events();
    finding.complete(judgement(needs.names(), route.repairs()));
  }

  private static String said(String words) {
    return words.isEmpty() ? "" : ": " + words;
  }

  private static String judgement(List<String> needed, List<String> named) {
    if (needed.isEmpty()) {
      return named.isEmpty() ? "needs no repairs" : "needs no repairs, and has " + named;
    }
    return named.containsAll(needed)
        ? "needs repairs: " + needed + ", which it has"
        : "needs repairs: " + needed + ", and has " + named;
  }

  @Override
  public void failed(UpstreamFault fault) {
    finding.complete("gave no whole answer: " + fault.detail());
  }
}
