package com.runspace.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Chooses tokens for one answer; it remembers what it chose, so answers never share one. */
final class Sampler implements AutoCloseable {
  private static final int TOP_K = 40;
  private static final float MIN_P = 0.05f;
  private static final int PENALTY_WINDOW = 256;

  private final Llama llama;
  private final MemorySegment chain;

  Sampler(Llama llama, Sampling sampling) {
    this.llama = llama;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = arena.allocate(Layouts.SAMPLER_CHAIN_PARAMS);
      Layouts.set(Layouts.SAMPLER_CHAIN_PARAMS, params, "no_perf", true);
      chain = llama.newChain(params);
    }
    float frequency = (float) sampling.frequencyPenalty();
    float presence = (float) sampling.presencePenalty();
    if (frequency != 0 || presence != 0) {
      llama.addPenalties(chain, PENALTY_WINDOW, frequency, presence);
    }
    if (sampling.temperature() == 0) {
      llama.addGreedy(chain);
    } else {
      llama.addTopK(chain, TOP_K);
      llama.addTopP(chain, (float) sampling.topP());
      llama.addMinP(chain, MIN_P);
      llama.addTemperature(chain, (float) sampling.temperature());
      llama.addDist(chain, seed(sampling.seed()));
    }
  }

  int sample(MemorySegment context, int batchIndex) {
    return llama.sample(chain, context, batchIndex);
  }

  @Override
  public void close() {
    llama.freeSampler(chain);
  }

  /** All ones means "any seed" to llama.cpp and would make this one seed irreproducible. */
  private static int seed(long seed) {
    int bits = Long.hashCode(seed);
    return bits == -1 ? 0x5eed : bits;
  }
}
