package com.runspace.gateway;

import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.http.MemoryBudget;
import com.runspace.ledger.Ledger;
import com.runspace.upstream.Upstreams;
import com.runspace.wire.AnswerScan;
import io.vertx.core.Context;

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
    AnswerScan scan) {
  /** Wall clock, milliseconds since the epoch. */
  long nowMillis() {
    return time.epochMillis();
  }
}
