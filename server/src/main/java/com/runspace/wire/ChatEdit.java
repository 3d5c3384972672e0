package com.runspace.wire;

import com.runspace.base.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns a caller's request into the bytes a provider gets: owned fields are spliced, everything
 * else, white space included, keeps its bytes and its order.
 */
public final class ChatEdit {
  /** How much longer a request can get, its model's name left out. */
  public static final int GROWTH_BYTES = 160;

  private static final byte[] MODEL = ascii("model");
  private static final byte[] STREAM_OPTIONS = ascii("stream_options");
  private static final byte[] INCLUDE_USAGE = ascii("{\"include_usage\":true}");
  private static final byte[] WHOLE_STREAM_OPTIONS =
      ascii("\"stream_options\":{\"include_usage\":true},");
  private static final byte[] QUOTE = ascii("\"");
  private static final byte[] QUOTE_COLON = ascii("\":");
  private static final byte[] COMMA = ascii(",");
  private static final byte[] MAX_TOKENS = ascii("max_tokens");
  private static final byte[] MAX_COMPLETION_TOKENS = ascii("max_completion_tokens");

  /** What a route wants of the owned fields. Immutable. */
  public static final class Target {
    private final byte[] model;
    private final byte[] limitName;
    private final List<byte[]> removed;

    private Target(byte[] model, byte[] limitName, List<byte[]> removed) {
      this.model = model;
      this.limitName = limitName;
      this.removed = removed;
    }

    /**
     * Makes a target.
     *
     * @param model the provider's id of the model
     * @param limitName the one name under which the provider knows the output limit
     * @param removed names of fields that change the model or the price, and are left out
     */
    public static Target of(String model, String limitName, Collection<String> removed) {
      byte[] quoted = JsonText.quote(model).getBytes(StandardCharsets.UTF_8);
      return new Target(quoted, ascii(limitName), removed.stream().map(ChatEdit::ascii).toList());
    }
  }

  private final ChatRequest request;
  private final byte[] from;
  private final Out out;

  /** Takes the bytes, piece by piece; they are copied before the call returns. */
  @FunctionalInterface
  public interface Out {
    void append(byte[] bytes, int from, int to);
  }

  private ChatEdit(ChatRequest request, Out out) {
    this.request = request;
    this.from = request.bytes();
    this.out = out;
  }

  /**
   * Writes the request as {@code target} wants it. It grows by less than {@link #GROWTH_BYTES} and
   * the model's name.
   *
   * @param outputLimit tokens per choice, always sent
   */
  public static void write(ChatRequest request, Target target, long outputLimit, Out out) {
    new ChatEdit(request, out).apply(target, outputLimit);
  }

  private void apply(Target target, long outputLimit) {
    byte[] limit = ascii(Long.toString(outputLimit));
    copy(0, request.openBrace() + 1);
    if (!has(target.limitName)) {
      append(QUOTE);
      append(target.limitName);
      append(QUOTE_COLON);
      append(limit);
      append(COMMA);
    }
    if (request.stream() && !has(STREAM_OPTIONS)) {
      append(WHOLE_STREAM_OPTIONS);
    }
    copy(request.openBrace() + 1, request.nameFrom(0));
    // The text between two members is copied with the later one, so leaving a member out takes
    // the comma before it along. `model` and `messages` are always there, so one is always kept.
    int copied = -1;
    for (int i = 0; i < request.members(); i++) {
      if (isKept(i, target)) {
        copy(copied < 0 ? request.nameFrom(i) : copied, request.valueFrom(i));
        byte[] owned = owned(i, target, limit);
        if (owned == null) {
          copy(request.valueFrom(i), request.valueTo(i));
        } else {
          append(owned);
        }
        copied = request.valueTo(i);
      } else if (copied >= 0) {
        copied = request.valueTo(i);
      }
    }
    copy(copied, from.length);
  }

  private byte @Nullable [] owned(int i, Target target, byte[] limit) {
    if (request.isNamed(i, MODEL)) {
      return target.model;
    }
    if (request.isNamed(i, STREAM_OPTIONS)) {
      return INCLUDE_USAGE;
    }
    return request.isNamed(i, target.limitName) ? limit : null;
  }

  private boolean isKept(int i, Target target) {
    if (request.isNamed(i, target.limitName)) {
      return true;
    }
    if (request.isNamed(i, MAX_TOKENS) || request.isNamed(i, MAX_COMPLETION_TOKENS)) {
      return false;
    }
    if (request.isNamed(i, STREAM_OPTIONS)) {
      return request.stream();
    }
    for (byte[] name : target.removed) {
      if (request.isNamed(i, name)) {
        return false;
      }
    }
    return true;
  }

  private boolean has(byte[] name) {
    for (int i = 0; i < request.members(); i++) {
      if (request.isNamed(i, name)) {
        return true;
      }
    }
    return false;
  }

  private void copy(int start, int end) {
    if (end > start) {
      out.append(from, start, end);
    }
  }

  private void append(byte[] bytes) {
    out.append(bytes, 0, bytes.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
