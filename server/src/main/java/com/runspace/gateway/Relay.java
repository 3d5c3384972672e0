package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.journal.Settlement.Ended;
import com.runspace.upstream.Sent;
import com.runspace.wire.AnswerEdit;
import com.runspace.wire.AnswerRepair;
import com.runspace.wire.AnswerScan;
import com.runspace.wire.ApiError;
import com.runspace.wire.ByteJoiner;
import com.runspace.wire.ChatRequest;
import com.runspace.wire.JsonReader;
import com.runspace.wire.Refusal;
import com.runspace.wire.SseScanner;
import com.runspace.wire.Usage;
import io.vertx.core.buffer.Buffer;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Passes a streamed answer on, event by event.
 *
 * <p>Events that arrive in one turn of the event loop leave in one write. Only one event ever
 * waits: the one that finishes the last open choice, until the usage is known, so that the usage
 * can stand in it. Many clients read usage nowhere else. The call is settled, and the record of it
 * safe, before that event leaves.
 */
final class Relay {
  private static final byte[] DATA = "data: ".getBytes(US_ASCII);
  private static final byte[] NONE = {};
  private static final byte[] END = "\n\n".getBytes(US_ASCII);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(US_ASCII);
  private static final long USAGE_WAIT_NANOS = 1_000_000_000L;

  private final ChatCall call;
  private final int choices;
  private final boolean includeUsage;
  private final Loop loop;
  private final Sink sink;
  private final Sent sent;
  private final Meter meter;
  private final AnswerEdit edit;
  private final @Nullable AnswerRepair repair;
  private final SseScanner in = new SseScanner();
  private final ByteJoiner out = new ByteJoiner(512);

  // The event at hand: in the scanner's bytes, or in those of the repair.
  private byte[] event = NONE;
  private int from;
  private int to;
  private boolean flushAsked;
  private boolean paused;
  private boolean over;
  private long seen;
  private long finished;
  private byte @Nullable [] held;
  private long heldSinceNanos;
  private byte[] created = {'0'};
  private boolean usageSent;

  Relay(
      ChatCall call,
      ChatRequest request,
      Loop loop,
      Sink sink,
      Sent sent,
      Meter meter,
      AnswerEdit edit,
      @Nullable AnswerRepair repair) {
    this.call = call;
    this.choices = request.choices();
    this.includeUsage = request.includeUsage();
    this.loop = loop;
    this.sink = sink;
    this.sent = sent;
    this.meter = meter;
    this.edit = edit;
    this.repair = repair;
  }

  /**
   * Whether an answer of this type is surely no stream, so that it can still be refused with a
   * status. Some providers give their streams an odd type, or none.
   */
  static boolean isNoStream(String contentType) {
    String type = contentType.toLowerCase(Locale.ROOT);
    return type.startsWith("application/json") || type.startsWith("text/html");
  }

  /** More of the provider's stream. */
  void bytes(Buffer bytes) {
    if (over) {
      return;
    }
    int length = bytes.length();
    int at = in.room(length);
    bytes.getBytes(0, length, in.bytes(), at);
    in.filled(length);
    events();
    event = NONE;
    in.release();
    if (!over && in.waiting() > SseScanner.EVENT_BYTES_MAX) {
      broken("The provider sent an event that is too large.");
    }
  }

  private void events() {
    try {
      while (!over && in.next()) {
        event();
      }
    } catch (JsonReader.Fault fault) {
      broken("The provider sent an event that is not a chat completion chunk.");
    }
  }

  private void event() {
    if (in.isDone()) {
      complete();
      return;
    }
    if (in.dataFrom() == in.dataTo()) {
      // Some providers keep the connection alive with empty events.
      return;
    }
    event = in.bytes();
    from = in.dataFrom();
    to = in.dataTo();
    if (repair != null && repair.chunk(event, from, to)) {
      event = repair.repaired().array();
      from = 0;
      to = repair.repaired().length();
    }
    AnswerScan scan = loop.scan();
    scan.scan(event, from, to);
    if (in.isError() || scan.hasError()) {
      broken("The provider broke off the answer.");
      return;
    }
    meter.passed(scan.textBytes());
    boolean reports = scan.usage() != null;
    if (scan.usage() != null) {
      meter.report(scan.usage());
    }
    if (scan.isCutByLength()) {
      meter.cutByLength();
    }
    if (scan.choiceCount() > 0 || !reports) {
      choices(scan, reports);
    } else if (hasFinished()) {
      // The provider's own usage chunk: ours takes its place, if the caller wants one. One that
      // comes before the finish only counts, since a later one may say more.
      sendUsage(false);
    }
  }

