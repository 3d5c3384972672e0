package com.runspace.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The published table of errors is the one the code uses. */
class ErrorDocTest {
  private static final String HEAD =
      """
      # Errors

      Every 4xx and 5xx has this body, all four keys always:

      ```json
      {"error":{"message":"…","type":"…","param":null,"code":"…"}}
      ```

      After the head of a stream has gone out its status cannot change. A stream that breaks
      ends with one event `error` that holds the same body, without a finish reason and without
      `[DONE]`.

      `x-request-id` stands on every answer. `x-should-retry` is sent where the table says so;
      OpenAI's SDKs obey it. 429 and 503 carry `retry-after` in seconds, 402 the seconds to 00:00
      UTC. The error object of 402 and `allowance_held` also has `limit`, `used`, `held` (in
      `nano_usd`, 1e-9 dollars), `resets_at` and `retryable`.

      | status | type | code | x-should-retry | meaning |
      | --- | --- | --- | --- | --- |
      """;

  @Test
  void docsPrintTheTable() throws IOException {
    StringBuilder table = new StringBuilder(HEAD);
    for (ApiError error : ApiError.values()) {
      String retry =
          switch (error.retry()) {
            case YES -> "true";
            case NO -> "false";
            case BY_STATUS -> "–";
          };
      table.append(
          "| %d | `%s` | %s | %s | %s |\n"
              .formatted(
                  error.status(),
                  error.type(),
                  error.code() == null ? "null" : "`" + error.code() + "`",
                  retry,
                  error.meaning()));
    }
    Path printed = Path.of("target", "errors.md");
    Files.writeString(printed, table);
    assertThat(Path.of("..", "docs", "errors.md"))
        .as("docs/errors.md; the table as it should be is in server/" + printed)
        .hasContent(table.toString());
  }
}
