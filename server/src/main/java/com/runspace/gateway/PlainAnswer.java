package com.runspace.gateway;

import com.runspace.http.MemoryBudget;
import com.runspace.wire.AnswerEdit;
import com.runspace.wire.AnswerRepair;
import com.runspace.wire.AnswerScan;
import com.runspace.wire.ByteJoiner;
import com.runspace.wire.JsonReader;
import io.vertx.core.buffer.Buffer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An answer that is not streamed: collected whole, since its usage may stand anywhere in it. */
final class PlainAnswer {
  static final int BYTES_MAX = 64 << 20;

  private final MemoryBudget budget;
  private final AnswerScan scan;
  private final @Nullable AnswerRepair repair;
  private @Nullable Buffer joined;
  private long taken;

  PlainAnswer(MemoryBudget budget, AnswerScan scan, @Nullable AnswerRepair repair) {
    this.budget = budget;
    this.scan = scan;
    this.repair = repair;
  }

  /** Keeps the bytes; false when there are too many of them, here or in the whole service. */
  boolean add(Buffer bytes) {
    if (taken + bytes.length() > BYTES_MAX || !budget.take(bytes.length())) {
      return false;
    }
    taken += bytes.length();
    joined = joined == null ? bytes : joined.appendBuffer(bytes);
    return true;
  }

  byte[] bytes() {
    return joined == null ? new byte[0] : joined.getBytes();
  }

  void discard() {
    joined = null;
    budget.giveBack(taken);
    taken = 0;
  }

  /**
   * The answer with our fields spliced in, after its usage has been reported and settled.
   *
   * @return null when what came is no chat completion
   */
  byte @Nullable [] spliced(Meter meter, AnswerEdit edit, Supplier<byte[]> usageWhenSettled) {
    byte[] bytes = bytes();
    try {
      bytes = repair == null ? bytes : repair.answer(bytes);
      scan.scan(bytes, 0, bytes.length);
    } catch (JsonReader.Fault fault) {
      return null;
    }
    if (scan.hasError() || scan.choiceCount() == 0) {
      return null;
    }
    meter.passed(scan.textBytes());
    if (scan.usage() != null) {
      meter.report(scan.usage());
    }
    if (scan.isCutByLength()) {
      meter.cutByLength();
    }
    ByteJoiner out = new ByteJoiner(bytes.length + 256);
    edit.append(out, scan, 0, bytes.length, usageWhenSettled.get());
    return out.toByteArray();
  }
}
