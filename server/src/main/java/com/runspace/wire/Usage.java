package com.runspace.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import org.jspecify.annotations.Nullable;

/**
 * Tokens of one call. {@code prompt} includes {@code cached}, and {@code completion} includes
 * {@code reasoning}, as in OpenAI's usage object.
 */
public record Usage(long prompt, long cached, long completion, long reasoning) {
  /**
   * The figures of a provider's usage object as sent, sensible or not.
   *
   * @param total {@code total_tokens}, or the sum of the other two when absent
   */
  public record Reported(long prompt, long cached, long completion, long reasoning, long total) {}

  /** Appends the usage object, always in the same form, details as numbers. */
  public StringBuilder json(StringBuilder out) {
    return out.append("{\"prompt_tokens\":")
        .append(prompt)
        .append(",\"completion_tokens\":")
        .append(completion)
        .append(",\"total_tokens\":")
        .append(prompt + completion)
        .append(",\"prompt_tokens_details\":{\"cached_tokens\":")
        .append(cached)
        .append("},\"completion_tokens_details\":{\"reasoning_tokens\":")
        .append(reasoning)
        .append("}}");
  }

  /** Reads a usage object; figures that are not integers count as absent. */
  static final class Scan {
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

    Scan(JsonReader reader) {
      this.reader = reader;
      clear();
    }

    void clear() {
      prompt = completion = total = ABSENT;
      cached = reasoning = 0;
    }

    /**
     * Reads the value that is next.
     *
     * @param overrides whether it counts though figures have been read before
     */
    void read(boolean overrides) {
      if (reader.peek() != '{' || !(overrides || isEmpty())) {
        reader.skipValue();
        return;
      }
      clear();
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
        } catch (JsonReader.Fault fraction) {
          // It is a number, and passed over, when the fault is at its start and not inside.
          if (fraction.at == from && reader.position() > from) {
            return otherwise;
          }
          throw fraction;
        }
      }
      reader.skipValue();
      return otherwise;
    }

    private boolean isEmpty() {
      return prompt == ABSENT && completion == ABSENT && total == ABSENT;
    }

    @Nullable Reported reported() {
      if (isEmpty()) {
        return null;
      }
      long in = prompt == ABSENT ? 0 : prompt;
      long out = completion == ABSENT ? 0 : completion;
      long sum = total == ABSENT ? saturated(in, out) : total;
      return new Reported(in, cached, out, reasoning, sum);
    }

    private static long saturated(long a, long b) {
      long sum = a + b;
      return ((a ^ sum) & (b ^ sum)) < 0 ? Long.MAX_VALUE : sum;
    }
  }
}
