package com.runspace.wire;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.hostile.StrictJson;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What holds for any bytes as a provider's event stream: where reads cut it makes no difference, an
 * event is JSON or a {@link JsonFault}, and what is spliced is JSON again, with our id and model.
 * Jazzer calls {@link #fuzzerTestOneInput} with bytes of its own making.
 */
public final class StreamFuzz {
  private static final byte[] ID = "\"chatcmpl-1\"".getBytes(UTF_8);
  private static final byte[] MODEL = "\"m\"".getBytes(UTF_8);
  private static final byte[] USAGE = "{\"prompt_tokens\":1}".getBytes(UTF_8);
  private static final AnswerEdit EDIT = new AnswerEdit(ID, MODEL);

  private record Event(String data, boolean error, boolean done) {}

  private StreamFuzz() {}

  /** Fails when something does not hold. The first byte says how the rest is cut into reads. */
  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length < 2) {
      return;
    }
    byte[] stream = Arrays.copyOfRange(data, 1, data.length);
    List<Event> whole = events(stream, stream.length);
    int size = 1 + (data[0] & 0x3f);
    if (!whole.equals(events(stream, size)) || !whole.equals(events(stream, 1))) {
      throw new AssertionError("cut into reads of 1 and " + size + " it is another stream");
    }
    for (Event event : whole) {
      byte[] json = event.data().getBytes(ISO_8859_1);
      spliced(json, null);
      spliced(json, USAGE);
    }
  }

  private static List<Event> events(byte[] stream, int size) {
    SseScanner scanner = new SseScanner();
    List<Event> events = new ArrayList<>();
    for (int from = 0; from < stream.length; from += size) {
      int count = Math.min(size, stream.length - from);
      int at = scanner.room(count);
      System.arraycopy(stream, from, scanner.bytes(), at, count);
      scanner.filled(count);
      drain(scanner, events);
    }
    scanner.end();
    drain(scanner, events);
    return events;
  }

  private static void drain(SseScanner scanner, List<Event> events) {
    while (scanner.next()) {
      int from = scanner.dataFrom();
      String data = new String(scanner.bytes(), from, scanner.dataTo() - from, ISO_8859_1);
      events.add(new Event(data, scanner.isError(), scanner.isDone()));
    }
  }

  private static void spliced(byte[] json, byte @Nullable [] usage) {
    AnswerScan scan = new AnswerScan();
    try {
      scan.scan(json, 0, json.length);
    } catch (JsonReader.Fault notAnAnswer) {
      return;
    }
    ByteJoiner out = new ByteJoiner(64);
    EDIT.append(out, scan, 0, json.length, usage);
    String text = new String(out.toByteArray(), UTF_8);
    StrictJson.Members read =
        StrictJson.object(out.toByteArray())
            .orElseThrow(() -> new AssertionError("not JSON: " + text));
    for (String name : List.of("id", "model")) {
      List<StrictJson.Value> values = read.values(name);
      String ours = name.equals("id") ? "chatcmpl-1" : "m";
      if (!values.isEmpty() && !values.getLast().equals(new StrictJson.Text(ours))) {
        throw new AssertionError(name + " is " + values);
      }
    }
    if (usage != null && read.values("usage").isEmpty()) {
      throw new AssertionError("the usage is missing: " + text);
    }
  }
}
