package com.runspace.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.JsonText;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.http.MemoryBudget;
import com.runspace.ledger.Ledger;
import com.runspace.upstream.Upstreams;
import com.runspace.wire.AnswerScan;
import io.vertx.core.Context;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * What the calls of one event loop share.
 *
 * @param scan scratch for looking into one chunk; holds nothing between two uses
 */
record Loop(
    Context context,
    Watch watch,
    Time time,
    Ledger ledger,
    Turn turn,
    Upstreams upstreams,
    MemoryBudget budget,
    CallObserver observer,
    AnswerScan scan,
    Map<String, byte[]> quotedIds) {
  /** A model's id as a JSON string. There are few models, and each call needs one of them. */
  byte[] quoted(String modelId) {
    return quotedIds.computeIfAbsent(modelId, text -> JsonText.quote(text).getBytes(UTF_8));
  }

  /**
   * Sends the head of a stream. The record that its call was admitted is in the journal first:
   * whoever has seen one byte of a call finds a row of it, also after a crash.
   */
  void open(Sink sink) {
    ledger.flush();
    sink.open();
  }

  /** Runs work on this loop when something is done, well or not, wherever that happens. */
  void whenDone(CompletionStage<?> stage, Runnable work) {
    var _ = stage.whenComplete((_, _) -> context.runOnContext(_ -> work.run()));
  }

  /** Wall clock, milliseconds since the epoch. */
  long nowMillis() {
    return time.epochMillis();
  }

  /**
   * What waits until the journal has what was recorded. Answers that are ready in one turn of the
   * event loop share one write, and what it costs.
   */
  static final class Turn {
    private final Context context;
    private final Ledger ledger;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean asked;

    Turn(Context context, Ledger ledger) {
      this.context = context;
      this.ledger = ledger;
    }

    /** Runs work at the end of this turn, when all that was recorded until now is written. */
    void whenRecorded(Runnable work) {
      waiting.add(work);
      ask();
    }

    private void ask() {
      if (!asked) {
        asked = true;
        context.runOnContext(_ -> end());
      }
    }

    private void end() {
      asked = false;
      int ready = waiting.size();
      ledger.flush();
      try {
        for (; ready > 0; ready--) {
          waiting.remove().run();
        }
      } finally {
        // One that fails does not keep those behind it from their callers.
        if (!waiting.isEmpty()) {
          ask();
        }
      }
    }
  }
}
