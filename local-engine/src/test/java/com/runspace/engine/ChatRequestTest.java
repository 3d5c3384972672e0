package com.runspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatRequestTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  @Test
  void reads_what_it_acts_on_and_ignores_the_rest() throws ApiException {
    ChatRequest request =
        parse(
            """
            {"model":"m","messages":[
              {"role":"developer","content":"be brief","name":"x"},
              {"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},
              {"role":"assistant","content":null,"tool_calls":[]},
              {"role":"tool","content":"42","tool_call_id":"c"}],
             "max_tokens":5,"max_completion_tokens":7,"stop":["x","y"],"temperature":0,"top_p":0.5,
             "seed":-3,"n":1,"stream":true,"stream_options":{"include_usage":true},
             "logit_bias":{},"user":null,"tools":[]}\
            """);
    assertThat(request.messages())
        .containsExactly(
            new ChatMessage("system", "be brief"),
            new ChatMessage("user", "ab"),
            new ChatMessage("assistant", ""),
            new ChatMessage("tool", "42"));
    assertThat(request.maxTokens()).hasValue(7);
    assertThat(request.stops()).containsExactly("x", "y");
    assertThat(request.sampling()).isEqualTo(new Sampling(0, 0.5, -3, 0, 0));
    assertThat(request.stream()).isTrue();
    assertThat(request.includeUsage()).isTrue();
  }

  @Test
  void null_counts_as_absent() throws ApiException {
    ChatRequest request =
        parse(
            "{"
                + MESSAGES
                + ",\"model\":null,\"stop\":null,\"max_tokens\":null,\"n\":null,\"stream\":null}");
    assertThat(request.model()).isNull();
    assertThat(request.maxTokens()).isEmpty();
    assertThat(request.stops()).isEmpty();
    assertThat(request.stream()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      delimiter = '|',
      value = {
        "`\"n\":2`|n",
        "`\"n\":\"1\"`|n",
        "`\"max_tokens\":0`|max_tokens",
        "`\"max_tokens\":1.5`|max_tokens",
        "`\"max_completion_tokens\":\"9\"`|max_completion_tokens",
        "`\"temperature\":2.1`|temperature",
        "`\"temperature\":\"hot\"`|temperature",
        "`\"top_p\":-1`|top_p",
        "`\"seed\":1.5`|seed",
        "`\"stop\":[\"\"]`|stop",
        "`\"stop\":5`|stop",
        "`\"stream\":\"yes\"`|stream",
        "`\"messages\":[]`|messages",
        "`\"messages\":[{\"role\":\"king\",\"content\":\"\"}]`|messages[0].role",
        "`\"messages\":[{\"role\":\"user\",\"content\":5}]`|messages[0].content",
        "`\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]`"
            + "|messages[0].content",
      })
  void names_the_field_that_is_wrong(String field, String param) {
    ApiException problem = refused("{" + MESSAGES + "," + field + "}");
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.param()).isEqualTo(param);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {"``", "nonsense", "[]", "`{\"messages\":`", "{} {}"})
  void refuses_what_is_no_json_object(String body) {
    assertThat(refused(body).status()).isEqualTo(400);
  }

  private static ChatRequest parse(String body) throws ApiException {
    return ChatRequest.parse(body.getBytes(StandardCharsets.UTF_8));
  }

  private static ApiException refused(String body) {
    return catchThrowableOfType(ApiException.class, () -> parse(body));
  }
}
