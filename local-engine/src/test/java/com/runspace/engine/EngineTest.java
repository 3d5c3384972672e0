package com.runspace.engine;

import static com.runspace.engine.ChatClient.asking;
import static com.runspace.engine.ChatClient.deltas;
import static com.runspace.engine.ChatClient.finishReason;
import static com.runspace.engine.ChatClient.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What one running engine answers, with the real model. */
@Timeout(120)
class EngineTest {
  private static final String CAPITAL = "What is the capital of France? Answer in one sentence.";

  private static EngineProcess engine;
  private static ChatClient client;
  private static Model model;

  @BeforeAll
  static void start() throws Exception {
    String file = TestModel.file().toString();
    engine = EngineProcess.start("--model", file, "--id", "smol");
    client = new ChatClient(engine.awaitReady());
    NativeLog quiet = new NativeLog(false, new PrintStream(OutputStream.nullOutputStream()));
    Llama llama = new Llama(NativeLibrary.load(Machine.current().library()));
    llama.logTo(quiet);
    model = Model.load(llama, TestModel.file(), quiet);
  }

  @AfterAll
  static void stop() throws Exception {
    if (engine != null) {
      engine.close();
    }
  }

  @Test
  void streams_a_real_sentence_in_the_shape_of_openai() throws Exception {
    List<JsonNode> events =
        client.stream(
            asking(
                CAPITAL,
                "\"temperature\":0,\"stream\":true,\"stream_options\":{\"include_usage\":true}"));
    assertThat(String.join("", deltas(events))).contains("Paris").endsWith(".");
    assertThat(deltas(events)).hasSizeGreaterThan(4);
    JsonNode first = events.getFirst();
    assertThat(first.path("object").stringValue()).isEqualTo("chat.completion.chunk");
    assertThat(first.path("model").stringValue()).isEqualTo("smol");
    assertThat(first.at("/choices/0/delta/role").stringValue()).isEqualTo("assistant");
    assertThat(events).allMatch(event -> event.path("id").equals(first.path("id")));
    assertThat(events).allMatch(event -> event.path("created").equals(first.path("created")));
    JsonNode finish = events.get(events.size() - 2);
    assertThat(finish.at("/choices/0/finish_reason").stringValue()).isEqualTo("stop");
    JsonNode usage = events.getLast();
    assertThat(usage.path("choices").isEmpty()).isTrue();
    // Every token gave one delta here; the one that ends the answer has no text but counts.
    assertThat(usage.at("/usage/completion_tokens").intValue())
        .isEqualTo(deltas(events).size() + 1);
  }

  @Test
  void without_include_usage_the_stream_has_no_usage() throws Exception {
    List<JsonNode> events =
        client.stream(asking("Hi", "\"temperature\":0,\"stream\":true,\"max_tokens\":3"));
    assertThat(events).noneMatch(event -> event.has("usage"));
    assertThat(events.getLast().at("/choices/0/finish_reason").stringValue()).isEqualTo("length");
  }

  @Test
  void usage_counts_the_tokens_of_the_template_and_of_the_answer() throws Exception {
    JsonNode answer = client.complete(asking(CAPITAL, "\"temperature\":0"));
    String prompt =
        """
        <|im_start|>system
        You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>
        <|im_start|>user
        What is the capital of France? Answer in one sentence.<|im_end|>
        <|im_start|>assistant
        """;
    int promptTokens = model.tokenize(prompt).length;
    int completionTokens = model.tokenize(text(answer) + "<|im_end|>").length;
    assertThat(answer.at("/usage/prompt_tokens").intValue()).isEqualTo(promptTokens);
    assertThat(answer.at("/usage/completion_tokens").intValue()).isEqualTo(completionTokens);
    assertThat(answer.at("/usage/total_tokens").intValue())
        .isEqualTo(promptTokens + completionTokens);
  }

  @Test
  void a_system_message_takes_the_place_of_the_templates_own() throws Exception {
    JsonNode answer =
        client.complete(
            """
            {"messages":[{"role":"developer","content":"Be brief."},
            {"role":"user","content":[{"type":"text","text":"Hi"}]}],"max_tokens":1}\
            """);
    String prompt =
        """
        <|im_start|>system
        Be brief.<|im_end|>
        <|im_start|>user
        Hi<|im_end|>
        <|im_start|>assistant
        """;
    assertThat(answer.at("/usage/prompt_tokens").intValue())
        .isEqualTo(model.tokenize(prompt).length);
  }

