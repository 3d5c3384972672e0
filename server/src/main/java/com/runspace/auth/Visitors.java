package com.runspace.auth;

import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.http.Exchange;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.web.Cookies;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Who a request is of, by its cookies: one names a session, the other a browser that has none yet,
 * so that a challenge for one browser cannot be answered in another. Answers from memory, on the
 * event loop. Safe to share between threads.
 */
public final class Visitors {
  private static final String SESSION = "sid";
  private static final String BROWSER = "pre";
  private static final Duration BROWSER_LIFE = Duration.ofMinutes(10);
  private static final int BROWSER_BYTES = 32;
  private static final Pattern BROWSER_FORM = Pattern.compile("[A-Za-z0-9_-]{43}");

  private final Sessions sessions;
  private final Cookies cookies;
  private final Time time;
  private final Randomness random;

  public Visitors(Sessions sessions, Cookies cookies, Time time, Randomness random) {
    this.sessions = sessions;
    this.cookies = cookies;
    this.time = time;
    this.random = random;
  }

  /** The session of a request; it counts as seen. */
  public Optional<Session> find(Exchange exchange) {
    return cookies.find(exchange, SESSION).flatMap(sessions::find);
  }

  /** Whether a wallet has signed in this session in the last fifteen minutes, or none need to. */
  public boolean isConfirmed(Session session) {
    return sessions.isConfirmed(session);
  }

  /** Has the browser of an exchange keep the cookie of a session. */
  void enter(Exchange exchange, Session session, Secret cookie) {
    long millis = session.expires().toEpochMilli() - time.epochMillis();
    cookies.set(exchange, SESSION, cookie.reveal(), Duration.ofMillis(millis));
  }

  /** Has the browser forget its session. */
  public void leave(Exchange exchange) {
    cookies.clear(exchange, SESSION);
  }

  /** What the browser is known by before it has a session; empty when it is not known. */
  String browser(Exchange exchange) {
    String found = cookies.find(exchange, BROWSER).orElse("");
    return BROWSER_FORM.matcher(found).matches() ? found : "";
  }

  /** As {@link #browser}, and a browser that is not known will be from now on. */
  String meet(Exchange exchange) {
    String known = browser(exchange);
    if (known.isEmpty()) {
      byte[] bits = new byte[BROWSER_BYTES];
      random.fill(bits);
      known = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }
    cookies.set(exchange, BROWSER, known, BROWSER_LIFE);
    return known;
  }

  /** What the browser calls itself; empty when it does not say. */
  static String agent(Exchange exchange) {
    String agent = exchange.request().getHeader(HttpHeaders.USER_AGENT);
    return agent == null ? "" : agent;
  }
}
