package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Chunks;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The pages as the whole service has them, in local mode. */
@Timeout(60)
class SiteTest {
  @TempDir private Path folder;

  private final ScriptedUpstream upstream = ScriptedUpstream.start();
  private RunningGateway gateway;

  @BeforeEach
  void start() {
    gateway = RunningGateway.before(upstream).data(folder).start();
  }

  @AfterEach
  void close() {
    gateway.close();
    upstream.close();
  }

  private Response call(Request request) {
    try (RawClient client = RawClient.to(gateway.port())) {
      return client.call(request.header("connection", "close"));
    }
  }

  /** The cookie of a browser that has followed the sign-in link. */
  private String signedIn() {
    String link = gateway.signInLink();
    Response entered = call(Request.get(link.substring(link.indexOf("/auth/"))));
    assertThat(entered.status()).isEqualTo(303);
    return entered.header("set-cookie").split(";", 2)[0];
  }

  @Test
  void otherNamesOfThisMachineLeadToTheConfiguredOne() {
    String other = "localhost:" + gateway.port();
    try (RawClient client = RawClient.to(gateway.port())) {
      client.send("GET /keys?a=b HTTP/1.1\r\nHost: " + other + "\r\nConnection: close\r\n\r\n");
      Response answer = client.readAll();
      assertThat(answer.status()).isEqualTo(302);
      assertThat(answer.header("location"))
          .isEqualTo("http://127.0.0.1:" + gateway.port() + "/keys?a=b");
    }
  }

  @Test
  void aLinkSignsInOnceAndThePlaygroundRunsUntilItIsRevoked() {
    String link = gateway.signInLink();
    String path = link.substring(link.indexOf("/auth/"));
    assertThat(call(Request.get(path)).status()).isEqualTo(303);
    assertThat(call(Request.get(path)).status()).isEqualTo(403);
    String cookie = signedIn();
    assertThat(call(Request.get("/playground").header("cookie", cookie)).text())
        .contains("data-playground");
    upstream.answersEach(_ -> Script.json(200, Chunks.ofProvider().completion("hi", "stop", 1, 1)));
    String chat =
        "{\"model\":\"m\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    Request ask = Request.post("/playground/chat", chat);
    assertThat(call(ask).status()).as("without a session").isEqualTo(401);
    Request mine = ask.header("cookie", cookie);
    assertThat(call(mine.header("origin", "http://evil.example")).status()).isEqualTo(401);
    assertThat(call(mine).status()).isEqualTo(200);
    List<String> keys = gateway.key(List.of("list"));
    assertThat(keys).as("keys").anyMatch(key -> key.contains("Playground"));
    String line = keys.stream().filter(key -> key.contains("Playground")).findFirst().orElseThrow();
    gateway.key(List.of("revoke", line.strip().split("\\s+", 2)[0]));
    assertThat(call(mine).status()).isEqualTo(403);
    assertThat(call(Request.get("/playground").header("cookie", cookie)).text())
        .contains("The playground is off");
  }

  @Test
  void theOperatorSeesTheDay() {
    String cookie = signedIn();
    assertThat(call(Request.get("/operator").header("cookie", cookie)).text())
        .contains("Wholesale cost", "Routes", "p0", "Journal", "<dd>0 KiB</dd>");
  }

  @Test
  void withoutAGateNobodyGetsAnAccountByAWallet() {
    String ask = "{\"chain\":\"eip155\",\"address\":\"0x" + "1".repeat(40) + "\"}";
    assertThat(call(Request.post("/auth/challenge", ask)).status()).isEqualTo(404);
    assertThat(call(Request.post("/auth/verify", "{}")).status()).isEqualTo(404);
  }
}
