package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.Script;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a key can ask of its day and of the past, with the ledger in a folder. */
class KeptCallsTest extends EndToEnd {
  @TempDir private Path folder;

  private void startKeeping() {
    start(RunningGateway.before(upstream).data(folder).allowance("0.001"));
    upstream.answersEach(_ -> Script.json(200, CHUNKS.completion("hi", "stop", 5, 7)));
  }

  private Response ask(String path) {
    return call(Request.get(path).bearer(gateway().key()));
  }

  private JsonObject usage(String query) {
    return new JsonObject(ask("/v1/usage" + query).text());
  }

  @Test
  void theDayStandsInMemoryAndThePastInTheStore() {
    startKeeping();
    for (int i = 0; i < 3; i++) {
      assertThat(call(plain(",\"max_tokens\":10")).status()).isEqualTo(200);
    }
    JsonObject key = new JsonObject(ask("/v1/key").text());
    assertThat(key.getLong("limit")).isEqualTo(1_000_000);
    // Seven tokens of output at a dollar a million, three times.
    assertThat(key.getLong("used")).isEqualTo(21_000);
    assertThat(key.getLong("held")).isZero();
    assertThat(key.getLong("remaining")).isEqualTo(979_000);
    assertThat(key.getString("resets_at")).endsWith("T00:00:00Z");
    await(
        () -> usage("").getJsonObject("total").getLong("calls") == 3, () -> "posted: " + usage(""));
    JsonArray rows = usage("?by=day,model,key").getJsonArray("data");
    assertThat(rows).hasSize(1);
    JsonObject row = rows.getJsonObject(0);
    assertThat(row.getString("model")).isEqualTo(RunningGateway.MODEL);
    assertThat(row.getLong("charge")).isEqualTo(21_000);
    assertThat(row.getLong("prompt_tokens")).isEqualTo(15);
    Response csv = ask("/v1/usage?format=csv&by=model");
    assertThat(csv.header("content-type")).startsWith("text/csv");
    assertThat(csv.text()).endsWith("\n,m,,3,15,0,21,21000,0.000021\n");
  }

  @Test
  void whatWasSpentIsStillSpentAfterARestart() {
    startKeeping();
    assertThat(call(plain(",\"max_tokens\":10")).status()).isEqualTo(200);
    gateway().close();
    startKeeping();
    assertThat(new JsonObject(ask("/v1/key").text()).getLong("used")).isEqualTo(7_000);
  }

  @Test
  void questionsAreJudged() {
    startKeeping();
    assertThat(refusal(ask("/v1/usage?by=moon"), 400).getString("code")).isEqualTo("invalid_value");
    assertThat(refusal(ask("/v1/usage?from=%"), 400).getString("code")).isNotNull();
    assertThat(refusal(call(Request.get("/v1/usage")), 401)).isNotNull();
    assertThat(refusal(call(Request.get("/v1/key").bearer("rsk_live_x")), 401)).isNotNull();
  }
}
