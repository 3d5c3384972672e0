package com.runspace.upstream;

import com.runspace.wire.ChatRequest;

/** One provider as seen from one event loop; one final class per kind of provider. */
public sealed interface Upstream permits OpenAiUpstream {
  Provider provider();

  /**
   * Sends a chat completion request as this provider wants it; the listener hears the rest.
   *
   * @param model the provider's own id of the model
   * @param outputLimit tokens per choice
   */
  Sent send(ChatRequest request, String model, long outputLimit, AnswerListener listener);
}
