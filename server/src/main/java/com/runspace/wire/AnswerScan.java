package com.runspace.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds in one streamed chunk, or in one whole answer, the places of the fields that are ours, the
 * usage, which choices finished, and how many bytes of text were delivered.
 *
 * <p>Reused from chunk to chunk; not safe to share between threads.
 */
public final class AnswerScan {
  private static final byte[] ID = "id".getBytes(US_ASCII);
  private static final byte[] MODEL = "model".getBytes(US_ASCII);
  private static final byte[] CREATED = "created".getBytes(US_ASCII);
  private static final byte[] USAGE = "usage".getBytes(US_ASCII);
  private static final byte[] ERROR = "error".getBytes(US_ASCII);
  private static final byte[] CHOICES = "choices".getBytes(US_ASCII);
  private static final byte[] INDEX = "index".getBytes(US_ASCII);
  private static final byte[] DELTA = "delta".getBytes(US_ASCII);
  private static final byte[] MESSAGE = "message".getBytes(US_ASCII);
  private static final byte[] FINISH_REASON = "finish_reason".getBytes(US_ASCII);
  private static final byte[] LENGTH = "length".getBytes(US_ASCII);
  private static final byte[] CONTENT = "content".getBytes(US_ASCII);
  private static final byte[] REFUSAL = "refusal".getBytes(US_ASCII);
  private static final byte[] REASONING = "reasoning".getBytes(US_ASCII);
  private static final byte[] REASONING_CONTENT = "reasoning_content".getBytes(US_ASCII);
  private static final byte[] TOOL_CALLS = "tool_calls".getBytes(US_ASCII);
  private static final byte[] FUNCTION = "function".getBytes(US_ASCII);
  private static final byte[] FUNCTION_CALL = "function_call".getBytes(US_ASCII);
  private static final byte[] NAME = "name".getBytes(US_ASCII);
  private static final byte[] ARGUMENTS = "arguments".getBytes(US_ASCII);
  private static final byte[] TEXT = "text".getBytes(US_ASCII);

  private final JsonReader reader = new JsonReader();
  private final Usage.Scan usages = new Usage.Scan(reader);

  byte[] bytes = new byte[0];
  int idFrom;
  int idTo;
  int modelFrom;
  int modelTo;
  int usageFrom;
  int usageTo;
  int closeBrace;
  int members;
  private int createdFrom;
  private int createdTo;
  private int errorFrom;
  private int errorTo;
  private int choices;
  private long seen;
  private long finished;
  private boolean cutByLength;
  private long textBytes;

  /**
   * Scans one JSON object.
   *
   * @throws JsonReader.Fault when it is not one, or not shaped like an answer
   */
  public void scan(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    idFrom = modelFrom = usageFrom = createdFrom = errorFrom = -1;
    choices = members = 0;
    seen = finished = textBytes = 0;
    cutByLength = false;
    usages.clear();
    reader.reset(bytes, from, to);
    reader.openObject();
    while (reader.nextMember()) {
      member();
      members++;
    }
    closeBrace = reader.position() - 1;
    reader.expectEnd();
  }

  private void member() {
    boolean isId = reader.stringIs(ID);
    boolean isModel = !isId && reader.stringIs(MODEL);
    boolean isCreated = !isId && !isModel && reader.stringIs(CREATED);
    if (reader.stringIs(CHOICES)) {
      choices();
      return;
    }
    boolean isUsage = reader.stringIs(USAGE);
    boolean isError = reader.stringIs(ERROR);
    int next = reader.peek();
    int from = reader.position();
    if (isUsage) {
      usages.read();
    } else {
      reader.skipValue();
    }
    int to = reader.position();
    if (isId) {
      idFrom = from;
      idTo = to;
    } else if (isModel) {
      modelFrom = from;
      modelTo = to;
    } else if (isCreated) {
      createdFrom = from;
      createdTo = to;
    } else if (isUsage) {
      usageFrom = from;
      usageTo = to;
    } else if (isError && next != 'n') {
      errorFrom = from;
      errorTo = to;
    }
  }

