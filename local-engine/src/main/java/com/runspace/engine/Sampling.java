package com.runspace.engine;

/**
 * How the next token is chosen. What a request leaves open has llama.cpp's own defaults.
 *
 * @param temperature 0 takes the likeliest token each time
 * @param topP share of the probability to choose from
 * @param seed of the random choices; the lower 32 bits count
 * @param frequencyPenalty per earlier occurrence of a token
 * @param presencePenalty for any earlier occurrence of a token
 */
record Sampling(
    double temperature, double topP, long seed, double frequencyPenalty, double presencePenalty) {
  static final double DEFAULT_TEMPERATURE = 0.8;
  static final double DEFAULT_TOP_P = 0.95;
}