  @Test
  void the_token_limit_is_exact() throws Exception {
    for (int limit : new int[] {1, 7, 40}) {
      // With chance in it the story is now and then a short one.
      String fields = "\"temperature\":0,\"max_completion_tokens\":%d".formatted(limit);
      JsonNode answer = client.complete(asking("Tell me a long story.", fields));
      assertThat(finishReason(answer)).isEqualTo("length");
      assertThat(answer.at("/usage/completion_tokens").intValue()).isEqualTo(limit);
    }
  }

  @Test
  void a_stop_string_ends_the_answer_and_never_shows() throws Exception {
    String whole = text(client.complete(asking(CAPITAL, "\"temperature\":0")));
    // It begins and ends inside of tokens, so that its parts come in different deltas.
    String stop = whole.substring(whole.indexOf("capital") + 3, whole.indexOf("France") + 2);
    List<JsonNode> events =
        client.stream(
            asking(CAPITAL, "\"temperature\":0,\"stream\":true,\"stop\":\"%s\"".formatted(stop)));
    assertThat(String.join("", deltas(events))).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(events.getLast().at("/choices/0/finish_reason").stringValue()).isEqualTo("stop");
  }

  @Test
  void the_same_seed_gives_the_same_answer_and_another_seed_another() throws Exception {
    String fields = "\"seed\":%d,\"temperature\":1,\"max_tokens\":24";
    String question = "Invent a name for a dragon and describe it.";
    String first = text(client.complete(asking(question, fields.formatted(7))));
    assertThat(text(client.complete(asking(question, fields.formatted(7))))).isEqualTo(first);
    assertThat(text(client.complete(asking(question, fields.formatted(8))))).isNotEqualTo(first);
  }

  @Test
  void four_at_once_all_finish_with_the_answers_they_would_have_had_alone() throws Exception {
    List<String> bodies = new ArrayList<>();
    for (String subject : List.of("the sea", "a cat", "rain", "an old clock")) {
      bodies.add(asking("Write about " + subject, "\"temperature\":0,\"max_tokens\":32"));
    }
    List<Future<JsonNode>> together = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String body : bodies) {
        together.add(threads.submit(() -> client.complete(body)));
      }
    }
    for (int i = 0; i < bodies.size(); i++) {
      String alone = text(client.complete(bodies.get(i)));
      assertThat(text(together.get(i).resultNow())).isEqualTo(alone).hasSizeGreaterThan(60);
    }
  }

  @Test
  void characters_are_never_broken() throws Exception {
    List<JsonNode> events =
        client.stream(
            asking(
                "Repeat: 😀 🎉 日本語 Ünïcödé",
                "\"temperature\":1.5,\"seed\":1,\"stream\":true,\"max_tokens\":60"));
    for (String delta : deltas(events)) {
      assertThat(delta).doesNotContain("\ufffd");
      assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(delta)).isTrue();
    }
  }

  @Test
  void a_prompt_that_does_not_fit_is_refused_in_openais_words() throws Exception {
    HttpResponse<String> response = client.post(asking("word ".repeat(2100), "\"stream\":true"));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body())
        .contains("\"code\":\"context_length_exceeded\"")
        .containsPattern(
            "This model's maximum context length is 2048 tokens\\. "
                + "However, your messages resulted in 21\\d\\d tokens\\.");
  }

  @Test
  void the_answer_ends_where_the_context_does() throws Exception {
    JsonNode answer = client.complete(asking("word ".repeat(2000), "\"temperature\":1"));
    assertThat(answer.at("/usage/total_tokens").intValue()).isBetween(2000, 2048);
    if (finishReason(answer).equals("length")) {
      assertThat(answer.at("/usage/total_tokens").intValue()).isEqualTo(2048);
    }
  }

  @Test
  void refusals_have_the_shape_of_openai() throws Exception {
    HttpResponse<String> bad = client.post("{nonsense");
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body())
        .startsWith("{\"error\":{\"message\":\"")
        .contains("\"type\":\"invalid_request_error\",\"param\":null,\"code\":null}}");
    assertThat(client.post(asking("Hi", "\"n\":2")).statusCode()).isEqualTo(400);
    HttpResponse<String> other = client.post(asking("Hi", "\"model\":\"gpt\""));
    assertThat(other.statusCode()).isEqualTo(404);
    assertThat(other.body()).contains("model_not_found");
    assertThat(client.post(" ".repeat(5 << 20)).statusCode()).isEqualTo(413);
    assertThat(client.get("/v2").at("/error/code").stringValue()).isEqualTo("not_found");
  }

  @Test
  void lists_its_model() throws Exception {
    JsonNode models = client.get("/v1/models");
    assertThat(models.at("/data/0/id").stringValue()).isEqualTo("smol");
    assertThat(models.at("/data/0/context_length").intValue()).isEqualTo(2048);
  }
}
