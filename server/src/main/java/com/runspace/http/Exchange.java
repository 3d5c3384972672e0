package com.runspace.http;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One request and the answer to it. Used on its event loop only. */
public final class Exchange {
  private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final String BEARER = "bearer ";
  private static final long LINGER_SECONDS = 1;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final String id;
  private boolean closing;
  private @Nullable Runnable whenEnded;

  Exchange(HttpServerRequest request, String id) {
    this.request = request;
    this.response = request.response();
    this.id = id;
    response.headers().set(REQUEST_ID, id);
  }

  /** Runs the action when the answer has been sent whole; several actions run newest first. */
  public void onEnd(Runnable action) {
    Runnable earlier = whenEnded;
    Runnable all =
        earlier == null
            ? action
            : () -> {
              action.run();
              earlier.run();
            };
    whenEnded = all;
    response.endHandler(_ -> all.run());
  }

  public HttpServerRequest request() {
    return request;
  }

  public HttpServerResponse response() {
    return response;
  }

  /** {@code req_} and 32 hex digits; sent with every answer. */
  public String id() {
    return id;
  }

  /** The 32 hex digits of the id alone. */
  public String callId() {
    return id.substring(4);
  }

  /**
   * The credential of the {@code Authorization} header, or of {@code x-api-key}, which Anthropic's
   * clients send; null when there is none.
   */
  public @Nullable String bearer() {
    String authorization = request.headers().get(HttpHeaders.AUTHORIZATION);
    if (authorization == null) {
      return request.headers().get("x-api-key");
    }
    // The scheme's name is case-insensitive (RFC 9110, section 11.1).
    return authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? authorization.substring(BEARER.length()).strip()
        : null;
  }

  /** Sends a whole JSON answer, unless the head of one has gone out already. */
  public void json(int status, byte[] body) {
    if (response.headWritten() || response.closed()) {
      return;
    }
    response.setStatusCode(status);
    response.headers().set(HttpHeaders.CONTENT_TYPE, JSON);
    Future<Void> sent = response.end(Buffer.buffer(body));
    if (closing) {
      // What still comes of the body is dropped, but read: a close with bytes unread is a reset,
      // and with that the client would lose the answer.
      sent.onComplete(_ -> request.connection().shutdown(LINGER_SECONDS, TimeUnit.SECONDS));
    }
  }

  boolean isClosing() {
    return closing;
  }

  /**
   * Answers without having read the body. A large body that nobody wants is not read to its end:
   * the connection closes after the answer instead.
   */
  public void closeAfterAnswer() {
    closing = true;
    response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
  }
}
