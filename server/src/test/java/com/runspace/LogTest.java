package com.runspace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

/** What an entry of the log looks like, and that nobody waits for it to be written. */
class LogTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private static LogRecord entry(String message, Object... parameters) {
    LogRecord entry = new LogRecord(Level.INFO, message);
    entry.setLoggerName("a.B");
    entry.setInstant(Instant.EPOCH);
    entry.setParameters(parameters);
    return entry;
  }

  private List<String> written(boolean json, LogRecord... entries) {
    Log log = new Log(out, json);
    for (LogRecord entry : entries) {
      log.publish(entry);
    }
    log.flush();
    return out.toString(UTF_8).lines().toList();
  }

  private static Log.Facts facts() {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("text", "two words");
    members.put("number", 7L);
    return () -> members;
  }

  @Test
  void plainEntryIsOneLine() {
    assertThat(written(false, entry("hello {0}", "there"), entry("call", facts())))
        .containsExactly(
            "1970-01-01T00:00:00.000 info a.B: hello there",
            "1970-01-01T00:00:00.000 info a.B: call text=\"two words\" number=7");
  }

  @Test
  void jsonEntryIsOneObject() {
    LogRecord failed = entry("it \"failed\"", facts());
    failed.setLevel(Level.SEVERE);
    failed.setThrown(new IllegalStateException("why\nnot", new RuntimeException("cause")));
    JsonObject json = new JsonObject(written(true, failed).getFirst());
    assertThat(json.getString("ts")).isEqualTo("1970-01-01T00:00:00.000Z");
    assertThat(json.getString("level")).isEqualTo("error");
    assertThat(json.getString("message")).isEqualTo("it \"failed\"");
    assertThat(json.getLong("number")).isEqualTo(7);
    assertThat(json.getString("exception")).contains("why\nnot", "caused by", "LogTest");
  }

  @Test
  void nothingInAnEntryCanPretendToBeAnother() {
    String evil = "a\n1970 error: b\r\u001b[2K\u202e\u2028\u0085c";
    List<String> plain = written(false, entry(evil), entry("{0}", evil));
    assertThat(plain)
        .containsOnly(
            "1970-01-01T00:00:00.000 info a.B: a\\u000a1970 error: b\\u000d\\u001b[2K\\u202e"
                + "\\u2028\\u0085c");
    out.reset();
    assertThat(written(true, entry(evil)))
        .singleElement()
        .satisfies(line -> assertThat(new JsonObject(line).getString("message")).isEqualTo(evil))
        .asString()
        .doesNotContain("\u202e", "\u001b");
  }

  @Test
  void traceOfAFaultIsIndented() {
    LogRecord failed = entry("failed");
    failed.setThrown(new IllegalStateException("why"));
    assertThat(written(false, failed)).element(1).asString().startsWith("  java.lang.Illegal");
  }

  @Test
  void readerWhoDoesNotReadHoldsNobodyUpAndIsToldWhatWasLost() {
    CountDownLatch gate = new CountDownLatch(1);
    OutputStream stuck =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new UnsupportedOperationException();
          }

          @Override
          public void write(byte[] bytes, int from, int length) {
            try {
              gate.await();
            } catch (InterruptedException stopped) {
              Thread.currentThread().interrupt();
            }
            out.write(bytes, from, length);
          }
        };
    Log log = new Log(stuck, false);
    long before = Log.lost();
    for (int i = 0; i < 20_000; i++) {
      log.publish(entry("entry"));
    }
    assertThat(Log.lost() - before).isBetween(11_000L, 12_000L);
    gate.countDown();
    log.flush();
    assertThat(out.toString(UTF_8)).contains("entries were dropped");
  }
}
