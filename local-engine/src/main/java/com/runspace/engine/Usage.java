package com.runspace.engine;

/**
 * Tokens that were computed: those of the prompt as the chat template wrote it, and every token the
 * model chose, the one that ends the answer included.
 */
record Usage(int promptTokens, int completionTokens) {
  int totalTokens() {
    return promptTokens + completionTokens;
  }
}
