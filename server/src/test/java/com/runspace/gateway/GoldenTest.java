package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.runspace.RunningGateway;
import com.runspace.testkit.Ending;
import com.runspace.testkit.RawClient;
import com.runspace.testkit.ResponseHead;
import com.runspace.testkit.Script;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The habits of real providers, from their documents and from issues that others filed: what each
 * of them sends, and what the caller gets, byte by byte, however the bytes were cut on the way.
 *
 * <p>The files are in {@code golden}. In them <code>{{id}}</code> is the id of the call, <code>
 * {{cr}}</code> a carriage return, and <code>{{cut}}</code> with the line end behind it is nothing.
 */
class GoldenTest extends EndToEnd {
  private static final Path FOLDER = Path.of("src", "test", "resources", "golden");
  private static final Pattern PARTS =
      Pattern.compile("((?:# .*\n)+)--- provider\n(.*?)--- caller\n(.*)", Pattern.DOTALL);
  private static final String INCLUDE = ",\"stream_options\":{\"include_usage\":true}";
  private static final int CUTS = 40;

  static Stream<String> cases() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
      return names.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theCallerGets(String name) throws IOException {
    Matcher parts = PARTS.matcher(Files.readString(FOLDER.resolve(name)));
    assertThat(parts.matches()).as(name).isTrue();
    String repairs = said(parts.group(1), "repairs");
    String asked = said(parts.group(1), "asks").isEmpty() ? "" : INCLUDE;
    String expected = filledIn(parts.group(3));
    byte[] theirs = filledIn(parts.group(2)).getBytes(UTF_8);
    start(RunningGateway.before(upstream).routes("repairs: [" + repairs + "],"));
    assertThat(relayed(Script.sse().text(theirs), asked)).isEqualTo(expected);
    assertThat(relayed(Script.sse().byteByByte().text(theirs), asked)).isEqualTo(expected);
    Script single = Script.sse();
    for (byte b : theirs) {
      single = single.text(new byte[] {b});
    }
    assertThat(relayed(single, asked)).isEqualTo(expected);
    for (int at = 1; at < theirs.length; at += 1 + theirs.length / CUTS) {
      Script cut =
          Script.sse()
              .text(Arrays.copyOf(theirs, at))
              .text(Arrays.copyOfRange(theirs, at, theirs.length));
      assertThat(relayed(cut, asked)).as("cut at " + at).isEqualTo(expected);
    }
  }

  private static String said(String head, String name) {
    Matcher line = Pattern.compile("(?m)^# " + name + ": (.*)$").matcher(head);
    return line.find() ? line.group(1) : "";
  }

  private static String filledIn(String text) {
    return text.replace("{{cut}}\n", "").replace("{{cr}}", "\r");
  }

  private String relayed(Script script, String more) {
    upstream.answers(script.end());
    RawClient client = client().send(stream(more));
    ResponseHead head = client.readHead();
    assertThat(head.status()).isEqualTo(200);
    String body = client.readBody(SOON).utf8();
    assertThat(client.ending()).isEqualTo(Ending.COMPLETE);
    if (body.contains("event: error")) {
      callThatGoesWell();
    }
    return body.replace(ours(head.header("x-request-id")).id(), "{{id}}");
  }
}
