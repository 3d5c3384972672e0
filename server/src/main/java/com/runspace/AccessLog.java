package com.runspace;

import com.runspace.gateway.CallObserver;
import com.runspace.http.Exchange;
import com.runspace.http.Observer;
import com.runspace.journal.Settlement;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One line for each finished request: who, what, how long, and what a call used. Never a key, a
 * prompt, or a path as it was written: a path can carry secrets, so its route stands for it.
 */
final class AccessLog implements Observer {
  /** The name under which the lines stand in the log. */
  static final String NAME = "com.runspace.access";

  private static final Logger LOG = System.getLogger(NAME);
  private static final long MILLI_NANOS = 1_000_000;
  private static final int METHOD_MAX = 16;

  /** What nginx and those after it say of a client that did not wait for an answer. */
  private static final int CLIENT_LEFT = 499;

  private final Observer next;

  /**
   * Logs what it hears and passes it on.
   *
   * @param next hears everything after this
   */
  AccessLog(Observer next) {
    this.next = next;
  }

  /** Taken on the event loop; becomes text on the thread that writes the log. */
  private record Line(Map<String, Object> members) implements Log.Facts {}

  @Override
  public void connected() {
    next.connected();
  }

  @Override
  public void disconnected() {
    next.disconnected();
  }

  @Override
  public void finished(Exchange exchange) {
    // Probes come every few seconds and say nothing.
    boolean probe = exchange.route().equals("/healthz") || exchange.route().equals("/readyz");
    Level level = probe ? Level.DEBUG : Level.INFO;
    if (LOG.isLoggable(level)) {
      String method = exchange.request().method().name();
      String route = exchange.route().isEmpty() ? "unknown" : exchange.route();
      String shown = method.substring(0, Math.min(METHOD_MAX, method.length()));
      LOG.log(level, shown + " " + route, new Line(members(exchange)));
    }
    next.finished(exchange);
  }

  /** The status that was sent; {@code 499} when the client left before there was one. */
  static int status(Exchange exchange) {
    return exchange.response().headWritten() ? exchange.response().getStatusCode() : CLIENT_LEFT;
  }

  private static Map<String, Object> members(Exchange exchange) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("requestId", exchange.id());
    members.put("status", status(exchange));
    members.put("client", exchange.clientAddress());
    putText(members, "key", exchange.keyId());
    putText(members, "clientRequestId", exchange.clientRequestId());
    putText(members, "refusal", exchange.refusal());
    members.put("ms", exchange.elapsedNanos() / MILLI_NANOS);
    members.put("headMs", exchange.headNanos() / MILLI_NANOS);
    if (exchange.about() instanceof CallObserver.Call call) {
      Settlement settlement = call.settlement();
      members.put("model", call.model());
      putText(members, "provider", settlement.provider());
      members.put("ended", settlement.ended().name().toLowerCase(Locale.ROOT));
      members.put("basis", settlement.basis().name().toLowerCase(Locale.ROOT));
      members.put("promptTokens", settlement.promptTokens());
      members.put("cachedTokens", settlement.cachedTokens());
      members.put("outputTokens", settlement.outputTokens());
      members.put("costNanos", call.charged().value());
      members.put("firstTextMs", call.firstTextNanos() / MILLI_NANOS);
      putMark(members, "clamped", settlement.clamped());
      putMark(members, "flagged", settlement.flagged());
    }
    return members;
  }

  private static void putText(Map<String, Object> members, String name, String value) {
    if (!value.isEmpty()) {
      members.put(name, value);
    }
  }

  private static void putMark(Map<String, Object> members, String name, boolean marked) {
    if (marked) {
      members.put(name, true);
    }
  }
}
