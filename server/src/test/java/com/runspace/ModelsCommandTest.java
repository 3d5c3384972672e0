package com.runspace;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.config.Settings;
import com.runspace.testkit.Script;
import com.runspace.testkit.ScriptedUpstream;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code runspace models} says of what can be called and why not. */
@Timeout(30)
class ModelsCommandTest {
  @TempDir Path folder = Path.of("");

  private final Printed out = new Printed();
  private final List<String> lines = out.lines;
  private final List<String> asides = out.asides;

  private int run(int port, String... words) throws Settings.Invalid, IOException {
    Path file =
        Files.writeString(
            folder.resolve("runspace.yaml"),
            """
            providers:
              groq: {url: "http://127.0.0.1:%d/v1"}
            """
                .formatted(port));
    Settings settings = Settings.read(file, _ -> "sk-of-a-test");
    return ModelsCommand.runAlone(settings, List.of(words), out);
  }

  @Test
  void eachRouteWithItsStateAndTheReason() throws Settings.Invalid, IOException {
    try (ScriptedUpstream groq = ScriptedUpstream.start()) {
      groq.answersEach(_ -> Script.json(200, "{\"data\":[{\"id\":\"openai/gpt-oss-20b\"}]}"));
      assertThat(run(groq.port())).isZero();
      assertThat(lines)
          .containsSequence(
              "gpt-oss-20b  (gpt-oss 20B, 131,072 tokens, $0.08625 in and $0.345 out per million)",
              "  listed",
              "  up           groq, openai/gpt-oss-20b")
          .contains(
              "  not listed",
              "  down         groq, openai/gpt-oss-120b: it does not list openai/gpt-oss-120b")
          .containsSequence(
              "glm-5",
              "  not sold     none of its providers is configured: openrouter, deepinfra,"
                  + " siliconflow, zai, novita");
    }
  }

  @Test
  void forPrograms() throws Settings.Invalid, IOException {
    try (ScriptedUpstream groq = ScriptedUpstream.start()) {
      groq.answersEach(_ -> Script.json(401, "{}"));
      assertThat(run(groq.port(), "--json")).isZero();
      JsonArray models = new JsonArray(String.join("\n", lines));
      assertThat(models).hasSize(7);
      JsonObject first = models.getJsonObject(0);
      assertThat(first.getString("id")).isEqualTo("gpt-oss-120b");
      assertThat(first.getBoolean("listed")).isFalse();
      assertThat(first.getJsonArray("routes").getJsonObject(0).getString("why"))
          .isEqualTo("it refuses our key (status 401)");
    }
  }

  @Test
  void probeTellsWhatTheAnswersLack() throws Settings.Invalid, IOException {
    try (ScriptedUpstream groq = ScriptedUpstream.start()) {
      groq.answersEach(request ->
          request.method().equals("GET")
              ? Script.json(200, "{\"data\":[{\"id\":\"openai/gpt-oss-20b\"}]}")
              : Script.sse()
                  .event(
                      "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"Hm\"},"
                          + "\"finish_reason\":null}]}")
                  .event(
                      "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Sun\"},"
                          + "\"finish_reason\":\"stop\"}]}")
                  .done());
      assertThat(run(groq.port(), "--probe")).isZero();
      assertThat(lines)
          .containsSequence(
              "  up           groq, openai/gpt-oss-20b",
              "               needs repairs: [role, reasoning], and has [reasoning]");
      assertThat(groq.requests().getLast().body().utf8())
          .contains("\"max_completion_tokens\":256", "\"model\":\"openai/gpt-oss-20b\"");
    }
  }

  @Test
  void whatItDoesNotKnow() throws Settings.Invalid, IOException {
    try (ScriptedUpstream groq = ScriptedUpstream.start()) {
      groq.answersEach(_ -> Script.json(200, "{}"));
      assertThat(run(groq.port(), "--all")).isEqualTo(2);
      assertThat(asides).anyMatch(text -> text.contains("not --all"));
    }
  }
}
