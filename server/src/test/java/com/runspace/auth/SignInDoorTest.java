package com.runspace.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.keys.Caller;
import com.runspace.testkit.Bytes;
import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.testkit.SolanaKey;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code /auth/challenge} and {@code /auth/verify}, as browsers, programs and attackers call. */
class SignInDoorTest extends AuthDoors {
  private static final String CHALLENGE = "/auth/challenge";
  private static final String VERIFY = "/auth/verify";

  private static JsonObject ask() {
    return new JsonObject()
        .put("chain", "eip155")
        .put("address", ANNE.address().shown())
        .put("purpose", "sign_in");
  }

  @Test
  void aBrowserSignsIn() {
    Browser browser = new Browser();
    Response asked = browser.post(CHALLENGE, ask());
    JsonObject challenge = new JsonObject(asked.text());
    assertThat(challenge.fieldNames()).containsExactly("id", "expires_at", "message");
    assertThat(challenge.getString("expires_at")).isEqualTo("2026-11-22T12:05:30Z");
    assertThat(cookieLines(asked.headers()))
        .singleElement()
        .asString()
        .matches("__Host-pre=[\\w-]{43}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure");
    Response in = browser.proves(ANNE, "sign_in");
    assertThat(in.status()).as(in.text()).isEqualTo(200);
    JsonObject answer = new JsonObject(in.text());
    assertThat(answer.fieldNames()).containsExactly("account", "address", "session");
    assertThat(answer.getString("account")).matches("acc_[0-9a-f]{16}");
    assertThat(answer.getString("address")).isEqualTo(ANNE.address().shown());
    assertThat(cookieLines(in.headers()))
        .singleElement()
        .asString()
        .matches("__Host-sid=[\\w-]{43}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure");
    assertThat(in.header("cache-control")).isEqualTo("no-store");
    assertThat(sessions.find(browser.cookie("__Host-sid"))).isPresent();
  }

  @Test
  void aSolanaWalletIsToldWhatToWrite() {
    Browser browser = new Browser();
    SolanaKey key = SolanaKey.number(3);
    Response asked =
        browser.post(CHALLENGE, new JsonObject().put("chain", "solana").put("purpose", "sign_in"));
    JsonObject challenge = new JsonObject(asked.text());
    assertThat(challenge.containsKey("message")).isFalse();
    JsonObject input = challenge.getJsonObject("solana");
    assertThat(input.getString("nonce")).isEqualTo(challenge.getString("id"));
    String text =
        """
        %s wants you to sign in with your Solana account:
        %s

        %s

        URI: %s
        Version: %s
        Chain ID: %s
        Nonce: %s
        Issued At: %s
        Expiration Time: %s
        Request ID: %s\
        """
            .formatted(
                input.getString("domain"),
                key.address(),
                input.getString("statement"),
                input.getString("uri"),
                input.getString("version"),
                input.getString("chainId"),
                input.getString("nonce"),
                input.getString("issuedAt"),
                input.getString("expirationTime"),
                input.getString("requestId"));
    byte[] signed = text.getBytes(StandardCharsets.UTF_8);
    Base64.Encoder base64 = Base64.getEncoder();
    Response in =
        browser.post(
            VERIFY,
            new JsonObject()
                .put("id", challenge.getString("id"))
                .put("chain", "solana")
                .put("address", key.address().text())
                .put("purpose", "sign_in")
                .put("kind", "sign_in")
                .put("signed", base64.encodeToString(signed))
                .put("signature", base64.encodeToString(key.sign(signed))));
    assertThat(in.status()).as(in.text()).isEqualTo(200);
    assertThat(new JsonObject(in.text()).getString("address")).isEqualTo(key.address().text());
  }

