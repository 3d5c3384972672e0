package com.runspace.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SseScannerTest {
  private record Event(String data, boolean isError, boolean isDone) {}

  private static Event data(String data) {
    return new Event(data, false, false);
  }

  private static final Event DONE = new Event("[DONE]", false, true);

  /** Hands the bytes over in pieces that end at the given places. */
  private static List<Event> events(byte[] stream, int... cuts) {
    SseScanner scanner = new SseScanner();
    List<Event> events = new ArrayList<>();
    int from = 0;
    for (int i = 0; i <= cuts.length; i++) {
      int to = i < cuts.length ? cuts[i] : stream.length;
      fill(scanner, stream, from, to);
      drain(scanner, events);
      from = to;
    }
    scanner.end();
    drain(scanner, events);
    assertThat(scanner.next()).isFalse();
    return events;
  }

  private static void fill(SseScanner scanner, byte[] stream, int from, int to) {
    int at = scanner.room(to - from);
    System.arraycopy(stream, from, scanner.bytes(), at, to - from);
    scanner.filled(to - from);
  }

  private static void drain(SseScanner scanner, List<Event> events) {
    while (scanner.next()) {
      int length = scanner.dataTo() - scanner.dataFrom();
      String data = new String(scanner.bytes(), scanner.dataFrom(), length, UTF_8);
      events.add(new Event(data, scanner.isError(), scanner.isDone()));
    }
  }

  private static void assertEvents(String stream, Event... expected) {
    for (String end : List.of("\n", "\r\n", "\r")) {
      byte[] bytes = stream.replace("\n", end).getBytes(UTF_8);
      assertThat(events(bytes)).as(stream).containsExactly(expected);
      for (int i = 0; i <= bytes.length; i++) {
        for (int j = i; j <= bytes.length; j++) {
          assertThat(events(bytes, i, j))
              .as("%s cut at %d and %d", stream, i, j)
              .containsExactly(expected);
        }
      }
      int[] everywhere = new int[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        everywhere[i] = i;
      }
      assertThat(events(bytes, everywhere)).as(stream).containsExactly(expected);
    }
  }

  @Test
  void eventsEndWithABlankLine() {
    assertEvents(
        "data: {\"a\":1}\n\ndata: é\n\ndata: [DONE]\n\n", data("{\"a\":1}"), data("é"), DONE);
    assertEvents("\n\n\ndata: a\n\n\n\ndata: b\n\n", data("a"), data("b"));
    assertEvents("");
    assertEvents("\n");
  }

  @Test
  void oneSpaceBehindTheColonIsLeftOut() {
    assertEvents(
        "data:a\n\ndata:  b \n\ndata:\n\ndata\n\n", data("a"), data(" b "), data(""), data(""));
  }

  @Test
  void otherFieldsAreDropped() {
    assertEvents(
        """
        : hi

        id: 1
        data: a
        retry: 5

        id: 2

        event: ping

        :
        datax: b
        DATA: c
        :data: d

        """,
        data("a"));
    assertEvents(" data: a\n\n");
    assertEvents("data: a\n: between\ndata: b\n\n", data("a b"));
  }

  @Test
  void linesOfDataAreJoinedByASpace() {
    assertEvents(
        "data: {\ndata:  \"a\":1\ndata\ndata: }\n\ndata: b\n\n", data("{  \"a\":1  }"), data("b"));
  }

  @Test
  void errorIsTheNameOfOneEventOnly() {
    assertEvents(
        """
        event: error
        data: a

        data: b

        event: error

        data: c

        data: d
        event:error

        event: error
        event: message
        data: e

        event: errors
        data: f

        """,
        new Event("a", true, false),
        data("b"),
        data("c"),
        new Event("d", true, false),
        data("e"),
        data("f"));
  }

  @Test
  void theEndOfTheStreamEndsTheLastEvent() {
    assertEvents("data: a\n\ndata: [DONE]\n", data("a"), DONE);
    assertEvents("data: a\n\ndata: b", data("a"), data("b"));
    assertEvents("data: a\n\n: c", data("a"));
    assertEvents("data: a\nevent: error", new Event("a", true, false));
  }

  @Test
  void aByteOrderMarkIsPassedOver() {
    assertEvents("\ufeffdata: a\n\ndata: b\n\n", data("a"), data("b"));
    assertEvents("\ufeff\ndata: a\n\n", data("a"));
    assertEvents("data: a\n\n\ufeffdata: b\n\n", data("a"));
  }

  @Test
  void randomStreamsReadAsByTheStandardHoweverTheyAreCut() {
    List<String> lines =
        List.of(
            "data: a",
            "data:b",
            "data",
            "data: ",
            "data:  x",
            ": c",
            "event: error",
            "event: x",
            "event",
            "id: 1",
            "foo: bar",
            "datax: y",
            "data: é😀",
            "data: [DONE]",
            "",
            "",
            "",
            ":");
    long seed = 31;
    Random random = new Random(seed);
    for (int run = 0; run < 3_000; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(14); i >= 0; i--) {
        text.append(lines.get(random.nextInt(lines.size())));
        text.append(List.of("\n", "\r\n", "\r").get(random.nextInt(3)));
      }
      text.setLength(text.length() - random.nextInt(2));
      byte[] bytes = text.toString().getBytes(UTF_8);
      int[] cuts = random.ints(random.nextInt(9), 0, bytes.length + 1).sorted().toArray();
      assertThat(events(bytes, cuts))
          .as("seed %d, run %d: %s", seed, run, text)
          .isEqualTo(byTheStandard(text.toString()));
    }
  }

  /** The interpretation of the WHATWG standard, but for the joint and the end, on whole text. */
  private static List<Event> byTheStandard(String text) {
    List<Event> events = new ArrayList<>();
    List<String> data = new ArrayList<>();
    String name = "";
    for (String line : (text + "\n\n").split("\r\n|\r|\n", -1)) {
      int colon = line.indexOf(':');
      String field = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1).replaceFirst("^ ", "");
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          String joined = String.join(" ", data);
          events.add(new Event(joined, name.equals("error"), joined.startsWith("[DONE]")));
        }
        data.clear();
        name = "";
      } else if (field.equals("data")) {
        data.add(value);
      } else if (field.equals("event")) {
        name = value;
      }
    }
    return events;
  }

  @Test
  void theBufferGrowsForALongEventAndNotWithTheStream() {
    String large = "x".repeat(100_000);
    byte[] stream = ("data: " + large + "\n\ndata: b\n\n").getBytes(UTF_8);
    int[] cuts = new int[stream.length / 1_000];
    for (int i = 0; i < cuts.length; i++) {
      cuts[i] = i * 1_000;
    }
    assertThat(events(stream, cuts)).containsExactly(data(large), data("b"));
    SseScanner scanner = new SseScanner();
    byte[] piece = "data: 0123456789\n\ndata: 01".getBytes(UTF_8);
    byte[] rest = "2\n\n".getBytes(UTF_8);
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      fill(scanner, piece, 0, piece.length);
      drain(scanner, events);
      assertThat(scanner.waiting()).isEqualTo("data: 01".length());
      fill(scanner, rest, 0, rest.length);
      drain(scanner, events);
      assertThat(events).containsExactly(data("0123456789"), data("012"));
      events.clear();
      assertThat(scanner.waiting()).isZero();
    }
    assertThat(scanner.bytes().length).isLessThanOrEqualTo(4_096);
  }
}
