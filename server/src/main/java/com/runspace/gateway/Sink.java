package com.runspace.gateway;

import com.runspace.wire.ByteJoiner;
import com.runspace.wire.Refusal;

/**
 * Where the answer of a call goes: a client's connection, or another surface that runs a call. Used
 * on the event loop of the call. After {@link #end}, {@link #answer} or a refusal nothing more is
 * sent; when the receiver has left, everything is silently dropped.
 */
public interface Sink {
  /** The request will not be sent again: what its body takes can be freed. */
  void forgetRequest();

  /** Begins a streamed answer: its head goes out now. */
  void open();

  /** Whether a head has gone out, so that its status cannot be changed any more. */
  boolean isOpen();

  /** Sends more of a streamed answer; the bytes are copied. */
  void write(ByteJoiner bytes);

  /** Sends more of a streamed answer; the bytes are copied. */
  default void write(byte[] bytes) {
    ByteJoiner joined = new ByteJoiner(bytes.length);
    joined.append(bytes);
    write(joined);
  }

  /** Ends a streamed answer. */
  void end();

  /** Sends a whole answer that is not streamed. */
  void answer(byte[] json);

  /** Sends a refusal; only before the head. */
  void refuse(Refusal refusal);

  /** Hears what the call used, for the log; nothing has to be done with it. */
  default void settled(CallObserver.Call call) {}

  /** Whether the receiver reads slower than it is written to. */
  boolean isFull();

  /** Runs the action once, when a full sink has room again. */
  void onRoom(Runnable action);

  /** Runs the action once, at once when the receiver leaves before the end. */
  void onGone(Runnable action);
}