  @Test
  void aProgramGetsAKeyInTheSameCall() throws Exception {
    Browser program = new Browser();
    JsonObject reply =
        program
            .reply(ANNE, "sign_in")
            .put("key", new JsonObject().put("name", "ci").put("expires_days", 30));
    Response response = program.send(Request.post(VERIFY, reply.encode()));
    JsonObject answer = new JsonObject(response.text());
    Caller caller = keyring.find(answer.getString("key")).orElseThrow();
    assertThat(caller.account().value()).isEqualTo(answer.getString("account"));
    assertThat(keyring.list(caller.account()))
        .singleElement()
        .satisfies(key -> {
          assertThat(key.settings().name()).isEqualTo("ci");
          assertThat(key.settings().expires()).isEqualTo("2026-12-22T12:00:30Z");
        });
  }

  @Test
  void aKeyThatCannotBeIsRefusedBeforeTheSignatureIsUsed() {
    Browser browser = new Browser();
    JsonObject reply = browser.reply(ANNE, "sign_in");
    for (JsonObject key :
        List.of(
            new JsonObject(),
            new JsonObject().put("name", ""),
            new JsonObject().put("name", "a\nb"),
            new JsonObject().put("name", "x".repeat(101)),
            new JsonObject().put("name", 7),
            new JsonObject().put("name", "a").put("expires_days", 0),
            new JsonObject().put("name", "a").put("expires_days", 1.5),
            new JsonObject().put("name", "a").put("expires_days", "1"),
            new JsonObject().put("name", "a").put("expires_days", Long.MAX_VALUE))) {
      Response response = browser.post(VERIFY, reply.copy().put("key", key));
      assertThat(response.status()).as(key.encode()).isEqualTo(400);
      time.advance(Duration.ofSeconds(10));
    }
    assertThat(browser.post(VERIFY, reply).status()).isEqualTo(200);
  }

  @Test
  void aProgramMayWriteItsOwnMessage() {
    Browser program = new Browser();
    JsonObject challenge = program.challenge(ANNE, "sign_in");
    String own =
        """
        run-space.example wants you to sign in with your Ethereum account:
        %s


        URI: https://run-space.example
        Version: 1
        Chain ID: 8453
        Nonce: %s
        Issued At: 2026-11-22T12:00:31.5Z
        Expiration Time: 2026-11-22T13:00:00+01:00\
        """
            .formatted(ANNE.address().shown(), challenge.getString("id"))
            .replace("13:00:00+01:00", "13:04:00+01:00");
    JsonObject reply = program.reply(ANNE, "sign_in").put("id", challenge.getString("id"));
    JsonObject evil = reply.copy();
    String evilText = own.replace("run-space.example wants", "evil.example wants");
    evil.put("message", evilText).put("signature", ANNE.signs(evilText));
    assertError(program.post(VERIFY, evil), 400, "invalid_value");
    reply.put("message", own).put("signature", ANNE.signs(own));
    assertThat(program.post(VERIFY, reply).status()).isEqualTo(200);
    assertError(program.post(VERIFY, reply), 400, "challenge_expired");
  }

  @Test
  void eachRefusalHasItsStatus() {
    Browser browser = new Browser();
    JsonObject reply = browser.reply(ANNE, "sign_in");
    assertError(
        browser.post(VERIFY, reply.copy().put("signature", BOB.signs("x"))),
        401,
        "signature_invalid");
    assertError(new Browser().post(VERIFY, reply), 400, "challenge_expired");
    assertError(browser.post(VERIFY, reply.copy().put("purpose", "link")), 401, "not_signed_in");
    assertError(browser.post(CHALLENGE, ask().put("purpose", "confirm")), 401, "not_signed_in");
    assertError(
        browser.post(CHALLENGE, ask().put("address", "0x" + "0".repeat(40))), 400, "invalid_value");
    assertThat(browser.post(VERIFY, reply).status()).isEqualTo(200);
    assertError(browser.post(VERIFY, reply), 400, "challenge_expired");
  }

