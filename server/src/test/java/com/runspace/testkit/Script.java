package com.runspace.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@link ScriptedUpstream} does with one request, step by step. A script never changes; each
 * method gives a longer one.
 *
 * <p>When the last step is done, the connection waits for its next request, unless the head said
 * {@code connection: close}, which is then obeyed. A body left without its end stays open.
 */
public final class Script {
  /** One step on a connection. */
  interface Step {
    void run(AnswerWire wire) throws IOException, InterruptedException;
  }

  private static final Script EMPTY = new Script(List.of());

  private final List<Step> steps;

  private Script(List<Step> steps) {
    this.steps = steps;
  }

  /** An answer with this status; headers and body follow. */
  public static AnswerHead status(int status) {
    return AnswerHead.of(EMPTY, status);
  }

  /** A whole JSON answer with its length. */
  public static Script json(int status, String body) {
    return status(status).json(body);
  }

  /** The head of a 200 event stream in chunked coding; events follow. */
  public static Script sse() {
    return status(200).sse();
  }

  /** Bytes as they are, with no head of our making. */
  public static Script bytes(String text) {
    return EMPTY.raw(text);
  }

  /** Nothing until the gate opens; then {@link #answer} says what. */
  public static Script after(Gate gate) {
    return EMPTY.gate(gate);
  }

  /** Never answers, and keeps the connection. */
  public static Script silence() {
    return EMPTY.stall();
  }

  /** Closes without a byte of an answer. */
  public static Script hangUp() {
    return EMPTY.close();
  }

  /** Resets without a byte of an answer. */
  public static Script resetAtOnce() {
    return EMPTY.reset();
  }

  /** Goes on with all steps of another script. */
  public Script answer(Script next) {
    List<Step> all = new ArrayList<>(steps);
    all.addAll(next.steps);
    return new Script(List.copyOf(all));
  }

  /** An event with this data, in one write and, in chunked coding, one chunk. */
  public Script event(String data) {
    return text("data: " + data + "\n\n");
  }

  /** Several events in one write and one chunk. */
  public Script eventsAtOnce(String... data) {
    StringBuilder all = new StringBuilder();
    for (String each : data) {
      all.append("data: ").append(each).append("\n\n");
    }
    return text(all.toString());
  }

  /** The same event many times, one write each; ends early when the connection does. */
  public Script events(int times, String data) {
    byte[] event = ("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8);
    return step(wire -> {
      for (int i = 0; i < times; i++) {
        wire.send(event);
      }
    });
  }

  public Script comment(String text) {
    return text(": " + text + "\n\n");
  }

  /** A piece of the body, framed as the head said: in chunked coding it is one chunk. */
  public Script text(String piece) {
    return text(piece.getBytes(StandardCharsets.UTF_8));
  }

  public Script text(byte[] piece) {
    byte[] copy = piece.clone();
    return step(wire -> wire.send(copy));
  }

  /** Bytes past all framing, broken framing included. */
  public Script raw(String text) {
    return raw(text.getBytes(StandardCharsets.UTF_8));
  }

  public Script raw(byte[] bytes) {
    byte[] copy = bytes.clone();
    return step(wire -> wire.raw(copy));
  }

  /** From here on each byte is a write of its own, framing included. */
  public Script byteByByte() {
    return step(AnswerWire::byteByByte);
  }

  /** Waits until the test opens the gate. */
  public Script gate(Gate gate) {
    return step(wire -> {
      wire.tell("waits at " + gate);
      gate.pass();
    });
  }

  /** The event {@code [DONE]} and the end of the body. */
  public Script done() {
    return event("[DONE]").end();
  }

  /** The end of the body: the last chunk, if chunked. */
  public Script end() {
    return step(AnswerWire::end);
  }

  /** Sends our FIN and goes on reading. */
  public Script halfClose() {
    return step(AnswerWire::halfClose);
  }

  /** Closes, wherever the body stands. */
  public Script close() {
    return step(AnswerWire::close);
  }

  /** Resets the connection (linger 0), wherever the body stands. */
  public Script reset() {
    return step(AnswerWire::reset);
  }

  /** Does nothing more until the upstream itself is closed. */
  public Script stall() {
    return step(AnswerWire::stall);
  }

  Script step(Step next) {
    List<Step> all = new ArrayList<>(steps);
    all.add(next);
    return new Script(List.copyOf(all));
  }

  void run(AnswerWire wire) throws IOException, InterruptedException {
    for (Step step : steps) {
      step.run(wire);
    }
  }
}
