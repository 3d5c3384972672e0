package com.runspace.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of the places where an answer is generated. First the prompt is fed in parts, then the last
 * chosen token again and again. It belongs to the thread that computes.
 */
final class Slot {
  private final Llama llama;
  private final Model model;
  private final Decoder decoder;
  private final int[] next = new int[1];
  private @Nullable Generation generation;
  private @Nullable Sampler sampler;
  private AnswerText text = new AnswerText(List.of());
  private int chosen;

  Slot(Llama llama, Model model, Decoder decoder) {
    this.llama = llama;
    this.model = model;
    this.decoder = decoder;
  }

  boolean isFree() {
    return generation == null;
  }

  void start(Generation asked) {
    generation = asked;
    sampler = new Sampler(llama, asked.sampling());
    text = new AnswerText(asked.stops());
    chosen = 0;
    decoder.clear();
  }

  void freeIfCancelled() {
    if (generation != null && generation.cancelled()) {
      free();
    }
  }

  /** Takes one step: a part of the prompt, or one token of the answer. */
  void step() {
    Generation current = generation;
    Sampler chooser = sampler;
    if (current == null || chooser == null || current.cancelled()) {
      return;
    }
    int[] prompt = current.prompt();
    boolean answering = decoder.length() >= prompt.length;
    int[] source = answering ? next : prompt;
    int from = answering ? 0 : decoder.length();
    int count = Math.min(source.length - from, Decoder.BATCH_TOKENS);
    boolean choosesNext = from + count == source.length;
    if (!decoder.append(source, from, count, choosesNext)) {
      free();
      current.tell(new GenerationEvent.Failed("The model failed to compute."));
    } else if (choosesNext) {
      take(current, decoder.sample(chooser));
    }
  }

  private void take(Generation current, int token) {
    next[0] = token;
    chosen++;
    if (model.endsGeneration(token)) {
      finish(current, FinishReason.STOP);
      return;
    }
    say(current, text.push(model.piece(token)));
    if (text.stopped()) {
      finish(current, FinishReason.STOP);
    } else if (chosen >= current.maxTokens()) {
      finish(current, FinishReason.LENGTH);
    }
  }

  private void finish(Generation current, FinishReason reason) {
    say(current, text.flush());
    free();
    current.tell(new GenerationEvent.Finished(reason, new Usage(current.prompt().length, chosen)));
  }

  private void free() {
    if (sampler != null) {
      sampler.close();
      sampler = null;
    }
    generation = null;
  }

  private static void say(Generation current, String words) {
    if (!words.isEmpty()) {
      current.tell(new GenerationEvent.Text(words));
    }
  }
}
