package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an operator sees: the line of each request, and the figures. */
class OperatingTest extends EndToEnd {
  private static final Logger ACCESS = Logger.getLogger("com.runspace.access");

  private final BlockingQueue<LogRecord> lines = new LinkedBlockingQueue<>();

  private void start(String server, String more) {
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord entry) {
            lines.add(entry);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    ACCESS.addHandler(handler);
    ACCESS.setUseParentHandlers(false);
    closing(() -> ACCESS.removeHandler(handler));
    start(RunningGateway.before(upstream).server(server).more(more));
  }

  /** The message and the facts of the next line. */
  private String line() {
    try {
      LogRecord entry = lines.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(entry).as("a line of the log").isNotNull();
      return RunningGateway.logged(entry);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Response admin(String path) {
    try (RawClient client = RawClient.to(gateway().adminPort())) {
      return client.call(Request.get(path));
    }
  }

  private List<String> figures(String begin) {
    List<String> found = new ArrayList<>();
    admin("/metrics").text().lines().filter(line -> line.startsWith(begin)).forEach(found::add);
    return found;
  }

  @Test
  void finishedCallHasALineWithoutItsSecrets() {
    start("", "log: {calls: true}");
    upstream.answers(
        Script.sse().event(CHUNKS.content("a")).event(CHUNKS.finishWithUsage("stop", 3, 5)).done());
    Response answer = call(stream("").header("x-client-request-id", "mine\u00e9 \"x\""));
    String line = line();
    assertThat(line)
        .startsWith("POST /v1/chat/completions ")
        .contains("requestId=" + answer.header("x-request-id"))
        .contains("status=200", "client=127.0.0.1", "model=m", "provider=p0", "ended=complete")
        .contains("basis=measured", "promptTokens=3", "outputTokens=5", "costNanos=5000", " key=")
        .containsPattern("clientRequestId=mine_+x_ ")
        .doesNotContain(gateway().key(), "content", "hi");
  }

  @Test
  void refusalsAndUnknownPathsHaveTheirLinesToo() {
    start("", "log: {calls: true}");
    call(Request.get("/v1/models/rsk_live_secret"));
    assertThat(line()).startsWith("GET /v1/models/* ").contains("status=401", "invalid_key");
    call(Request.get("/rsk_live_secret?key=rsk_live_secret"));
    assertThat(line()).startsWith("GET unknown ").contains("status=404").doesNotContain("rsk_");
    upstream.answers(Script.silence());
    RawClient client = client().send(plain(""));
    upstream.take(SOON);
    client.leave();
    assertThat(line()).contains("status=499", "ended=client_left");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "127.0.0.1|x-forwarded-for: 192.0.2.9|192.0.2.9",
        "127.0.0.0/8, 10.0.0.0/8|x-forwarded-for: 6.6.6.6, 192.0.2.9, 10.1.2.3|192.0.2.9",
        "127.0.0.1|x-forwarded-for: 6.6.6.6, 10.1.2.3|10.1.2.3",
        "127.0.0.1|x-forwarded-for: 6.6.6.6, evil name|127.0.0.1",
        "127.0.0.1|x-forwarded-for: 192.0.2.9:4711|192.0.2.9",
        "127.0.0.1|x-forwarded-for: [2001:db8::1]:4711|2001:db8::1",
        "127.0.0.1|forwarded: for=6.6.6.6, for=\"[2001:db8::7]:1\";proto=https|2001:db8::7",
        "127.0.0.1|forwarded: for=_hidden|127.0.0.1",
        "::ffff:127.0.0.1/128|x-forwarded-for: 192.0.2.9|192.0.2.9",
        "10.0.0.0/8|x-forwarded-for: 192.0.2.9|127.0.0.1",
      })
  void clientIsWhoTheTrustedProxiesSay(String trusted, String header, String client) {
    String list = "\"" + trusted.replace(", ", "\", \"") + "\"";
    start(", trustedProxies: [" + list + "]", "log: {calls: true}");
    int colon = header.indexOf(": ");
    call(Request.get("/nowhere").header(header.substring(0, colon), header.substring(colon + 2)));
    assertThat(line()).contains(" client=" + client + " ");
  }

  @Test
  void figuresAreOnTheAdminListenerOnly() {
    start("", "admin: {port: 0}\nlog: {calls: false}");
    upstream.answers(
        Script.sse().event(CHUNKS.content("a")).event(CHUNKS.finishWithUsage("stop", 3, 5)).done(),
        Script.json(429, "{}"));
    assertThat(call(stream("")).status()).isEqualTo(200);
    assertThat(call(plain("")).status()).isEqualTo(503);
    assertThat(call(Request.get("/metrics")).status()).isEqualTo(404);
    assertThat(call(authorized("{\"model\":\"callers-text\",\"messages\":[{}]}")).status())
        .isEqualTo(404);
    assertThat(admin("/readyz").status()).isEqualTo(200);
    assertThat(admin("/v1/models").status()).isEqualTo(404);
    assertThat(admin("/metrics").header("content-type")).startsWith("text/plain; version=0.0.4");
    assertThat(figures("runspace_calls_total"))
        .containsExactlyInAnyOrder(
            "runspace_calls_total{basis=\"measured\",ended=\"complete\",model=\"m\"} 1.0",
            "runspace_calls_total{basis=\"none\",ended=\"upstream_failed\",model=\"m\"} 1.0");
    assertThat(figures("runspace_refusals_total"))
        .contains("runspace_refusals_total{error=\"model_not_found\"} 1.0");
    assertThat(figures("runspace_provider_failures_total"))
        .containsExactly(
            "runspace_provider_failures_total{outcome=\"http_429\",provider=\"p0\"} 1.0");
    assertThat(figures("runspace_calls_running")).containsExactly("runspace_calls_running 0.0");
    assertThat(figures("runspace_charged_nano_usd_total")).allMatch(l -> l.endsWith(" 5000.0"));
    assertThat(figures("gen_ai_client_token_usage_sum")).hasSize(2);
    assertThat(figures("gen_ai_server_request_duration_seconds_count")).hasSize(1);
    assertThat(figures("gen_ai_server_time_to_first_token_seconds_count")).hasSize(1);
    assertThat(admin("/metrics").text()).doesNotContain("callers-text", gateway().key());
  }
}