  @Test
  void anotherSitesPageIsRefused() {
    String body = ask().encode();
    for (Request request :
        List.of(
            Request.post(CHALLENGE, body).header("origin", "https://evil.example"),
            Request.post(CHALLENGE, body).header("origin", "null"),
            Request.post(CHALLENGE, body).header("origin", SITE + ".evil.example"),
            Request.post(CHALLENGE, body).header("origin", "http://run-space.example"),
            Request.post(CHALLENGE, body).header("sec-fetch-site", "cross-site"),
            Request.post(CHALLENGE, body).header("sec-fetch-site", "same-site"),
            Request.post(CHALLENGE, body)
                .header("origin", SITE)
                .header("sec-fetch-site", "cross-site"))) {
      Response response = send(request);
      assertError(response, 403, "cross_origin");
      assertThat(response.headers().has("access-control-allow-origin")).isFalse();
    }
    Response preflight =
        send(
            Request.of("OPTIONS", VERIFY)
                .header("origin", "https://evil.example")
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type"));
    assertThat(preflight.headers().has("access-control-allow-origin")).isFalse();
  }

  @Test
  void bodiesOfAnotherFormAreRefused() {
    Request form =
        Request.of("POST", VERIFY)
            .header("content-type", "text/plain")
            .body(Bytes.of(ask().encode()));
    assertError(send(form), 415, "unsupported_media_type");
    Request none = Request.of("POST", VERIFY).body(Bytes.of("{}"));
    assertError(send(none), 415, "unsupported_media_type");
    for (String body :
        List.of(
            "",
            "{",
            "[]",
            "null",
            "{} {}",
            "{\"chain\":\"eip155\",\"chain\":\"solana\"}",
            "[".repeat(5000),
            "{\"a\":1e999999999}x")) {
      Response response = send(Request.post(VERIFY, body));
      assertThat(response.status()).as(body).isEqualTo(400);
      time.advance(Duration.ofSeconds(10));
    }
    Response numbers = send(Request.post(CHALLENGE, "{\"chain\":5,\"purpose\":\"sign_in\"}"));
    assertThat(numbers.status()).isEqualTo(400);
    assertThat(numbers.text()).contains("chain is no string");
    Response large = send(Request.post(VERIFY, "{\"id\":\"" + "x".repeat(20_000) + "\"}"));
    assertThat(large.status()).isEqualTo(413);
    assertThat(send(Request.get(VERIFY)).status()).isEqualTo(405);
  }

  @Test
  void oneAddressMayTryTenTimesAMinute() {
    for (int i = 0; i < 20; i++) {
      assertThat(new Browser().post(CHALLENGE, ask()).status()).isEqualTo(200);
    }
    Response often = new Browser().post(CHALLENGE, ask());
    assertError(often, 429, "rate_limit_exceeded");
    assertThat(Integer.parseInt(often.header("retry-after"))).isBetween(1, 3);
    Browser browser = new Browser();
    JsonObject nonsense =
        new JsonObject()
            .put("id", "x")
            .put("chain", "eip155")
            .put("address", ANNE.address().shown())
            .put("purpose", "sign_in")
            .put("signature", "0x");
    for (int i = 0; i < 10; i++) {
      assertThat(browser.post(VERIFY, nonsense).status()).isEqualTo(400);
    }
    assertError(browser.post(VERIFY, nonsense), 429, "rate_limit_exceeded");
    // Another address in a header is hearsay.
    assertThat(
            send(Request.post(VERIFY, nonsense.encode())
                    .header("x-forwarded-for", "203.0.113.7")
                    .header("forwarded", "for=203.0.113.7"))
                .status())
        .isEqualTo(429);
    time.advance(Duration.ofSeconds(7));
    assertThat(browser.post(VERIFY, nonsense).status()).isEqualTo(400);
  }

  @Test
  void theHostThatARequestNamesIsNeverTaken() {
    Response response =
        send(
            Request.post(CHALLENGE, ask().encode())
                .header("host", "evil.example")
                .header("x-forwarded-host", "evil.example"));
    assertThat(response.text()).contains("run-space.example").doesNotContain("evil");
  }
}
