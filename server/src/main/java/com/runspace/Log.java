package com.runspace;

import com.runspace.base.JsonText;
import com.runspace.config.Edge;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/**
 * The log: one line an entry, in UTC. Whoever logs only puts the entry into a queue; a thread of
 * its own writes, since whoever reads the other end of stderr may be slow, and an event loop must
 * not wait for it. When the queue is full, entries are dropped and counted.
 */
final class Log extends Handler {
  /** Facts that know how to stand in a line; given as the only parameter of an entry. */
  interface Facts {
    /** Names and values, in order; a value is a text or a number. */
    Map<String, Object> members();
  }

  /**
   * Keeps the log alive while the service drains: Java's own manager closes it as soon as the
   * process is asked to stop.
   */
  public static final class Kept extends LogManager {
    @Override
    public void reset() {
      // There is nothing that has to be closed.
    }
  }

  private static final int QUEUE = 8_192;
  private static final int BATCH = 256;
  private static final long FLUSH_MILLIS = 1_000;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final Map<String, Level> LEVELS =
      Map.of(
          "error", Level.SEVERE,
          "warning", Level.WARNING,
          "info", Level.INFO,
          "debug", Level.FINE,
          "trace", Level.FINER);

  private static final LongAdder LOST = new LongAdder();

  private final BlockingQueue<LogRecord> queue = new ArrayBlockingQueue<>(QUEUE);
  private final AtomicLong dropped = new AtomicLong();
  private final OutputStream out;
  private final boolean json;

  Log(OutputStream out, boolean json) {
    this.out = out;
    this.json = json;
    Thread writer = new Thread(this::write, "log");
    writer.setDaemon(true);
    writer.start();
  }

  /** Sends everything that this process logs there, in the place of what was there before. */
  static Log install(OutputStream out, Edge.Log settings) {
    Log log = new Log(out, settings.json());
    Logger root = Logger.getLogger("");
    for (Handler before : root.getHandlers()) {
      root.removeHandler(before);
    }
    root.addHandler(log);
    root.setLevel(LEVELS.getOrDefault(settings.level(), Level.INFO));
    return log;
  }

  @Override
  public void publish(LogRecord entry) {
    if (isLoggable(entry) && !queue.offer(entry)) {
      dropped.incrementAndGet();
      LOST.increment();
    }
  }

  /** Entries that were dropped since the process began. */
  static long lost() {
    return LOST.sum();
  }

  /** An entry that says nothing: whoever waits for it knows that all before it was written. */
  private static final class Mark extends LogRecord {
    private static final long serialVersionUID = 1L;
    private final transient CountDownLatch written = new CountDownLatch(1);

    Mark() {
      super(Level.OFF, "");
    }
  }

  /** Waits until what was logged is written, but not for long. */
  @Override
  public void flush() {
    Mark mark = new Mark();
    try {
      if (queue.offer(mark, FLUSH_MILLIS, TimeUnit.MILLISECONDS)) {
        var _ = mark.written.await(FLUSH_MILLIS, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    flush();
  }

  private void write() {
    List<LogRecord> batch = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    while (true) {
      try {
        batch.add(queue.take());
        queue.drainTo(batch, BATCH - 1);
        batch.stream().filter(entry -> !(entry instanceof Mark)).forEach(e -> line(lines, e));
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
          LogRecord told = new LogRecord(Level.WARNING, lost + " entries were dropped");
          told.setLoggerName(Log.class.getName());
          line(lines, told);
        }
        out.write(lines.toString().getBytes(StandardCharsets.UTF_8));
        out.flush();
      } catch (Exception unwritable) {
        // There is nowhere left to say it.
      }
      for (LogRecord entry : batch) {
        if (entry instanceof Mark mark) {
          mark.written.countDown();
        }
      }
      batch.clear();
      lines.setLength(0);
    }
  }

  private void line(StringBuilder lines, LogRecord entry) {
    if (json) {
      json(lines, entry);
    } else {
      plain(lines, entry);
    }
  }

  private static String level(LogRecord entry) {
    int level = entry.getLevel().intValue();
    if (level >= Level.SEVERE.intValue()) {
      return "error";
    }
    if (level >= Level.WARNING.intValue()) {
      return "warning";
    }
    return level >= Level.INFO.intValue() ? "info" : "debug";
  }

  private static String message(LogRecord entry) {
    String message = String.valueOf(entry.getMessage());
    Object[] parameters = entry.getParameters();
    if (parameters == null || parameters.length == 0 || parameters[0] instanceof Facts) {
      return message;
    }
    try {
      return MessageFormat.format(message, parameters);
    } catch (IllegalArgumentException noPattern) {
      return message;
    }
  }

  private static Map<String, Object> facts(LogRecord entry) {
    Object[] parameters = entry.getParameters();
    return parameters != null && parameters.length == 1 && parameters[0] instanceof Facts facts
        ? facts.members()
        : Map.of();
  }

  private static String trace(Throwable thrown) {
    StringWriter text = new StringWriter();
    // The one way to have a trace as text; nothing goes to the console.
    PrintWriter printer = new PrintWriter(text);
    Throwable cause = thrown;
    for (String before = ""; cause != null; before = "caused by ") {
      printer.println(before + cause);
      for (StackTraceElement frame : cause.getStackTrace()) {
        printer.println("  at " + frame);
      }
      cause = cause.getCause();
    }
    return text.toString();
  }

  private static void plain(StringBuilder lines, LogRecord entry) {
    TIME.formatTo(Instant.ofEpochMilli(entry.getMillis()), lines);
    lines.append(' ').append(level(entry)).append(' ');
    lines.append(entry.getLoggerName()).append(": ");
    clean(lines, message(entry));
    facts(entry)
        .forEach((name, value) -> {
          lines.append(' ').append(name).append('=');
          String text = String.valueOf(value);
          if (text.isEmpty() || text.indexOf(' ') >= 0 || text.indexOf('"') >= 0) {
            clean(lines, JsonText.quote(text));
          } else {
            clean(lines, text);
          }
        });
    lines.append('\n');
    if (entry.getThrown() != null) {
      trace(entry.getThrown())
          .lines()
          .filter(line -> !line.isEmpty())
          .forEach(line -> {
            lines.append("  ");
            clean(lines, line);
            lines.append('\n');
          });
    }
  }

  private static void json(StringBuilder lines, LogRecord entry) {
    lines.append("{\"ts\":\"");
    TIME.formatTo(Instant.ofEpochMilli(entry.getMillis()), lines);
    lines.append("Z\",\"level\":\"").append(level(entry)).append("\",\"logger\":");
    member(lines, String.valueOf(entry.getLoggerName()));
    lines.append(",\"message\":");
    member(lines, message(entry));
    facts(entry)
        .forEach((name, value) -> {
          member(lines.append(','), name);
          lines.append(':');
          if (value instanceof Number || value instanceof Boolean) {
            lines.append(value);
          } else {
            member(lines, String.valueOf(value));
          }
        });
    if (entry.getThrown() != null) {
      member(lines.append(",\"exception\":"), trace(entry.getThrown()));
    }
    lines.append("}\n");
  }

  private static void member(StringBuilder lines, String text) {
    clean(lines, JsonText.quote(text));
  }

  /**
   * Appends a text so that it stays one line and looks like what it is: characters that break
   * lines, move the cursor or turn the direction of writing are written as their numbers.
   */
  private static void clean(StringBuilder lines, String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int type = Character.getType(c);
      if (type == Character.CONTROL
          || type == Character.FORMAT
          || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) {
        lines.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        lines.append(c);
      }
    }
  }
}
