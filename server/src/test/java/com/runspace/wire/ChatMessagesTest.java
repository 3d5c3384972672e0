package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.wire.Refusal.Refused;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is inside of the messages and the tools of a request. */
class ChatMessagesTest {
  private static final String PARTS =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[";

  private static ChatRequest scan(String body) {
    try {
      return ChatRequest.scan(body.getBytes(UTF_8));
    } catch (Refused refused) {
      throw new AssertionError(body + " is refused: " + refused.getMessage(), refused);
    }
  }

  private static Refusal refusal(String body) {
    try {
      ChatRequest.scan(body.getBytes(UTF_8));
    } catch (Refused refused) {
      return refused.refusal();
    }
    throw new AssertionError("not refused: " + body);
  }

  private static String message(String members) {
    return "{\"model\":\"m\",\"messages\":[{},{" + members + "}]}";
  }

  private static String with(String members) {
    return "{\"model\":\"m\",\"messages\":[{}]," + members + "}";
  }

  @Test
  void messagesAreAnArrayOfObjects() {
    for (String value :
        List.of("null", "\"hi\"", "{}", "1", "[\"hi\"]", "[null]", "[[]]", "[{},1]")) {
      assertThat(refusal("{\"model\":\"m\",\"messages\":" + value + "}").error())
          .as(value)
          .isEqualTo(ApiError.INVALID_TYPE);
    }
    assertThat(refusal("{\"model\":\"m\",\"messages\":[ ]}").error())
        .isEqualTo(ApiError.EMPTY_ARRAY);
    assertThat(refusal("{\"model\":\"m\"}").error()).isEqualTo(ApiError.MISSING_PARAMETER);
    assertThat(refusal("{\"model\":\"m\",\"messages\":[{},7]}").param()).isEqualTo("messages[1]");
    for (String content : List.of("null", "\"\"", "\"x\"", "[]", "{}", "[\"x\"]", "[[1]]", "5")) {
      String body = "{\"model\":\"m\",\"messages\":[{\"content\":" + content + "},{},{\"a\":1}]}";
      assertThat(scan(body).messages()).as(content).isEqualTo(3);
      assertThat(scan(body).mediaParts()).as(content).isZero();
    }
  }

  @Test
  void mediaPartsAreCountedAndTheirBytesAreNot() {
    String image =
        "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}";
    String audio = "{\"input_audio\":{\"data\":\"AAAA\"},\"typ\\u0065\":\"input\\u005faudio\"}";
    String text = "{\"type\":\"text\",\"text\":\"hi\",\"cache_control\":{\"type\":\"ephemeral\"}}";
    String head = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[";
    ChatRequest request = scan(head + text + "," + image + ", " + audio + "]}]}");
    assertThat(request.mediaParts()).isEqualTo(2);
    assertThat(request.mediaKinds()).containsExactlyInAnyOrder("image_url", "input_audio");
    assertThat(request.promptBytes())
        .isEqualTo(
            "[{\"role\":\"user\",\"content\":[".length() + text.length() + ",, ]}]".length());
    for (String kind : List.of("text", "refusal", "thinking", "reasoning", "input_text")) {
      ChatRequest plain = scan(head + "{\"text\":\"hi\",\"type\":\"" + kind + "\"}]}]}");
      assertThat(plain.mediaParts()).as(kind).isZero();
    }
  }

  @Test
  void mediaCannotHideBehindText() {
    String head = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[";
    for (String part :
        List.of(
            "{\"type\":\"image_url\",\"image_url\":{},\"type\":\"text\"}",
            "{\"type\":\"text\",\"image_url\":{},\"type\":\"image_url\"}",
            "{\"image_url\":{\"url\":\"http://x.example/a.png\"}}",
            "{\"image\\u005furl\":\"http://x.example/a.png\"}",
            "{\"type\":\"text\",\"text\":\"a\",\"image_url\":\"http://x.example/a.png\"}",
            "{\"type\":null,\"input_audio\":{}}",
            "{\"video_url\":{},\"text\":\"a\"}")) {
      assertThat(scan(head + part + "]}]}").mediaParts()).as(part).isEqualTo(1);
    }
    // Clients that write every field of a type write nulls.
    String nulls = "{\"type\":\"text\",\"text\":\"a\",\"image_url\":null,\"input_audio\":null}";
    assertThat(scan(head + nulls + "]}]}").mediaParts()).isZero();
  }

  @Test
  void contentAndRoleHaveOneSpellingAndComeOnce() {
    for (String members :
        List.of(
            "\"Content\":\"a\"",
            "\"content\":\"a\",\"CONTENT\":\"b\"",
            "\"\\u0043ontent\":\"a\"",
            "\"rolE\":\"user\"",
            "\"content\":\"a\",\"content\":\"b\"",
            "\"content\":\"a\",\"c\\u006fntent\":\"b\"",
            "\"role\":\"user\",\"role\":\"system\"")) {
      Refusal refusal = refusal(message(members));
      assertThat(refusal.error()).as(members).isEqualTo(ApiError.DUPLICATE_PARAMETER);
      assertThat(refusal.param()).startsWith("messages[1].");
    }
    for (String members :
        List.of(
            "\"contents\":1,\"roles\":2,\"rule\":3,\"consent\":4",
            "\"name\":\"a\",\"Name\":\"b\"",
            "\"content\":[{\"content\":1,\"Content\":2,\"Role\":3}]")) {
      assertThat(scan(message(members)).messages()).as(members).isEqualTo(2);
    }
  }

  @Test
  void aSinglePartWithoutItsArrayIsAPartAllTheSame() {
    ChatRequest request = scan(message("\"content\":{\"type\":\"image_url\",\"image_url\":\"u\"}"));
    assertThat(request.mediaParts()).isEqualTo(1);
    assertThat(request.hasRemoteMedia()).isTrue();
  }

  @Test
  void mediaInTheRequestItselfAreNotRemote() {
    for (String part :
        List.of(
            "{\"type\":\"text\",\"text\":\"http://x.example/\"}",
            "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA\","
                + "\"detail\":\"low\"}}",
            "{\"type\":\"image_url\",\"image_url\":\"data:image\\/png;base64,AA\"}",
            "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"A+/=\",\"format\":\"wav\"}}",
            "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"A+\\/=\"},"
                + "\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"5m\"}}",
            "{\"type\":\"file\",\"file\":{\"filename\":\"a.pdf\",\"file_data\":\"AAAA\"}}",
            "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\","
                + "\"data\":\"AA\"}}",
            "{\"type\":\"video_url\",\"video_url\":{\"url\":\"data:,AA\",\"fps\":2}}")) {
      assertThat(scan(PARTS + part + "]}]}").hasRemoteMedia()).as(part).isFalse();
    }
  }

  @Test
  void whatIsNotClearlyInTheRequestIsRemote() {
    for (String part :
        List.of(
            "{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://169.254.169.254/\"}}",
            "{\"type\":\"image_url\",\"image_url\":\"https://x.example/a.png\"}",
            "{\"type\":\"image_url\",\"image_url\":{\"url\":\"file:///etc/passwd\"}}",
            "{\"type\":\"image_url\",\"image_url\":{\"url\":\"\\u0064ata:image/png\"}}",
            "{\"type\":\"image_url\",\"image_url\":{}}",
            "{\"type\":\"image_url\"}",
            "{\"type\":\"image\",\"image\":\"AAAA\"}",
            "{\"Image_URL\":\"http://x.example/\"}",
            "{\"type\":\"audio_url\",\"audio_url\":{\"url\":\"//x\"}}",
            "{\"type\":\"video_url\",\"video_url\":[\"http://x.example/\"]}",
            "{\"type\":\"file\",\"file\":{\"file_id\":\"file-1\"}}",
            "{\"type\":\"file\",\"file\":{\"file_data\":\"http://x.example/\"}}",
            "{\"type\":\"file\",\"file\":{\"file_data\":\"\\u0068ttp\"}}",
            "{\"type\":\"file\",\"file\":{\"file_data\":\"AAAA\",\"file_url\":\"http://x\"}}",
            "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"x.example\"}}",
            "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:,\"},"
                + "\"video_url\":\"http://x\"}",
            "{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://x\"}}")) {
      String inline = "{\"type\":\"image_url\",\"image_url\":\"data:image/png;base64,AA\"}";
      assertThat(scan(PARTS + part + "]}]}").hasRemoteMedia()).as(part).isTrue();
      assertThat(scan(PARTS + part + "," + inline + "]}]}").hasRemoteMedia()).as(part).isTrue();
    }
  }

  @Test
  void toolsAreFunctions() {
    for (String tools :
        List.of(
            "null",
            "[]",
            "[{}]",
            "{}",
            "[1]",
            "[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"type\":\"x\"}}]",
            "[{\"type\":\"f\\u0075nction\"},{\"type\":null}]")) {
      assertThat(scan(with("\"tools\":" + tools)).model()).as(tools).isEqualTo("m");
    }
    for (String tool :
        List.of(
            "{\"type\":\"web_search\"}",
            "{\"type\":\"openrouter:web_search\",\"function\":{}}",
            "{\"type\":\"function\",\"type\":\"code_interpreter\"}",
            "{\"type\":\"code_interpreter\",\"type\":\"function\"}",
            "{\"Type\":\"web_search\"}",
            "{\"typ\\u0065\":\"mcp\"}",
            "{\"type\":\"Function\"}",
            "{\"type\":7}")) {
      Refusal refusal = refusal(with("\"tools\":[{\"type\":\"function\"}," + tool + "]"));
      assertThat(refusal.error()).as(tool).isEqualTo(ApiError.UNSUPPORTED_VALUE);
      assertThat(refusal.param()).isEqualTo("tools[1].type");
    }
  }

  @Test
  void choiceOfAToolNamesAFunction() {
    for (String choice :
        List.of(
            "null",
            "\"auto\"",
            "{}",
            "{\"type\":\"function\",\"function\":{\"name\":\"f\"}}",
            "{\"type\":\"auto\"}")) {
      assertThat(scan(with("\"tool_choice\":" + choice)).model()).as(choice).isEqualTo("m");
    }
    Refusal refusal = refusal(with("\"tool_choice\":{\"type\":\"web_search_preview\"}"));
    assertThat(refusal.error()).isEqualTo(ApiError.UNSUPPORTED_VALUE);
    assertThat(refusal.param()).isEqualTo("tool_choice.type");
  }
}
