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
  private static final byte[] X_GROQ = "x_groq".getBytes(US_ASCII);
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

  private static final int INDEX_MAX = 1 << 20;

  private final JsonReader reader = new JsonReader();
  private final Usage.Scan usages = new Usage.Scan(reader);

  /** What takes the place of a value: our id, our model, our usage, or nothing but null. */
  static final int OUR_ID = 0;

  static final int OUR_MODEL = 1;
  static final int OUR_USAGE = 2;
  static final int OUR_NULL = 3;

  byte[] bytes = new byte[0];
  // Three numbers for each value that is not passed on as it is: what it becomes, from, to.
  int[] owned = new int[3 * 4];
  int ownedEnd;
  boolean hasUsage;
  int closeBrace;
  int members;
  private int createdFrom;
  private int createdTo;
  private boolean usageOfChoice;
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
    createdFrom = errorFrom = -1;
    choices = members = ownedEnd = 0;
    hasUsage = usageOfChoice = false;
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
    if (reader.stringIs(CHOICES)) {
      choices();
    } else if (reader.stringIs(ID)) {
      own(OUR_ID);
    } else if (reader.stringIs(MODEL)) {
      own(OUR_MODEL);
    } else if (reader.stringIs(USAGE)) {
      hasUsage = true;
      usageOfChoice = false;
      usage(OUR_USAGE);
    } else if (reader.stringIs(CREATED)) {
      reader.peek();
      createdFrom = reader.position();
      reader.skipValue();
      createdTo = reader.position();
    } else if (reader.stringIs(X_GROQ)) {
      groq();
    } else if (reader.stringIs(ERROR) && reader.peek() != 'n') {
      errorFrom = reader.position();
      reader.skipValue();
      errorTo = reader.position();
    } else {
      reader.skipValue();
    }
  }

  private void own(int what) {
    reader.peek();
    int from = reader.position();
    reader.skipValue();
    own(what, from);
  }

  private void own(int what, int from) {
    if (ownedEnd == owned.length) {
      owned = Arrays.copyOf(owned, 2 * ownedEnd);
    }
    owned[ownedEnd] = what;
    owned[ownedEnd + 1] = from;
    owned[ownedEnd + 2] = reader.position();
    ownedEnd += 3;
  }

  /**
   * Usage, where OpenAI has it or elsewhere. Elsewhere it only counts when there is none where it
   * belongs, and leaves as null: figures that differ from those charged would confuse the caller.
   */
  private void usage(int what) {
    reader.peek();
    int from = reader.position();
    usages.read(what == OUR_USAGE);
    own(what, from);
  }

  /** Groq reports the usage of a stream in an object of its own. */
  private void groq() {
    if (reader.peek() != '{') {
      reader.skipValue();
      return;
    }
    reader.openObject();
    while (reader.nextMember()) {
      if (reader.stringIs(USAGE)) {
        usage(OUR_NULL);
      } else {
        reader.skipValue();
      }
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
        reader.peek();
        int from = reader.position();
        reader.skipValue();
        int to = reader.position();
        // A value of one byte is a digit, and hardly any index is longer.
        int said = to - from == 1 ? bytes[from] - '0' : index(bytes, from, to);
        index = said < 0 ? index : said;
      } else if (reader.stringIs(USAGE)) {
        // Moonshot's place for it.
        usageOfChoice = !hasUsage;
        usage(OUR_NULL);
      } else if (reader.stringIs(TEXT)) {
        textBytes += text();
      } else {
        reader.skipValue();
      }
    }
    long bit = 1L << Math.clamp(index, 0, 63);
    seen |= bit;
    finished |= ends ? bit : 0;
  }

  /**
   * The index that a JSON value says, in whatever form: {@code 1}, {@code 1.0}, {@code "1"}.
   *
   * @return -1 when it says none
   */
  static int index(byte[] bytes, int from, int to) {
    boolean quoted = bytes[from] == '"';
    int i = quoted ? from + 1 : from;
    int end = quoted ? to - 1 : to;
    int digits = i;
    int value = 0;
    for (; i < end && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
      value = Math.min(value * 10 + bytes[i] - '0', INDEX_MAX);
    }
    boolean some = i > digits;
    if (i < end && bytes[i] == '.') {
      i++;
      while (i < end && bytes[i] == '0') {
        i++;
      }
    }
    return some && i == end ? value : -1;
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

  /**
   * The usage that this chunk reports, null when there is none or it holds no figure. What stands
   * in one of several choices speaks of that choice only, and is no report.
   */
  public Usage.@Nullable Reported usage() {
    return usageOfChoice && seen != 1 ? null : usages.reported();
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
