package com.runspace.mcp;

import static java.util.Objects.requireNonNullElse;

import com.runspace.base.Watch;
import com.runspace.gateway.Sink;
import com.runspace.wire.ByteJoiner;
import com.runspace.wire.Refusal;
import com.runspace.wire.SseScanner;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Deque;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Gathers a streamed answer into the result of a tool call. Whatever ends it, what has been said by
 * then is handed over: the tokens have been paid for.
 */
final class RunSink extends Watch.Watched implements Sink {
  /** Claude's hosted client gives a call 240 s and then nobody hears what was said. */
  static final long DEADLINE_SECONDS = 220;

  /** Clients cut results of about this size. */
  static final int CHARS_MAX = 100_000;

  private static final long SECOND = 1_000_000_000L;
  private static final long PROGRESS_NANOS = 5 * SECOND;

  private final Tool.Run run;
  private final Watch watch;
  private final Function<Refusal, String> words;
  private final long startedNanos;
  private final Deque<SseScanner> spare;
  private final StringBuilder text = new StringBuilder();
  private long reportedNanos;
  private long chunks;
  private boolean open;
  private boolean over;
  private String finish = "";
  private JsonObject usage = new JsonObject();
  private Runnable cancel = () -> {};

  /** Has the beginning of an event whose rest is still to come; else there is none. */
  private @Nullable SseScanner begun;

  /**
   * Gathers for a run.
   *
   * @param words say a refusal in plain language
   * @param spare scanners of this event loop that nobody uses; most calls wait, and hold none
   */
  RunSink(Tool.Run run, Watch watch, Function<Refusal, String> words, Deque<SseScanner> spare) {
    this.run = run;
    this.watch = watch;
    this.words = words;
    this.spare = spare;
    this.startedNanos = watch.now();
    this.reportedNanos = startedNanos;
  }

  @Override
  public void onGone(Runnable action) {
    cancel = action;
    watch.add(this);
    run.whenGone()
        .accept(() -> {
          over = true;
          watch.remove(this);
          action.run();
        });
  }

  @Override
  protected void tick(long nowNanos) {
    if (nowNanos - startedNanos > DEADLINE_SECONDS * SECOND) {
      stop("It was stopped here: a call may take " + DEADLINE_SECONDS + " s.");
    } else if (nowNanos - reportedNanos > PROGRESS_NANOS) {
      reportedNanos = nowNanos;
      run.progress().report(chunks, chunks + " tokens");
    }
  }

  /** Ends the call before its answer has ended. */
  private void stop(String why) {
    if (!over) {
      Runnable action = cancel;
      done(result(why));
      action.run();
    }
  }

  private void done(JsonObject result) {
    if (!over) {
      over = true;
      watch.remove(this);
      run.done().accept(result);
    }
  }

  private JsonObject result(String note) {
    JsonArray content = new JsonArray().add(Tool.block(text.toString()));
    if (!note.isEmpty()) {
      content.add(Tool.block("[" + note + "]"));
    }
    JsonObject result = new JsonObject().put("content", content);
    if (!usage.isEmpty()) {
      result.put("_meta", new JsonObject().put("com.run-space/usage", usage));
    }
    return result;
  }

  @Override
  public void forgetRequest() {
    // It goes with the call, and so does the memory that the message takes.
  }

  @Override
  public void open() {
    open = true;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void write(ByteJoiner bytes) {
    if (over) {
      return;
    }
    SseScanner events = begun;
    if (events == null) {
      events = spare.isEmpty() ? new SseScanner() : spare.pop();
    }
    int at = events.room(bytes.length());
    System.arraycopy(bytes.array(), 0, events.bytes(), at, bytes.length());
    events.filled(bytes.length());
    while (!over && events.next()) {
      if (!events.isDone()) {
        event(events);
      }
    }
    events.release();
    begun = over || events.waiting() == 0 ? null : events;
    if (events.waiting() == 0 && spare.isEmpty()) {
      spare.push(events);
    }
  }

  private void event(SseScanner events) {
    int from = events.dataFrom();
    JsonObject data;
    try {
      data =
          new JsonObject(Buffer.buffer().appendBytes(events.bytes(), from, events.dataTo() - from));
    } catch (DecodeException odd) {
      // The gateway has let it pass, so it is at least no error; there is no text in it for us.
      return;
    }
    if (data.getValue("error") instanceof JsonObject error) {
      String message = Message.text(error, "message");
      done(result("The answer broke off here: " + message).put("isError", true));
      return;
    }
    if (data.getValue("usage") instanceof JsonObject figures) {
      usage = figures;
    }
    if (data.getValue("choices") instanceof JsonArray choices
        && !choices.isEmpty()
        && choices.getValue(0) instanceof JsonObject choice) {
      finish = requireNonNullElse(choice.getString("finish_reason"), finish);
      String more = Message.text(Message.object(choice, "delta"), "content");
      if (!more.isEmpty()) {
        chunks++;
        append(more);
      }
    }
  }

  private void append(String more) {
    int room = CHARS_MAX - text.length();
    if (more.length() <= room) {
      text.append(more);
      return;
    }
    // Not between the halves of a character.
    boolean splits = room > 0 && Character.isHighSurrogate(more.charAt(room - 1));
    text.append(more, 0, splits ? room - 1 : room);
    stop("The answer is longer than " + CHARS_MAX + " characters and was stopped here.");
  }

  @Override
  public void end() {
    String note = "";
    if (finish.equals("length")) {
      note = "The answer was cut here: it reached its most tokens.";
    } else if (text.isEmpty()) {
      note = "The model answered with no text.";
    }
    done(result(note));
  }

  /** A provider may answer a streamed request whole. */
  @Override
  public void answer(byte[] json) {
    JsonObject whole;
    try {
      whole = new JsonObject(Buffer.buffer(json));
    } catch (DecodeException odd) {
      done(Tool.error("The provider's answer could not be read."));
      return;
    }
    if (whole.getValue("choices") instanceof JsonArray choices
        && !choices.isEmpty()
        && choices.getValue(0) instanceof JsonObject choice) {
      finish = requireNonNullElse(choice.getString("finish_reason"), "");
      append(Message.text(Message.object(choice, "message"), "content"));
    }
    usage = Message.object(whole, "usage");
    end();
  }

  @Override
  public void refuse(Refusal refusal) {
    done(Tool.error(words.apply(refusal)));
  }

  @Override
  public boolean isFull() {
    return false;
  }

  @Override
  public void onRoom(Runnable action) {
    action.run();
  }
}
