package com.runspace.engine;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Runs one sequence of tokens through the model: a context of llama.cpp with its own key-value
 * cache. Sequences could share one context and go through the model together, which is faster by a
 * third with four of them. But then the cache cells of the others, and how many others there are,
 * change the order in which floats are added, and the same request with the same seed gets another
 * answer under load. Apart from each other they always get the same. It belongs to one thread.
 */
final class Decoder {
  /** Tokens decoded in one go. It bounds how long a cancelled prompt still computes. */
  static final int BATCH_TOKENS = 64;

  private final Llama llama;
  private final MemorySegment context;
  private final MemorySegment batch;
  private final MemorySegment tokens;
  private final MemorySegment positions;
  private final MemorySegment wanted;
  private int length;
  private int last;

  private Decoder(Llama llama, MemorySegment context) {
    this.llama = llama;
    this.context = context;
    Arena arena = Arena.global();
    batch = arena.allocate(Layouts.BATCH);
    tokens = arena.allocate(JAVA_INT, BATCH_TOKENS);
    positions = arena.allocate(JAVA_INT, BATCH_TOKENS);
    wanted = arena.allocate(BATCH_TOKENS);
    MemorySegment sequence = arena.allocateFrom(JAVA_INT, 0);
    MemorySegment sequenceCounts = arena.allocate(JAVA_INT, BATCH_TOKENS);
    MemorySegment sequences = arena.allocate(ADDRESS, BATCH_TOKENS);
    for (int i = 0; i < BATCH_TOKENS; i++) {
      sequenceCounts.setAtIndex(JAVA_INT, i, 1);
      sequences.setAtIndex(ADDRESS, i, sequence);
    }
    Layouts.set(Layouts.BATCH, batch, "token", tokens);
    Layouts.set(Layouts.BATCH, batch, "embd", MemorySegment.NULL);
    Layouts.set(Layouts.BATCH, batch, "pos", positions);
    Layouts.set(Layouts.BATCH, batch, "n_seq_id", sequenceCounts);
    Layouts.set(Layouts.BATCH, batch, "seq_id", sequences);
    Layouts.set(Layouts.BATCH, batch, "logits", wanted);
  }

  /**
   * Makes a context.
   *
   * @param tokens how long the sequence may become
   * @throws StartFailure if there is no memory for its cache
   */
  static Decoder of(Llama llama, Model model, int tokens, int threads, NativeLog log)
      throws StartFailure {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = llama.contextDefaults(arena);
      Layouts.set(Layouts.CONTEXT_PARAMS, params, "n_ctx", tokens);
      Layouts.set(Layouts.CONTEXT_PARAMS, params, "n_batch", BATCH_TOKENS);
      Layouts.set(Layouts.CONTEXT_PARAMS, params, "n_ubatch", BATCH_TOKENS);
      Layouts.set(Layouts.CONTEXT_PARAMS, params, "n_threads", threads);
      Layouts.set(Layouts.CONTEXT_PARAMS, params, "n_threads_batch", threads);
      MemorySegment context = llama.newContext(model.pointer(), params);
      if (context.address() == 0) {
        throw new StartFailure(
            StartFailure.MODEL,
            "no memory for the context, try a smaller --context: " + log.cause());
      }
      return new Decoder(llama, context);
    }
  }

  /** Forgets everything, to begin another sequence. */
  void clear() {
    llama.clearCache(context);
    length = 0;
  }

  /** Tokens of the sequence so far. */
  int length() {
    return length;
  }

  /**
   * Appends tokens to the sequence.
   *
   * @param count at most {@link #BATCH_TOKENS}
   * @param choosesNext whether the token after the last of these will be sampled
   * @return whether llama.cpp could compute it
   */
  boolean append(int[] source, int from, int count, boolean choosesNext) {
    for (int i = 0; i < count; i++) {
      tokens.setAtIndex(JAVA_INT, i, source[from + i]);
      positions.setAtIndex(JAVA_INT, i, length + i);
      wanted.set(JAVA_BYTE, i, (byte) (choosesNext && i == count - 1 ? 1 : 0));
    }
    Layouts.set(Layouts.BATCH, batch, "n_tokens", count);
    length += count;
    last = count - 1;
    return llama.decode(context, batch) == 0;
  }

  /** Chooses the token that follows. */
  int sample(Sampler sampler) {
    return sampler.sample(context, last);
  }
}
