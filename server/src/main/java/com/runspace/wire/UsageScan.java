package com.runspace.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/** Reads a usage object; figures that are not integers count as absent. */
final class UsageScan {
  private static final byte[] PROMPT = "prompt_tokens".getBytes(US_ASCII);
  private static final byte[] COMPLETION = "completion_tokens".getBytes(US_ASCII);
  private static final byte[] TOTAL = "total_tokens".getBytes(US_ASCII);
  private static final byte[] PROMPT_DETAILS = "prompt_tokens_details".getBytes(US_ASCII);
  private static final byte[] COMPLETION_DETAILS = "completion_tokens_details".getBytes(US_ASCII);
  private static final byte[] CACHED = "cached_tokens".getBytes(US_ASCII);
  private static final byte[] REASONING = "reasoning_tokens".getBytes(US_ASCII);
  // DeepSeek's own name for cached input.
  private static final byte[] CACHE_HIT = "prompt_cache_hit_tokens".getBytes(US_ASCII);

  private static final long ABSENT = Long.MIN_VALUE;

  private final JsonReader reader;
  private long prompt;
  private long completion;
  private long total;
  private long cached;
  private long reasoning;

  UsageScan(JsonReader reader) {
    this.reader = reader;
    clear();
  }

  void clear() {
    prompt = completion = total = ABSENT;
    cached = reasoning = 0;
  }

  void read() {
    if (reader.peek() != '{') {
      reader.skipValue();
      return;
    }
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(PROMPT)) {
        prompt = figure(ABSENT);
      } else if (reader.stringIs(COMPLETION)) {
        completion = figure(ABSENT);
      } else if (reader.stringIs(TOTAL)) {
        total = figure(ABSENT);
      } else if (reader.stringIs(CACHE_HIT)) {
        cached = figure(0);
      } else if (reader.stringIs(PROMPT_DETAILS) || reader.stringIs(COMPLETION_DETAILS)) {
        details();
      } else {
        reader.skipValue();
      }
    }
  }

  private void details() {
    if (reader.peek() != '{') {
      reader.skipValue();
      return;
    }
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(CACHED)) {
        cached = figure(0);
      } else if (reader.stringIs(REASONING)) {
        reasoning = figure(0);
      } else {
        reader.skipValue();
      }
    }
  }

  private long figure(long otherwise) {
    int b = reader.peek();
    int from = reader.position();
    if (b == '-' || (b >= '0' && b <= '9')) {
      try {
        return reader.readInteger();
      } catch (JsonFault fraction) {
        // It is a number, and passed over, when the fault is at its start and not inside.
        if (fraction.at() == from && reader.position() > from) {
          return otherwise;
        }
        throw fraction;
      }
    }
    reader.skipValue();
    return otherwise;
  }

  Usage.@Nullable Reported reported() {
    if (prompt == ABSENT && completion == ABSENT && total == ABSENT) {
      return null;
    }
    long in = prompt == ABSENT ? 0 : prompt;
    long out = completion == ABSENT ? 0 : completion;
    long sum = total == ABSENT ? saturated(in, out) : total;
    return new Usage.Reported(in, cached, out, reasoning, sum);
  }

  private static long saturated(long a, long b) {
    long sum = a + b;
    return ((a ^ sum) & (b ^ sum)) < 0 ? Long.MAX_VALUE : sum;
  }
}
