package com.runspace.engine;

/** Why an answer ended, in OpenAI's words. */
enum FinishReason {
  /** The model ended its answer, or wrote a stop string. */
  STOP("stop"),
  /** The token limit of the request or the context was reached. */
  LENGTH("length");

  private final String word;

  FinishReason(String word) {
    this.word = word;
  }

  String word() {
    return word;
  }
}
