package com.runspace.workshop;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one run of {@link Load} has to do.
 *
 * @param ports connections are spread evenly over them; without any, 8080
 * @param spread over which the connections are opened, so that streams do not march in step
 * @param ramp from the start to the counted window
 * @param pids whose CPU time and memory are read at the window's edges
 * @param keys a file with a key a line, each of which is used in its turn; null for one key, which
 *     is in the headers
 */
record LoadPlan(
    Mode mode,
    List<Integer> ports,
    List<String> headers,
    int connections,
    int ratePerSecond,
    int bodyBytes,
    int events,
    Duration spread,
    Duration ramp,
    Duration window,
    List<Long> pids,
    @Nullable Path keys) {

  /** How requests follow each other. */
  enum Mode {
    /** Plain answers; each connection asks again at once. */
    SATURATE,
    /** Plain answers; requests leave on a timetable, whatever the answers do. */
    RATE,
    /** Streams; each connection asks again when its stream has ended. */
    STREAM,
    /** Streams that outlast the window and are then cut. */
    HOLD;

    boolean streams() {
      return this == STREAM || this == HOLD;
    }
  }

  LoadPlan {
    ports = ports.isEmpty() ? List.of(8080) : List.copyOf(ports);
    headers = List.copyOf(headers);
    pids = List.copyOf(pids);
  }

  List<String> toArguments() {
    List<String> words = new ArrayList<>();
    words.addAll(List.of("--mode", mode.name().toLowerCase(Locale.ROOT)));
    ports.forEach(port -> words.addAll(List.of("--port", "" + port)));
    headers.forEach(header -> words.addAll(List.of("--header", header)));
    pids.forEach(pid -> words.addAll(List.of("--pid", "" + pid)));
    words.addAll(List.of("--connections", "" + connections, "--rate", "" + ratePerSecond));
    words.addAll(List.of("--body-bytes", "" + bodyBytes, "--events", "" + events));
    words.addAll(List.of("--spread-ms", "" + spread.toMillis(), "--ramp-ms", "" + ramp.toMillis()));
    words.addAll(List.of("--window-ms", "" + window.toMillis()));
    if (keys != null) {
      words.addAll(List.of("--keys", keys.toString()));
    }
    return words;
  }

  static LoadPlan fromArguments(String[] words) {
    Set<String> names =
        Set.of(
            "--mode",
            "--port",
            "--header",
            "--pid",
            "--connections",
            "--rate",
            "--body-bytes",
            "--events",
            "--spread-ms",
            "--ramp-ms",
            "--window-ms",
            "--keys");
    Arguments given = Arguments.parse(words, names, Set.of());
    String keys = given.text("--keys", "");
    return new LoadPlan(
        Mode.valueOf(given.text("--mode", "saturate").toUpperCase(Locale.ROOT)),
        given.all("--port").stream().map(Integer::valueOf).toList(),
        given.all("--header"),
        given.number("--connections", 64),
        given.number("--rate", 0),
        given.number("--body-bytes", 1024),
        given.number("--events", 100),
        Duration.ofMillis(given.number("--spread-ms", 0)),
        Duration.ofMillis(given.number("--ramp-ms", 3_000)),
        Duration.ofMillis(given.number("--window-ms", 10_000)),
        given.all("--pid").stream().map(Long::valueOf).toList(),
        keys.isEmpty() ? null : Path.of(keys));
  }

  /** The request, whole, with a conversation that fills the body to the wanted size. */
  byte[] request() {
    String start = "{\"model\":\"bench\"," + (mode.streams() ? "\"stream\":true," : "");
    StringBuilder body = new StringBuilder(start).append("\"messages\":[");
    body.append("{\"role\":\"system\",\"content\":\"You answer in one short sentence.\"}");
    String[] turns = {
      ",{\"role\":\"user\",\"content\":\"", ",{\"role\":\"assistant\",\"content\":\""
    };
    String end = "\"}]}";
    int turn = 0;
    int left = bodyBytes - body.length();
    while (left > 0) {
      int text = Math.max(0, Math.min(2_000, left - turns[turn].length() - end.length()));
      boolean last = left - turns[turn].length() - text < 200;
      if (last) {
        text = Math.max(0, left - turns[turn].length() - end.length());
      }
      body.append(turns[turn]).append(prose(text)).append(last ? end : "\"}");
      left = last ? 0 : bodyBytes - body.length();
      turn = 1 - turn;
    }
    StringBuilder head = new StringBuilder("POST /v1/chat/completions HTTP/1.1\r\n");
    head.append("host: 127.0.0.1:").append(ports.getFirst()).append("\r\n");
    headers.forEach(header -> head.append(header).append("\r\n"));
    head.append("content-type: application/json\r\n");
    head.append("content-length: ").append(body.length()).append("\r\n\r\n");
    return Bytes.of(head.append(body).toString());
  }

  /** Text with the line breaks and quotes that conversations have, escaped as JSON wants. */
  private static String prose(int length) {
    String sentence = "Tell me why the sky is \\\"blue\\\" at noon and red at dusk.\\n";
    String text = sentence.repeat(length / sentence.length());
    char[] rest = new char[length - text.length()];
    Arrays.fill(rest, 'x');
    return text + new String(rest);
  }
}
