package com.runspace.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.testkit.Chunks;
import com.runspace.testkit.Ending;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.ResponseHead;
import com.runspace.testkit.Script;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a provider streams reaches the caller byte for byte, apart from what is ours. */
class RelayBytesTest extends EndToEnd {
  private static final String DONE = "data: [DONE]";
  private static final String FINISH = CHUNKS.finishWithUsage("stop", 3, 2);

  /** Everything the caller got after the head, and the id in it replaced by a fixed one. */
  private String relayed(Script script) {
    upstream.answers(script);
    RawClient client = client().send(stream(""));
    ResponseHead head = client.readHead();
    assertThat(head.status()).isEqualTo(200);
    String body = client.readBody(SOON).utf8();
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    return body.replace(ours(head.header("x-request-id")).id(), "OUR-ID");
  }

  private static String events(String... data) {
    StringBuilder all = new StringBuilder();
    for (String each : data) {
      all.append("data: ").append(each).append("\n\n");
    }
    return all.append(DONE).append("\n\n").toString();
  }

  private static String ending() {
    Chunks ours = new Chunks("OUR-ID", "m");
    return with(ours.finish("stop"), usage(3, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ \"choices\" :\t[ {\"index\":0,\"delta\":{\"content\":\"a\"}} ] , \"id\" : %I%\t,"
            + " \"model\":%M% , \"created\" : 1 }",
        "{\"id\":%I%,\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\u00e9\\ud83d\\uDE00\\/"
            + " é😀\\b\"},\"logprobs\":null,\"finish_reason\":null}],\"model\":%M%}",
        "{\"x_new\":{\"id\":\"keep\",\"model\":\"keep\",\"usage\":{\"n\":[1,2.50,-0e1,1E+9]}},"
            + "\"id\":%I%,\"model\":%M%,\"choices\":[{\"index\":0,\"id\":\"keep\",\"delta\":"
            + "{\"model\":\"keep\",\"usage\":7,\"content\":\"data: [DONE]\"}}]}",
        "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\","
            + "\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"id\\\":"
            + "\\\"x\\\"\"}}]},\"finish_reason\":null}],\"id\":%I%}",
        "{\"model\":%M%,\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\","
            + "\"reasoning\":\"hm\"}}],\"system_fingerprint\":null,\"empty\":{},\"none\":[]}",
        "{\"choices\":[],\"prompt_filter_results\":[{\"prompt_index\":0}],\"id\":%I%}",
        "{\"i\\u0064\":%I%,\"choices\":[{\"delta\":{\"content\":\"x\"}}]}",
      })
  void everythingButIdAndModelStays(String chunk) {
    String theirs = chunk.replace("%I%", "\"chatcmpl-1\"").replace("%M%", "\"a\\/b \\u0041\"");
    String ours = chunk.replace("%I%", "\"OUR-ID\"").replace("%M%", "\"m\"");
    assertThat(relayed(Script.sse().event(theirs).event(FINISH).done()))
        .isEqualTo(events(ours, ending()));
  }

  @Test
  void toolDeltasStay() {
    Chunks ours = new Chunks("OUR-ID", "m");
    Script script =
        Script.sse()
            .event(CHUNKS.role())
            .event(CHUNKS.tool(0, "call_a", "look_up"))
            .event(CHUNKS.toolArguments(0, "{\"q\": \"Ü"))
            .event(CHUNKS.tool(1, "call_b", "look_up"))
            .event(CHUNKS.toolArguments(1, "\\u00e9\"}"))
            .event(CHUNKS.finishWithUsage("tool_calls", 3, 2));
    assertThat(relayed(script.done()))
        .isEqualTo(
            events(
                ours.role(),
                ours.tool(0, "call_a", "look_up"),
                ours.toolArguments(0, "{\"q\": \"Ü"),
                ours.tool(1, "call_b", "look_up"),
                ours.toolArguments(1, "\\u00e9\"}"),
                with(ours.finish("tool_calls"), usage(3, 2))));
  }

  @Test
  void commentsIdsNamesAndRetryHintsOfTheProviderAreDropped() {
    Chunks ours = new Chunks("OUR-ID", "m");
    Script script =
        Script.sse()
            .comment("OPENROUTER PROCESSING")
            .text("retry: 10\n\n")
            .text("event: ping\n\n")
            .text("id: 7\nevent: chunk\nretry: 5\n: hush\ndata:" + CHUNKS.content("a") + "\n\n")
            .text("unknown: line\ndata: " + FINISH + "\n\n");
    assertThat(relayed(script.done())).isEqualTo(events(ours.content("a"), ending()));
  }

  @Test
  void dataOverSeveralLinesLeaveInOne() {
    String theirs = "{\"id\":\"1\",\ndata: \"choices\":\ndata:[]}";
    assertThat(relayed(Script.sse().text("data: " + theirs + "\n\n").event(FINISH).done()))
        .isEqualTo(events("{\"id\":\"OUR-ID\", \"choices\": []}", ending()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r\n", "\r", "\n"})
  void anyLineEndWillDo(String end) {
    String text = "data: " + CHUNKS.content("a") + end + end + "data: " + FINISH + end + end;
    Chunks ours = new Chunks("OUR-ID", "m");
    assertThat(relayed(Script.sse().text(text).text("data: [DONE]" + end + end).end()))
        .isEqualTo(events(ours.content("a"), ending()));
  }

  @Test
  void singleBytesAndSplitCharactersMakeWholeEvents() {
    Chunks ours = new Chunks("OUR-ID", "m");
    Script script = Script.sse().byteByByte().event(CHUNKS.content("ü😀")).event(FINISH);
    assertThat(relayed(script.done())).isEqualTo(events(ours.content("ü😀"), ending()));
  }

  @Test
  void anEventMayBeSplitAnywhere() {
    Chunks ours = new Chunks("OUR-ID", "m");
    String expected = events(ours.content("ü😀"), ending());
    String text = "data: " + CHUNKS.content("ü😀") + "\n\ndata: " + FINISH + "\n\n";
    byte[] all = (text + "data: [DONE]\r\n\r\n").getBytes(StandardCharsets.UTF_8);
    for (int i = 1; i < all.length; i += 5) {
      byte[] first = Arrays.copyOf(all, i);
      byte[] second = Arrays.copyOfRange(all, i, all.length);
      assertThat(relayed(Script.sse().text(first).text(second).end())).isEqualTo(expected);
    }
  }

  @Test
  void bodyThatEndsWithTheConnectionIsAsGood() {
    Chunks ours = new Chunks("OUR-ID", "m");
    Script script = Script.status(200).header("content-type", "text/event-stream").untilClose();
    assertThat(relayed(script.event(CHUNKS.content("a")).event(FINISH).done()))
        .isEqualTo(events(ours.content("a"), ending()));
  }

  @Test
  void largeEventsAndManyEventsArriveWholeAndInOrder() {
    Chunks ours = new Chunks("OUR-ID", "m");
    String large = "0123456789abcdef".repeat(1 << 16);
    Script script = Script.sse().event(CHUNKS.content(large));
    String[] expected = new String[202];
    expected[0] = ours.content(large);
    for (int i = 1; i <= 200; i++) {
      script = script.event(CHUNKS.content("n" + i));
      expected[i] = ours.content("n" + i);
    }
    expected[201] = ending();
    assertThat(relayed(script.event(FINISH).done())).isEqualTo(events(expected));
  }

  @Test
  void headSaysWhatItIsAndNothingOfTheProvider() {
    upstream.answers(
        Script.status(200)
            .header("server", "provider")
            .header("set-cookie", "a=b")
            .header("x-request-id", "theirs")
            .header("x-ratelimit-limit-requests", "7")
            .header("openai-organization", "org")
            .header("content-type", "text/event-stream")
            .chunked()
            .event(FINISH)
            .done());
    RawClient client = client().send(stream(""));
    ResponseHead head = client.readHead();
    assertThat(head.headers().names())
        .containsExactlyInAnyOrder(
            "x-request-id",
            "openai-version",
            "openai-processing-ms",
            "content-type",
            "cache-control",
            "x-accel-buffering",
            "transfer-encoding");
    assertThat(head.header("content-type")).isEqualTo("text/event-stream; charset=utf-8");
    assertThat(head.header("cache-control")).isEqualTo("no-cache");
    assertThat(head.header("x-accel-buffering")).isEqualTo("no");
    assertThat(head.header("x-request-id")).matches("req_[0-9a-f]{32}");
    assertThat(client.readEvents(SOON)).hasSize(2);
  }

  @Test
  void bothConnectionsServeTheNextCall() {
    upstream.answersEach(_ -> Script.sse().event(CHUNKS.content("a")).event(FINISH).done());
    RawClient client = client();
    for (int i = 0; i < 5; i++) {
      client.send(stream("")).readHead();
      List<String> events = client.readEvents(SOON);
      assertThat(events).hasSize(3).last().isEqualTo(DONE);
      assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    }
    assertThat(upstream.connections()).isEqualTo(1);
    assertThat(upstream.openConnections()).isEqualTo(1);
  }
}
