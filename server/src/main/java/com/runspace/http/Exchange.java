package com.runspace.http;

import static java.util.Objects.requireNonNull;

import com.runspace.base.Time;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** One request and the answer to it. Used on its event loop only. */
public final class Exchange {
  private static final CharSequence REQUEST_ID = HttpHeaders.createOptimized("x-request-id");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence API_VERSION = HttpHeaders.createOptimized("openai-version");
  private static final CharSequence API_VERSION_DAY = HttpHeaders.createOptimized("2020-10-01");
  private static final CharSequence PROCESSING =
      HttpHeaders.createOptimized("openai-processing-ms");
  private static final CharSequence CLIENT_REQUEST_ID =
      HttpHeaders.createOptimized("x-client-request-id");
  private static final String BEARER = "bearer ";
  private static final int CLIENT_REQUEST_ID_MAX = 128;
  private static final long MILLI_NANOS = 1_000_000;

  /** HTTP/2's word for: the answer is whole, do not send the rest (RFC 9113, section 8.1). */
  private static final long NO_ERROR = 0;

  /** What the exchanges of one loop share. */
  record Ground(
      Time time, ConnectionDeadlines connections, TrustedProxies proxies, Observer observer) {}

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final String id;
  private final Ground ground;
  private final long startedNanos;
  private long headNanos;
  private boolean closing;
  private boolean over;
  private @Nullable Runnable whenEnded;
  private @Nullable Runnable whenGone;

  // For the log.
  private String route = "";
  private String keyId = "";
  private String refusal = "";
  private @Nullable Record about;

  Exchange(HttpServerRequest request, String id, Ground ground) {
    this.request = request;
    this.response = request.response();
    this.id = id;
    this.ground = ground;
    this.startedNanos = ground.time().nanos();
    MultiMap headers = response.headers();
    headers.set(REQUEST_ID, id);
    headers.set(API_VERSION, API_VERSION_DAY);
    response.headersEndHandler(_ -> headGoesOut());
    response.endHandler(_ -> ended());
    response.closeHandler(_ -> closed());
    ground.connections().began(request.connection());
  }

  private void headGoesOut() {
    headNanos = ground.time().nanos() - startedNanos;
    response.headers().set(PROCESSING, Long.toString(headNanos / MILLI_NANOS));
  }

  private void ended() {
    if (whenEnded != null) {
      whenEnded.run();
    }
    finish();
  }

  private void closed() {
    if (over) {
      return;
    }
    if (whenGone != null) {
      whenGone.run();
    }
    finish();
  }

  private void finish() {
    if (!over) {
      over = true;
      ground.connections().ended(request.connection());
      ground.observer().finished(this);
    }
  }

  /** Runs the action when the answer has been sent whole; several actions run newest first. */
  public void onEnd(Runnable action) {
    Runnable earlier = whenEnded;
    whenEnded =
        earlier == null
            ? action
            : () -> {
              action.run();
              earlier.run();
            };
  }

  /** Runs the action at once when the receiver leaves before the answer has ended. */
  public void onGone(Runnable action) {
    whenGone = action;
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

  /** The address of who called, as far as our proxies tell it; empty when there is none. */
  public String clientAddress() {
    SocketAddress remote = request.remoteAddress();
    String peer = remote == null ? null : remote.hostAddress();
    return peer == null ? "" : ground.proxies().client(peer, request.headers());
  }

  /**
   * What the caller calls this request, for the log: at most 128 visible ASCII characters, so that
   * it cannot pretend to be a line of its own.
   */
  public String clientRequestId() {
    String text = request.headers().get(CLIENT_REQUEST_ID);
    if (text == null) {
      return "";
    }
    int length = Math.min(text.length(), CLIENT_REQUEST_ID_MAX);
    StringBuilder clean = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      clean.append(c > ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '_');
    }
    return clean.toString();
  }

  void route(String pattern) {
    route = pattern;
  }

  /** The pattern of the path that was asked for; empty when there is none. Never a path itself. */
  public String route() {
    return route;
  }

  /** Says who calls, by the public id of the credential. */
  public void caller(String publicKeyId) {
    keyId = publicKeyId;
  }

  /** The public id of the caller's credential; empty when it is not known. */
  public String keyId() {
    return keyId;
  }

  /** Says which error the answer is, by its name in the error table. */
  public void refusal(String error) {
    refusal = error;
  }

  /** The error that was answered, by its name in the error table; empty when it was none. */
  public String refusal() {
    return refusal;
  }

  /** Says what a door did for this request, for the log; not looked into here. */
  public void about(Record facts) {
    about = facts;
  }

  public @Nullable Record about() {
    return about;
  }

  /** Nanoseconds from the head of the request to that of the answer; 0 when it has not gone out. */
  public long headNanos() {
    return headNanos;
  }

  /** Nanoseconds since the head of the request. */
  public long elapsedNanos() {
    return ground.time().nanos() - startedNanos;
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
    answer(status, JSON, body);
  }

  /** Sends a whole answer, unless the head of one has gone out already. */
  public void answer(int status, CharSequence contentType, byte[] body) {
    if (response.headWritten() || response.closed()) {
      return;
    }
    response.setStatusCode(status);
    response.headers().set(HttpHeaders.CONTENT_TYPE, contentType);
    Future<Void> sent = response.end(Buffer.buffer(body));
    if (closing && isHttp2()) {
      // In a turn of its own: the end of a request may come in the same read as its head.
      sent.onComplete(_ -> requireNonNull(Vertx.currentContext()).runOnContext(_ -> stopSending()));
    } else if (closing) {
      sent.onComplete(_ -> ground.connections().linger(request));
    }
  }

  private void stopSending() {
    if (!request.isEnded()) {
      response.reset(NO_ERROR);
    }
  }

  private boolean isHttp2() {
    return request.version() == HttpVersion.HTTP_2;
  }

  /**
   * Answers without having read the body. A large body that nobody wants is not read to its end:
   * the connection closes after the answer instead. On HTTP/2 only its stream does, which is reset
   * after the answer; there a {@code connection} header is not allowed.
   */
  public void closeAfterAnswer() {
    closing = true;
    if (!isHttp2()) {
      ground.connections().last(request.connection());
      response.headers().set(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
  }
}