  private void choices(AnswerScan scan, boolean reports) {
    if (seen == 0 && scan.created() != null) {
      created = scan.created();
    }
    seen |= scan.seenChoices();
    finished |= scan.finishedChoices();
    boolean last = scan.finishedChoices() != 0 && hasFinished();
    byte[] earlier = held;
    if (earlier != null && scan.choiceCount() > 0) {
      if (reports && scan.finishedChoices() == 0 && scan.textBytes() == 0) {
        // OpenRouter's usage comes with a choice in which nothing is new.
        sendUsage(true);
        return;
      }
      // It was not the last one after all.
      held = null;
      send(earlier, null);
      scan.scan(event, from, to);
    }
    if (last && !usageSent) {
      held = Arrays.copyOfRange(event, from, to);
      heldSinceNanos = loop.watch().now();
      if (reports) {
        sendUsage(false);
      }
    } else {
      put(scan, from, to, null);
    }
  }

  /** Whether every choice that was asked for, and every one that began, has finished. */
  private boolean hasFinished() {
    return finished == seen && Long.bitCount(finished) >= choices;
  }

  /**
   * Settles the call and sends what waited for that.
   *
   * @param eventToo whether the event at hand follows what waited
   */
  private void sendUsage(boolean eventToo) {
    if (usageSent) {
      return;
    }
    usageSent = true;
    Usage usage = call.settle(Ended.COMPLETE, false);
    byte[] json = meter.usageJson(usage);
    byte[] last = held;
    held = null;
    if (last != null) {
      send(last, json);
    }
    if (eventToo) {
      AnswerScan scan = loop.scan();
      scan.scan(event, from, to);
      put(scan, from, to, null);
    }
    if (last == null || includeUsage) {
      sendUsageChunk(json);
    }
  }

  private void sendUsageChunk(byte[] usage) {
    out.append(DATA);
    out.append("{\"id\":".getBytes(US_ASCII));
    out.append(edit.id());
    out.append(",\"object\":\"chat.completion.chunk\",\"created\":".getBytes(US_ASCII));
    out.append(created);
    out.append(",\"model\":".getBytes(US_ASCII));
    out.append(edit.model());
    out.append(",\"choices\":[],\"usage\":".getBytes(US_ASCII));
    out.append(usage);
    out.append("}".getBytes(US_ASCII));
    out.append(END);
    askFlush();
  }

  private void send(byte[] earlier, byte @Nullable [] usage) {
    AnswerScan scan = loop.scan();
    scan.scan(earlier, 0, earlier.length);
    put(scan, 0, earlier.length, usage);
  }

  private void put(AnswerScan scan, int start, int end, byte @Nullable [] usage) {
    out.append(DATA);
    edit.append(out, scan, start, end, usage);
    out.append(END);
    askFlush();
  }

  private void askFlush() {
    if (!flushAsked) {
      flushAsked = true;
      loop.turn().whenRecorded(this::flush);
    }
  }

  private void flush() {
    flushAsked = false;
    if (out.length() > 0) {
      sink.write(out);
      out.clear();
      call.wrote();
    }
    if (over) {
      sink.end();
      return;
    }
    if (!paused && sink.isFull()) {
      paused = true;
      sent.pause();
      sink.onRoom(this::resume);
    }
  }

  private void resume() {
    paused = false;
    call.heard();
    sent.resume();
  }

  boolean isPaused() {
    return paused;
  }

  /** The provider's HTTP answer ended, with or without the end mark. */
  void end() {
    if (over) {
      return;
    }
    in.end();
    events();
    if (!over) {
      broken("The provider ended the answer too early.");
    }
  }

  /** The answer is whole. */
  private void complete() {
    sendUsage(false);
    out.append(DONE);
    over = true;
    askFlush();
    call.answered();
  }

  /** The stream cannot go on. What every client understands is an error event and no end mark. */
  void broken(String message) {
    broken(Refusal.of(ApiError.UPSTREAM_BROKEN, message), Ended.UPSTREAM_FAILED);
  }

  void broken(Refusal refusal, Ended ended) {
    if (over) {
      return;
    }
    if (held != null || usageSent) {
      // All of the answer has come; only the end mark is missing.
      complete();
      return;
    }
    call.settle(ended, false);
    out.append(Refusals.event(refusal));
    over = true;
    askFlush();
    call.answered();
    // Whatever it goes on to send, nobody will hear it.
    sent.cancel();
  }

  /** The receiver has left; nothing more is sent. */
  void abandon() {
    over = true;
    out.clear();
  }

  void tick(long nowNanos) {
    if (held != null && nowNanos - heldSinceNanos >= USAGE_WAIT_NANOS) {
      sendUsage(false);
    }
  }
}
