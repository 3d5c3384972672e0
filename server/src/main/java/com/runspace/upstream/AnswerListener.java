package com.runspace.upstream;

import io.vertx.core.buffer.Buffer;

/**
 * Hears what becomes of a request, on the event loop that sent it. After {@link #end} or {@link
 * #failed}, or after the request was cancelled, it hears nothing more.
 */
public interface AnswerListener {
  /**
   * The head of the answer is here.
   *
   * @param retryAfterSeconds what the provider asked for, 0 when it did not
   */
  void head(int status, String contentType, long retryAfterSeconds);

  /** More of the body is here. */
  void bytes(Buffer bytes);

  /** The answer ended as HTTP says it should. */
  void end();

  /** It did not. */
  void failed(UpstreamFault fault);
}
