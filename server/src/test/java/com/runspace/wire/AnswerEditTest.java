package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnswerEditTest {
  private static final AnswerEdit EDIT =
      new AnswerEdit("\"our-id\"".getBytes(UTF_8), "\"our/model\"".getBytes(UTF_8));
  private static final String USAGE = "{\"prompt_tokens\":1},\"limit_reason\":\"allowance\"";

  private static String edited(String json, @Nullable String usage) {
    byte[] bytes = ("junk" + json + "{\"id\":").getBytes(UTF_8);
    int to = 4 + json.getBytes(UTF_8).length;
    AnswerScan scan = new AnswerScan();
    scan.scan(bytes, 4, to);
    ByteJoiner out = new ByteJoiner(8);
    EDIT.append(out, scan, 4, to, usage == null ? null : usage.getBytes(UTF_8));
    return new String(out.toByteArray(), UTF_8);
  }

  @Test
  void ownedFieldsAreSplicedInEveryOrderAndEverySelection() {
    List<String> fields =
        List.of(
            "\"id\" : \"chatcmpl-1\"",
            "\"model\":\"p/\\\"id\\\":x\"",
            "\"usage\":{ \"prompt_tokens\":9,\"id\":{} }",
            "\"choices\":[{\"delta\":{\"content\":\"\\\"model\\\":\",\"usage\":1,\"id\":null}}]",
            "\"provider\":\"é😀\"");
    int[] count = {0};
    arrange(
        fields,
        new ArrayList<>(),
        chosen -> {
          count[0]++;
          String json = "{" + String.join(" ,\n", chosen) + " }";
          String ours =
              json.replace("\"chatcmpl-1\"", "\"our-id\"")
                  .replace("\"p/\\\"id\\\":x\"", "\"our/model\"");
          String theirs = "{ \"prompt_tokens\":9,\"id\":{} }";
          assertThat(edited(json, null)).isEqualTo(ours.replace(theirs, "null"));
          String comma = chosen.isEmpty() ? "" : ",";
          String with =
              ours.contains(theirs)
                  ? ours.replace(theirs, USAGE)
                  : ours.substring(0, ours.length() - 1) + comma + "\"usage\":" + USAGE + "}";
          assertThat(edited(json, USAGE)).isEqualTo(with);
          assertThat(JsonReference.read(with.getBytes(UTF_8))).as(with).isPresent();
        });
    assertThat(count[0]).isEqualTo(1 + 5 + 20 + 60 + 120 + 120);
  }

  private interface Use {
    void accept(List<String> chosen);
  }

  private static void arrange(List<String> left, List<String> chosen, Use use) {
    use.accept(chosen);
    for (String field : left) {
      List<String> fewer = new ArrayList<>(left);
      fewer.remove(field);
      List<String> more = new ArrayList<>(chosen);
      more.add(field);
      arrange(fewer, more, use);
    }
  }

  @Test
  void usageOfAnyKindIsReplaced() {
    for (String theirs : List.of("null", "{}", "[1]", "\"}\"", "-1.5e3", "true")) {
      String json = "{\"usage\":" + theirs + ",\"model\":null,\"id\":7}";
      assertThat(edited(json, null))
          .isEqualTo("{\"usage\":null,\"model\":\"our/model\",\"id\":\"our-id\"}");
      assertThat(edited(json, "{}"))
          .isEqualTo("{\"usage\":{},\"model\":\"our/model\",\"id\":\"our-id\"}");
    }
  }

  @Test
  void namesInEscapesAreOwnedToo() {
    assertThat(edited("{\"\\u0069d\":1,\"mod\\u0065l\":2,\"us\\u0061ge\":3}", "{}"))
        .isEqualTo("{\"\\u0069d\":\"our-id\",\"mod\\u0065l\":\"our/model\",\"us\\u0061ge\":{}}");
  }

  @Test
  void whatComesTwiceIsReplacedTwice() {
    String json = "{\"id\":1,\"usage\":{},\"model\":2,\"id\":3,\"usage\":null,\"model\":4}";
    assertThat(edited(json, "{}"))
        .isEqualTo(
            "{\"id\":\"our-id\",\"usage\":{},\"model\":\"our/model\","
                + "\"id\":\"our-id\",\"usage\":{},\"model\":\"our/model\"}");
    String many = "\"id\":1,".repeat(20);
    assertThat(edited("{" + many + "\"x\":1}", null))
        .isEqualTo("{" + many.replace("1", "\"our-id\"") + "\"x\":1}");
  }

  @Test
  void usageInOddPlacesIsNullAndOursStandsWhereItBelongs() {
    assertThat(
            edited(
                "{\"choices\":[{\"usage\":{\"prompt_tokens\":1}}],"
                    + "\"x_groq\":{\"id\":\"r\",\"usage\":{}}}",
                "{}"))
        .isEqualTo(
            "{\"choices\":[{\"usage\":null}],"
                + "\"x_groq\":{\"id\":\"r\",\"usage\":null},\"usage\":{}}");
  }
}
