package com.runspace.upstream;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.runspace.wire.ApiError;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.Refusal.Refused;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What is left out for providers cannot come through in another spelling. */
class RemovedFieldsTest {

  @ParameterizedTest
  @FieldSource("com.runspace.upstream.Provider#REMOVED")
  void otherSpellingsAreRefused(String name) {
    String body = "{\"model\":\"m\",\"%s\":1,\"messages\":[{}]}";
    assertThatThrownBy(
            () -> ChatRequest.scan(body.formatted(name.toUpperCase(Locale.ROOT)).getBytes(UTF_8)))
        .isInstanceOfSatisfying(
            Refused.class,
            refused ->
                assertThat(refused.refusal().error()).isEqualTo(ApiError.DUPLICATE_PARAMETER));
    assertThat(ChatRequest.scan(body.formatted(name).getBytes(UTF_8)).model()).isEqualTo("m");
  }
}
