package com.runspace.workshop;

import java.nio.ByteBuffer;

/**
 * One content event, encoded beforehand, into which the time of sending is written.
 *
 * <p>Belongs to one thread. {@link System#nanoTime} reads the machine's monotonic clock, which on
 * Linux is one and the same for all processes, so another process can subtract the stamp.
 */
final class EventFrame {
  /** Stands before the 19 digits of the stamp. */
  static final byte[] MARK = Bytes.of("@ns=");

  private static final int DIGITS = 19;
  private static final String START =
      "{\"id\":\"chatcmpl-7QyqpwdfhqwajicIEznoc6Q4\",\"object\":\"chat.completion.chunk\","
          + "\"created\":1760000000,\"model\":\"upstream-model\",\"choices\":[";
  private static final String CONTENT =
      "{\"index\":0,\"delta\":{\"content\":\"@ns=0000000000000000000 \"},\"finish_reason\":null}]}";
  private static final String FINISH = "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";
  private static final String USAGE =
      "],\"usage\":{\"prompt_tokens\":180,\"completion_tokens\":100,\"total_tokens\":280}}";

  /** The last three events and the end of the body, as providers send them, in one write. */
  static final byte[] END =
      Bytes.of(
          chunk(event(START + FINISH))
              + chunk(event(START + USAGE))
              + chunk(event("[DONE]"))
              + "0\r\n\r\n");

  private final ByteBuffer frame;
  private final int stampAt;

  EventFrame() {
    byte[] bytes = Bytes.of(chunk(event(START + CONTENT)));
    frame = ByteBuffer.allocateDirect(bytes.length).put(bytes);
    stampAt = Bytes.find(bytes, 0, bytes.length, MARK) + MARK.length;
  }

  /** The event with this stamp in it, good until the next call. */
  ByteBuffer stamped(long nanos) {
    long rest = nanos;
    for (int i = DIGITS - 1; i >= 0; i--) {
      frame.put(stampAt + i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
    return frame.rewind();
  }

  private static String event(String data) {
    return "data: " + data + "\n\n";
  }

  private static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }
}
