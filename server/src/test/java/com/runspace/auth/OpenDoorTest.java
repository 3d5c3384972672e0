package com.runspace.auth;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Request;
import com.runspace.testkit.Response;
import com.runspace.wallet.OneTimeCodes;
import com.runspace.wallet.Session;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The sign-in links of local mode, on plain http. */
class OpenDoorTest extends AuthDoors {
  @Override
  String site() {
    return "http://127.0.0.1:8080";
  }

  private static Request open(String code) {
    return Request.get("/auth/open?code=" + code);
  }

  @Test
  void aLinkOpensOneSession() {
    String code = codes.make().reveal();
    Browser browser = new Browser();
    assertThat(browser.send(Request.of("HEAD", "/auth/open?code=" + code)).status())
        .as("a look at the link does not use it up")
        .isEqualTo(204);
    Response opened = browser.send(open(code));
    assertThat(opened.status()).isEqualTo(303);
    assertThat(opened.header("location")).isEqualTo("/");
    assertThat(opened.header("referrer-policy")).isEqualTo("no-referrer");
    assertThat(cookieLines(opened.headers()))
        .singleElement()
        .asString()
        .matches("sid=[\\w-]{43}; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
    Session session = sessions.find(browser.cookie("sid")).orElseThrow();
    assertThat(session.account()).isEqualTo(LOCAL);
    assertThat(session.wallet()).isEmpty();
    time.advance(OneTimeCodes.LIFE.multipliedBy(3));
    assertThat(sessions.isConfirmed(session)).as("there is no wallet to ask").isTrue();
    assertThat(new Browser().send(open(code)).status()).isEqualTo(403);
    assertThat(browser.post("/auth/logout", new JsonObject()).status()).isEqualTo(204);
    assertThat(sessions.list(LOCAL)).isEmpty();
  }

  @Test
  void anotherCodeOpensNothing() {
    String late = codes.make().reveal();
    time.advance(OneTimeCodes.LIFE);
    for (String code : List.of("", "x", late, "%00", "a".repeat(4000), "%0d%0aset-cookie:x=y")) {
      Response response = new Browser().send(open(code));
      assertThat(response.status()).as(code).isEqualTo(403);
      assertThat(response.headers().has("set-cookie")).isFalse();
    }
    assertThat(new Browser().send(Request.get("/auth/open")).status()).isEqualTo(403);
    assertThat(sessions.list(LOCAL)).isEmpty();
  }

  @Test
  void codesCannotBeGuessedForLong() {
    for (int i = 0; i < 10; i++) {
      assertThat(new Browser().send(open("x")).status()).isEqualTo(403);
    }
    assertThat(new Browser().send(open(codes.make().reveal())).status()).isEqualTo(429);
  }

  @Test
  void onlyTheNewestCodesAreKept() {
    String first = codes.make().reveal();
    for (int i = 0; i < 20; i++) {
      codes.make();
    }
    assertThat(codes.use(first)).isFalse();
    assertThat(codes.use(codes.make().reveal())).isTrue();
  }
}
