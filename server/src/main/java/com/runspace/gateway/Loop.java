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
import java.util.Map;

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

  /** Wall clock, milliseconds since the epoch. */
  long nowMillis() {
    return time.epochMillis();
  }
}
