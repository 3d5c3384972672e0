package com.runspace.wire;

import java.util.Arrays;

/**
 * Cuts the bytes of an event stream into events, in place, as they arrive.
 *
 * <p>Follows the WHATWG rules for line ends, comments and fields; of an event it keeps the data and
 * whether it was named {@code error}. Comments, ids and retry hints are dropped, since several
 * clients break on them. An event that has not ended yet is kept until its rest arrives.
 *
 * <p>Use: copy bytes into {@link #room}, call {@link #filled}, then {@link #next} until false. The
 * data between {@link #dataFrom} and {@link #dataTo} hold until {@code room} is called again.
 */
public final class SseScanner {
  /** The most bytes one event may have. */
  public static final int EVENT_BYTES_MAX = 8 << 20;

  private static final byte[] DONE = {'[', 'D', 'O', 'N', 'E', ']'};
  private static final byte[] ERROR = {'e', 'r', 'r', 'o', 'r'};
  private static final byte[] DATA = {'d', 'a', 't', 'a'};
  private static final byte[] EVENT = {'e', 'v', 'e', 'n', 't'};

  private static final int USUAL_BYTES = 2048;

  /** Thousands of streams may stand still at once, each with such an array. */
  private static final int KEPT_BYTES_MAX = 8 << 10;

  private byte[] bytes = new byte[USUAL_BYTES];
  private int filled;
  // Everything before `line` has been read; `seen` is how far the search for its end has come.
  private int line;
  private int seen;
  private int keep;
  private boolean skipLineFeed;
  private boolean ended;
  private boolean atStart = true;

  private int dataFrom;
  private int dataTo;
  private boolean hasData;
  private boolean error;
  private boolean delivered;

  public byte[] bytes() {
    return bytes;
  }

  /** Makes room for so many bytes more; they go to {@link #bytes} at the offset returned. */
  public int room(int more) {
    if (delivered) {
      forget();
    }
    if (keep > 0) {
      System.arraycopy(bytes, keep, bytes, 0, filled - keep);
      shift(keep);
    }
    if (filled + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, filled + more));
    }
    return filled;
  }

  /**
   * Says that the events at hand have been used. An array that a burst has made large is let go,
   * but for what waits for its rest.
   */
  public void release() {
    if (delivered) {
      forget();
    }
    if (bytes.length > KEPT_BYTES_MAX && waiting() <= USUAL_BYTES) {
      byte[] smaller = new byte[USUAL_BYTES];
      System.arraycopy(bytes, keep, smaller, 0, waiting());
      bytes = smaller;
      shift(keep);
    }
  }

  private void shift(int by) {
    filled -= by;
    line -= by;
    seen -= by;
    dataFrom -= by;
    dataTo -= by;
    keep = 0;
  }

  /** Says that so many bytes were put into the room. */
  public void filled(int more) {
    filled += more;
  }

  /** Says that no more bytes will come: what is there counts as ended. */
  public void end() {
    ended = true;
  }

  /** Bytes that wait for the rest of their event. */
  public int waiting() {
    return filled - keep;
  }

  /** Moves to the next whole event that has data; false when more bytes are needed first. */
  public boolean next() {
    if (delivered) {
      forget();
    }
    while (true) {
      int end = lineEnd();
      if (end < 0) {
        return false;
      }
      if (end == line) {
        line = seen;
        if (hasData) {
          delivered = true;
          return true;
        }
        forget();
      } else {
        field(line, end);
        line = seen;
      }
    }
  }

  private void forget() {
    hasData = false;
    error = false;
    delivered = false;
    keep = line;
    dataFrom = line;
    dataTo = line;
  }

  /** Offset of the end of the current line, or -1; {@code seen} is then behind its line feed. */
  private int lineEnd() {
    if (skipLineFeed && seen < filled) {
      skipLineFeed = false;
      if (bytes[seen] == '\n') {
        seen++;
        line++;
      }
    }
    for (int i = seen; i < filled; i++) {
      byte b = bytes[i];
      if (b == '\n' || b == '\r') {
        seen = i + 1;
        skipLineFeed = b == '\r';
        if (skipLineFeed && seen < filled && bytes[seen] == '\n') {
          seen++;
          skipLineFeed = false;
        }
        return i;
      }
    }
    seen = filled;
    // The end of the stream ends the last line, and then, as an empty line, the last event.
    return ended && (line < filled || (hasData && !delivered)) ? filled : -1;
  }

  private void field(int from, int to) {
    if (atStart) {
      atStart = false;
      // A byte order mark may stand before the first line.
      if (to - from >= 3 && bytes[from] == (byte) 0xef && bytes[from + 1] == (byte) 0xbb) {
        from += 3;
      }
    }
    int colon = from;
    while (colon < to && bytes[colon] != ':') {
      colon++;
    }
    int value = Math.min(colon + 1, to);
    if (value < to && bytes[value] == ' ') {
      value++;
    }
    if (is(DATA, from, colon)) {
      data(value, to);
    } else if (is(EVENT, from, colon)) {
      error = is(ERROR, value, to);
    }
  }

  private void data(int from, int to) {
    if (!hasData) {
      hasData = true;
      dataFrom = from;
      dataTo = to;
      return;
    }
    // Lines of data are joined by a line feed, which in JSON is as good as a space, and a space
    // can be sent on in one line.
    bytes[dataTo++] = ' ';
    System.arraycopy(bytes, from, bytes, dataTo, to - from);
    dataTo += to - from;
  }

  private boolean is(byte[] word, int from, int to) {
    return Arrays.equals(bytes, from, to, word, 0, word.length);
  }

  public int dataFrom() {
    return dataFrom;
  }

  public int dataTo() {
    return dataTo;
  }

  /** Whether the event was named {@code error}. */
  public boolean isError() {
    return error;
  }

  /** Whether the data are OpenAI's end mark. */
  public boolean isDone() {
    return dataTo - dataFrom >= DONE.length && is(DONE, dataFrom, dataFrom + DONE.length);
  }
}