  private void choices() {
    if (reader.skipNull()) {
      return;
    }
    reader.openArray();
    while (reader.nextElement()) {
      choice();
      choices++;
    }
  }

  private void choice() {
    long index = choices;
    boolean ends = false;
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(DELTA) || reader.stringIs(MESSAGE)) {
        delta();
      } else if (reader.stringIs(FINISH_REASON)) {
        if (reader.peek() == '"') {
          reader.skipString();
          ends = reader.stringTo() > reader.stringFrom();
          cutByLength |= reader.stringIs(LENGTH);
        } else {
          reader.skipValue();
        }
      } else if (reader.stringIs(INDEX)) {
        index = reader.skipNull() ? index : reader.readInteger();
      } else {
        reader.skipValue();
      }
    }
    long bit = 1L << Math.clamp(index, 0, 63);
    seen |= bit;
    finished |= ends ? bit : 0;
  }

  private void delta() {
    if (reader.skipNull()) {
      return;
    }
    long reasoning = 0;
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(CONTENT)) {
        textBytes += content();
      } else if (reader.stringIs(REASONING_CONTENT) || reader.stringIs(REASONING)) {
        // Some providers send the same text under both names; it is one text.
        reasoning = Math.max(reasoning, text());
      } else if (reader.stringIs(TOOL_CALLS)) {
        toolCalls();
      } else if (reader.stringIs(REFUSAL)) {
        textBytes += text();
      } else if (reader.stringIs(FUNCTION_CALL)) {
        function();
      } else {
        reader.skipValue();
      }
    }
    textBytes += reasoning;
  }

  /** Passes over a value and returns its UTF-8 length when it is a string, else 0. */
  private long text() {
    if (reader.peek() != '"') {
      reader.skipValue();
      return 0;
    }
    reader.skipString();
    return reader.stringBytes();
  }

  private long content() {
    if (reader.peek() != '[') {
      return text();
    }
    long sum = 0;
    reader.openArray();
    while (reader.nextElement()) {
      if (reader.peek() != '{') {
        reader.skipValue();
        continue;
      }
      reader.openObject();
      while (reader.nextMember()) {
        boolean isText = reader.stringIs(TEXT);
        long length = text();
        sum += isText ? length : 0;
      }
    }
    return sum;
  }

  private void toolCalls() {
    if (reader.skipNull()) {
      return;
    }
    reader.openArray();
    while (reader.nextElement()) {
      reader.openObject();
      while (reader.nextMember()) {
        if (reader.stringIs(FUNCTION)) {
          function();
        } else {
          reader.skipValue();
        }
      }
    }
  }

  private void function() {
    if (reader.skipNull()) {
      return;
    }
    reader.openObject();
    while (reader.nextMember()) {
      boolean counts = reader.stringIs(NAME) || reader.stringIs(ARGUMENTS);
      long length = text();
      textBytes += counts ? length : 0;
    }
  }

  /** How many choices this chunk speaks of. */
  public int choiceCount() {
    return choices;
  }

  /** Bit i is set when choice i is in this chunk. */
  public long seenChoices() {
    return seen;
  }

  /** Bit i is set when choice i has a finish reason in this chunk. */
  public long finishedChoices() {
    return finished;
  }

  /** Whether a choice ended because its output limit was reached. */
  public boolean isCutByLength() {
    return cutByLength;
  }

  /** UTF-8 bytes of text, reasoning, tool names and tool arguments delivered. */
  public long textBytes() {
    return textBytes;
  }

  /** The usage object of this chunk, null when there is none or it holds no figure. */
  public Usage.@Nullable Reported usage() {
    return usages.reported();
  }

  public boolean hasError() {
    return errorFrom >= 0;
  }

  /** The value of {@code error}, raw JSON. */
  public byte[] error() {
    return Arrays.copyOfRange(bytes, errorFrom, errorTo);
  }

  /** The value of {@code created} as it stands, null when absent. */
  public byte @Nullable [] created() {
    return createdFrom < 0 ? null : Arrays.copyOfRange(bytes, createdFrom, createdTo);
  }
}
