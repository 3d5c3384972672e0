package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import org.junit.jupiter.api.Test;

/** What a page in a browser needs, and what looks after the service from outside. */
class BrowserTest extends EndToEnd {
  private static final String ORIGIN = "https://app.example";

  @Test
  void asksBeforeItCalls() {
    Response answer =
        client()
            .call(
                Request.of("OPTIONS", CHAT)
                    .header("origin", ORIGIN)
                    .header("access-control-request-method", "POST")
                    .header("access-control-request-headers", "authorization,content-type"));
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.headers().first("access-control-allow-origin").orElse("")).isEqualTo("*");
    assertThat(answer.headers().first("access-control-allow-methods").orElse("")).contains("POST");
    assertThat(answer.headers().first("access-control-allow-headers").orElse(""))
        .isEqualTo("authorization,content-type");
  }

  @Test
  void seesTheRequestIdOfARefusal() {
    Response answer = client().call(Request.get("/v1/models").header("origin", ORIGIN));
    refusal(answer, 401);
    assertThat(answer.headers().first("access-control-allow-origin").orElse("")).isEqualTo("*");
    assertThat(answer.headers().first("access-control-expose-headers").orElse(""))
        .contains("x-request-id");
  }

  @Test
  void nobodyElseGetsTheseHeaders() {
    Response answer = client().call(Request.get("/v1/models"));
    assertThat(answer.headers().has("access-control-allow-origin")).isFalse();
  }

  @Test
  void healthNeedsNoKey() {
    assertThat(client().call(Request.get("/healthz")).status()).isEqualTo(200);
    assertThat(client().call(Request.get("/readyz")).status()).isEqualTo(200);
  }
}
