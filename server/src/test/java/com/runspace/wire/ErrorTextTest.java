package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The errors we send and those that providers send. */
class ErrorTextTest {
  private static JsonReference.Members error(Refusal refusal) {
    JsonReference.Members body = JsonReference.object(refusal.body());
    assertThat(body.names()).containsExactly("error");
    return (JsonReference.Members) body.value("error");
  }

  private static JsonReference.Value text(@Nullable String text) {
    return text == null ? new JsonReference.Literal("null") : new JsonReference.Text(text);
  }

  @Test
  void everyRowHasAllFourKeys() {
    for (ApiError row : ApiError.values()) {
      for (String param : new @Nullable String[] {null, "messages[0].\"é\n"}) {
        JsonReference.Members error = error(Refusal.of(row, "Say \"x\"\n\u2028😀", param));
        assertThat(error.names()).as("%s", row).containsExactly("message", "type", "param", "code");
        assertThat(error.value("message")).isEqualTo(text("Say \"x\"\n\u2028😀"));
        assertThat(error.value("type")).isEqualTo(text(row.type()));
        assertThat(error.value("param")).isEqualTo(text(param));
        assertThat(error.value("code")).isEqualTo(text(row.code()));
      }
      assertThat(row.status()).isBetween(400, 504);
    }
  }

  @Test
  void moreMembersFollowTheFourAndHeadersAddUp() {
    Refusal refusal =
        Refusal.of(ApiError.ALLOWANCE_SPENT, "x")
            .withExtra(Map.of("limit\"", "{\"usd\":1.5}"))
            .retryAfter(60)
            .with("x-a", "b");
    assertThat(error(refusal).names())
        .containsExactly("message", "type", "param", "code", "limit\"");
    assertThat(refusal.headers())
        .containsExactly(new Refusal.Header("retry-after", "60"), new Refusal.Header("x-a", "b"));
  }

  @Test
  void whatIsSpentIsNotTriedAgainAndWhatIsHeldIs() {
    assertThat(ApiError.ALLOWANCE_SPENT.status()).isEqualTo(402);
    assertThat(ApiError.KEY_CAP_SPENT.status()).isEqualTo(402);
    assertThat(ApiError.ALLOWANCE_HELD.status()).isEqualTo(429);
    assertThat(ApiError.ALLOWANCE_HELD.retry()).isEqualTo(ApiError.Retry.YES);
    for (ApiError row : ApiError.values()) {
      if (List.of(401, 402, 403, 404).contains(row.status())) {
        assertThat(row.retry()).as("%s", row).isEqualTo(ApiError.Retry.NO);
      }
    }
  }

  private static ProviderError read(String body) {
    return ProviderError.read(body.getBytes(UTF_8));
  }

  @Test
  void messagesOfProvidersAreFoundInEveryForm() {
    for (String body :
        List.of(
            "{\"error\":{\"message\":\"no\",\"type\":\"t\",\"param\":null,\"code\":\"c\"}}",
            "{\"error\":{\"code\":\"c\",\"message\":\"no\",\"metadata\":{\"message\":\"x\"}}}",
            "{\"message\":\"no\",\"code\":\"c\"}",
            "{\"object\":\"error\",\"detail\":\"no\",\"code\":\"c\"}",
            "{\"error\":\"no\",\"code\":\"c\"}",
            "{\"code\":\"c\",\"message\":\"no\",\"error\":null}",
            "{\"code\":\"c\",\"message\":\"no\",\"error\":{}}",
            "{\"error\":{\"type\":\"t\"},\"code\":\"c\",\"message\":\"no\"}",
            " {\"error\":{\"error\":{\"messag\\u0065\":\"n\\u006f\",\"code\":\"c\"}}} ")) {
      assertThat(read(body)).as(body).isEqualTo(new ProviderError("no", "c"));
    }
    assertThat(read("\"no\"")).isEqualTo(new ProviderError("no", ""));
    assertThat(read("{\"error\":{\"message\":\"no\",\"code\":429}}").code()).isEmpty();
  }

  @Test
  void whatCannotBeReadIsEmpty() {
    for (String body :
        List.of(
            "",
            "<html>",
            "[]",
            "null",
            "{}",
            "{\"message\":\"no\"",
            "{\"message\":\"no\"}x",
            "\"no\" x",
            "{\"message\":[\"no\"]}",
            "{\"error\":" + "{\"error\":".repeat(99) + "1")) {
      assertThat(read(body)).as(body).isEqualTo(new ProviderError("", ""));
    }
    assertThat(ProviderError.read(new byte[] {'"', (byte) 0xff, '"'}).message()).isEmpty();
  }

  @Test
  void longMessagesAreShortened() {
    String longest = "x".repeat(2_000);
    assertThat(read("{\"error\":{\"message\":\"" + longest + "\"}}").message()).isEqualTo(longest);
    for (String body :
        List.of("{\"error\":{\"message\":\"%sy\"}}", "{\"message\":\"%sy\"}", "\"%sy\"")) {
      assertThat(read(String.format(body, longest)).message()).isEqualTo(longest + "…");
    }
  }

  @Test
  void contextOverflowIsKnownByCodeOrWords() {
    for (ProviderError overflow :
        List.of(
            new ProviderError("", "context_length_exceeded"),
            new ProviderError("This model's maximum context length is 4096 tokens.", "x"),
            new ProviderError("PROMPT IS TOO LONG: 5 tokens", ""),
            new ProviderError("exceeds the context window", ""))) {
      assertThat(overflow.isContextOverflow()).as("%s", overflow).isTrue();
    }
    assertThat(new ProviderError("Invalid 'messages'.", "invalid").isContextOverflow()).isFalse();
  }
}
