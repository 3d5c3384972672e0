package com.runspace.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.runspace.wire.Refusal.Refused;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChatRequestTest {
  private static final String MESSAGES = "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

  /** Names of which another spelling, to a parser that ignores case, is the same field. */
  private static final List<String> GUARDED =
      List.of(
          "model",
          "messages",
          "stream",
          "stream_options",
          "max_tokens",
          "max_completion_tokens",
          "n",
          "tools",
          "functions",
          "response_format",
          "models",
          "provider",
          "plugins",
          "service_tier",
          "best_of",
          "prediction",
          "n_predict",
          "max_output_tokens",
          "max_new_tokens",
          "num_predict",
          "route",
          "transforms",
          "web_search_options",
          "tool_choice",
          "function_call",
          "documents",
          "chat_template",
          "chat_template_kwargs",
          "prompt",
          "system",
          "prefix",
          "suffix",
          "grammar",
          "json_schema",
          "guided_json",
          "guided_choice",
          "guided_regex",
          "guided_grammar",
          "structured_outputs");

  private static ChatRequest with(String members) {
    return scan("{\"model\":\"m\"," + members + "," + MESSAGES + "}");
  }

  private static ChatRequest scan(String body) {
    try {
      return ChatRequest.scan(body.getBytes(UTF_8));
    } catch (Refused refused) {
      throw new AssertionError(body + " is refused: " + refused.getMessage(), refused);
    }
  }

  private static Refusal refusalWith(String members) {
    return refusal("{\"model\":\"m\"," + members + "," + MESSAGES + "}");
  }

  private static Refusal refusal(String body) {
    return refusal(body.getBytes(UTF_8))
        .orElseThrow(() -> new AssertionError("not refused: " + body));
  }

  private static Optional<Refusal> refusal(byte[] body) {
    try {
      ChatRequest.scan(body);
      return Optional.empty();
    } catch (Refused refused) {
      return Optional.of(refused.refusal());
    }
  }

  @Test
  void asksForNothingUnlessItSaysSo() {
    ChatRequest request = scan("{\"model\":\"a/b\"," + MESSAGES + "}");
    assertThat(request.model()).isEqualTo("a/b");
    assertThat(request.stream()).isFalse();
    assertThat(request.includeUsage()).isFalse();
    assertThat(request.outputLimit()).isZero();
    assertThat(request.choices()).isEqualTo(1);
    assertThat(request.messages()).isEqualTo(1);
    assertThat(request.mediaParts()).isZero();
    ChatRequest nulls =
        with("\"n\":null,\"max_tokens\":null,\"stream\":null,\"stream_options\":null");
    assertThat(nulls.stream()).isFalse();
    assertThat(nulls.outputLimit()).isZero();
    assertThat(nulls.choices()).isEqualTo(1);
  }

  @Test
  void modelIsTextOfOneTo256Characters() {
    assertThat(scan("{\"model\":\"\\u006d\\/\u00e9\"," + MESSAGES + "}").model())
        .isEqualTo("m/\u00e9");
    String longest = "x".repeat(256);
    assertThat(scan("{\"model\":\"" + longest + "\"," + MESSAGES + "}").model()).isEqualTo(longest);
    assertThat(refusal("{\"model\":\"" + longest + "x\"," + MESSAGES + "}").param())
        .isEqualTo("model");
    assertThat(refusal("{\"model\":\"\"," + MESSAGES + "}").error())
        .isEqualTo(ApiError.INVALID_VALUE);
    assertThat(refusal("{" + MESSAGES + "}").error()).isEqualTo(ApiError.MISSING_PARAMETER);
    for (String other : List.of("null", "1", "[\"m\"]", "{}", "true")) {
      assertThat(refusal("{\"model\":" + other + "," + MESSAGES + "}").error())
          .as(other)
          .isEqualTo(ApiError.INVALID_TYPE);
    }
  }

  @Test
  void limitsAndChoicesArePositiveIntegers() {
    for (String name : List.of("max_tokens", "max_completion_tokens", "n")) {
      for (String value : List.of("0", "-1", "-0", "-9999999999999999999999")) {
        Refusal refusal = refusalWith("\"" + name + "\":" + value);
        assertThat(refusal.error()).as(name + value).isEqualTo(ApiError.INVALID_VALUE);
        assertThat(refusal.param()).isEqualTo(name);
      }
      for (String value : List.of("1.0", "1e3", "1E0", "0.5", "\"5\"", "true", "[1]", "{}", "-")) {
        Refusal refusal = refusalWith("\"" + name + "\":" + value);
        assertThat(refusal.error()).as(name + value).isEqualTo(ApiError.INVALID_TYPE);
        assertThat(refusal.param()).isEqualTo(name);
      }
      for (String value : List.of("01", "1a", "1 1", "+1", "1.", "nul")) {
        assertThat(refusalWith("\"" + name + "\":" + value).error().status()).isEqualTo(400);
      }
    }
    assertThat(with("\"max_tokens\":1").outputLimit()).isEqualTo(1);
    assertThat(with("\"max_completion_tokens\":128000").outputLimit()).isEqualTo(128_000);
    // Clamped later, never refused: real clients ask for more than any model has.
    assertThat(with("\"max_tokens\":99999999999999999999").outputLimit()).isEqualTo(Long.MAX_VALUE);
    assertThat(with("\"n\":8").choices()).isEqualTo(8);
    assertThat(refusalWith("\"n\":9").param()).isEqualTo("n");
    assertThat(refusalWith("\"n\":4294967297").param()).isEqualTo("n");
    assertThat(refusalWith("\"n\":99999999999999999999").param()).isEqualTo("n");
  }

  @Test
  void twoLimitsMustAgree() {
    assertThat(with("\"max_tokens\":5,\"max_completion_tokens\":5").outputLimit()).isEqualTo(5);
    assertThat(with("\"max_tokens\":null,\"max_completion_tokens\":6").outputLimit()).isEqualTo(6);
    assertThat(with("\"max_completion_tokens\":6,\"max_tokens\":null").outputLimit()).isEqualTo(6);
    assertThat(refusalWith("\"max_tokens\":5,\"max_completion_tokens\":6").error())
        .isEqualTo(ApiError.INVALID_VALUE);
    assertThat(refusalWith("\"max_completion_tokens\":6,\"max_tokens\":5").error())
        .isEqualTo(ApiError.INVALID_VALUE);
  }

  @Test
  void streamAndItsOptions() {
    assertThat(with("\"stream\":true").stream()).isTrue();
    assertThat(with("\"stream\":false").stream()).isFalse();
    for (String value : List.of("1", "\"true\"", "{}", "[]")) {
      assertThat(refusalWith("\"stream\":" + value).error()).isEqualTo(ApiError.INVALID_TYPE);
      assertThat(refusalWith("\"stream_options\":{\"include_usage\":" + value + "}").error())
          .isEqualTo(ApiError.INVALID_TYPE);
    }
    for (String value : List.of("1", "\"a\"", "[]", "true")) {
      assertThat(refusalWith("\"stream_options\":" + value).param()).isEqualTo("stream_options");
    }
    for (String value :
        List.of("{\"include_usage\":true}", "{ \"x\":{}, \"include\\u005fusage\" : true }")) {
      assertThat(with("\"stream_options\":" + value).includeUsage()).as(value).isTrue();
    }
    for (String value : List.of("{}", "{\"include_usage\":false}", "{\"include_usage\":null}")) {
      assertThat(with("\"stream_options\":" + value).includeUsage()).as(value).isFalse();
    }
  }

  @Test
  void nothingIsNamedTwice() {
    for (String twice :
        List.of(
            "\"model\":\"x\"",
            "\"mod\\u0065l\":\"x\"",
            "\"\\u006D\\u006fdel\":\"x\"",
            "\"a\":1,\"a\":1",
            "\"a\":1,\"\\u0061\":1",
            "\"\\u0061\":1,\"a\":1",
            "\"\":1,\"\":2",
            "\"\u00e9\":1,\"\\u00e9\":2",
            "\"\u00e9\":1,\"\u00e9\":2",
            "\"\\/\":1,\"/\":2",
            "\"n\":1,\"n\":1",
            "\"max_tokens\":1,\"max\\u005ftokens\":1",
            "\"messages\":[{}]")) {
      assertThat(refusalWith(twice).error()).as(twice).isEqualTo(ApiError.DUPLICATE_PARAMETER);
    }
    for (String once :
        List.of(
            "\"a\":1,\"A\":1",
            "\"a\":{\"b\":1,\"b\":2}",
            "\"ab\":1,\"a\\u0062c\":1",
            "\"\u00e9\":1,\"e\u0301\":2",
            "\"model \":1",
            "\"\\u006dodels\":[]")) {
      assertThat(with(once).model()).as(once).isEqualTo("m");
    }
  }

  @Test
  void otherSpellingsOfGuardedNamesAreRefused() {
    for (String name : GUARDED) {
      Set<String> spellings = new HashSet<>();
      spellings.add(name.toUpperCase(Locale.ROOT));
      for (int i = 0; i < name.length(); i++) {
        String before = name.substring(0, i);
        String after = name.substring(i + 1);
        char c = name.charAt(i);
        spellings.add(before + Character.toUpperCase(c) + after);
        spellings.add(before + (c == 's' ? '\u017f' : c == 'k' ? '\u212a' : c) + after);
      }
      spellings.remove(name);
      for (String spelling : spellings) {
        assertThat(refusalWith("\"" + spelling + "\":null").error())
            .as(spelling)
            .isEqualTo(ApiError.DUPLICATE_PARAMETER);
        assertThat(refusalWith("\"" + escaped(spelling) + "\":null").error())
            .as("escaped " + spelling)
            .isEqualTo(ApiError.DUPLICATE_PARAMETER);
      }
    }
  }

  @Test
  void namesThatDifferByMoreThanCasePass() {
    for (String name : GUARDED) {
      for (int i = 0; i < name.length(); i++) {
        for (char c = ' '; c < 0x7f; c++) {
          String other = name.substring(0, i) + c + name.substring(i + 1);
          if (c != '"' && c != '\\' && !name.equalsIgnoreCase(other) && !GUARDED.contains(other)) {
            assertThat(
                    refusal(
                        ("{\"model\":\"m\",\"" + other + "\":0," + MESSAGES + "}").getBytes(UTF_8)))
                .as(other)
                .isEmpty();
          }
        }
      }
    }
    assertThat(
            with("\"max_token\":0,\"max_tokens_\":0,\"ma8_tokens\":0,\"max tokens\":0")
                .outputLimit())
        .isZero();
  }

  private static String escaped(String name) {
    return name.chars().mapToObj(c -> String.format("\\u%04x", c)).collect(Collectors.joining());
  }

  @Test
  void promptIsCountedAsWritten() {
    String messages = "[ {\"role\":\"user\",\"content\":\"\u20ac\\u20ac\"} ]";
    String tools = "[{\"type\":\"function\"}]";
    ChatRequest request =
        scan(
            "{\"tools\": "
                + tools
                + " ,\"user\":\"not counted\",\"mess\\u0061ges\" :\n"
                + messages
                + ",\"model\":\"m\",\"functions\":[1],\"response_format\":{\"a\":2}}");
    int bytes = messages.getBytes(UTF_8).length + tools.length() + "[1]{\"a\":2}".length();
    assertThat(request.promptBytes()).isEqualTo(bytes);
    for (String field :
        List.of("documents", "chat_template_kwargs", "tool_choice", "guided_json", "prefix")) {
      long without = scan("{\"model\":\"m\"," + MESSAGES + "}").promptBytes();
      assertThat(with("\"" + field + "\":[\"12345\"]").promptBytes()).isEqualTo(without + 9);
    }
  }

  @Test
  void a256thMemberIsTheLast() {
    String more =
        IntStream.range(0, 254)
            .mapToObj(i -> "\"f" + i + "\":" + i)
            .collect(Collectors.joining(","));
    assertThat(with(more).model()).isEqualTo("m");
    assertThat(refusalWith(more + ",\"g\":1").error()).isEqualTo(ApiError.BAD_JSON);
  }

  @Test
  void whatIsNoObjectIsRefused() {
    for (String body :
        List.of("", " ", "null", "[]", "\"a\"", "1", "{", "{}x", "\ufeff{}", "{\"a\"}")) {
      assertThat(refusal(body).error()).as(body).isEqualTo(ApiError.BAD_JSON);
    }
    String fine = "{\"model\":\"m\"," + MESSAGES + "}";
    for (String tail : List.of("\u00ff", "\u0000", "{}", "}", ",", "\u00ff{\"model\":\"dear\"}")) {
      assertThat(refusal((fine + tail).getBytes(ISO_8859_1))).as(tail).isPresent();
    }
    assertThat(scan(" \n" + fine + "\r\n\t ").model()).isEqualTo("m");
  }

  @Test
  void mutantsAreReadAsTheReferenceReadsThemOrRefusedInForm() {
    byte[] body =
        """
        {"model":"a/b","stream":true,"stream_options":{"include_usage":true},"max_tokens":7,"n":1,
         "mess\\u0061ges":[{"role":"user","content":[{"type":"text","text":"Grüße"}]}],"tools":[]}
        """
            .getBytes(UTF_8);
    long seed = 4711;
    Mutations mutations = new Mutations(seed);
    int passed = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] mutant = mutations.mutant(body);
      String story = "seed " + seed + ", mutant " + i + ": " + new String(mutant, UTF_8);
      try {
        passed += checked(mutant, story) ? 1 : 0;
      } catch (RuntimeException other) {
        fail(story, other);
      }
    }
    assertThat(passed).as("mutants that pass").isBetween(1_000, 19_000);
  }

  /** Whether it was taken; both ways it must have happened by the rules. */
  private static boolean checked(byte[] mutant, String story) {
    ChatRequest request;
    try {
      request = ChatRequest.scan(mutant);
    } catch (Refused refused) {
      assertThat(refused.refusal().error().status()).as(story).isEqualTo(400);
      JsonReference.Members error =
          (JsonReference.Members) JsonReference.object(refused.refusal().body()).value("error");
      assertThat(error.names()).as(story).containsExactly("message", "type", "param", "code");
      return false;
    }
    JsonReference.Members read = JsonReference.object(mutant);
    assertThat(read.value("model")).as(story).isEqualTo(new JsonReference.Text(request.model()));
    assertThat(read.names()).as(story).doesNotHaveDuplicates().hasSize(request.members());
    for (int i = 0; i < request.members(); i++) {
      byte[] value = Arrays.copyOfRange(mutant, request.valueFrom(i), request.valueTo(i));
      JsonReference.Member member = read.members().get(i);
      assertThat(request.name(i)).as(story).isEqualTo(member.name());
      assertThat(JsonReference.read(value)).as(story).contains(member.value());
    }
    return true;
  }
}
