package com.runspace.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.AccountId;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.wallet.OneTimeCodes;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.web.AddressLimits;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;

/** {@code GET /auth/open?code=…}: the sign-in link that local mode prints. */
final class OpenEndpoint implements Handler {
  private static final String STALE =
      "This link was used already or is too old. Run './runspace open' for a new one.\n";
  private static final String OFTEN = "Too many tries. Wait a minute.\n";

  private final OneTimeCodes codes;
  private final AccountId account;
  private final Sessions sessions;
  private final Visitors visitors;
  private final AddressLimits limits;

  OpenEndpoint(OneTimeCodes codes, AccountId account, AddressLimits limits, Auth.Shared shared) {
    this.codes = codes;
    this.account = account;
    this.sessions = shared.sessions();
    this.visitors = shared.visitors();
    this.limits = limits;
  }

  @Override
  public void handle(Exchange exchange) {
    JsonDoor.plain(exchange);
    if (exchange.request().method().equals(HttpMethod.HEAD)) {
      // Whoever only looks at links does not use this one up.
      JsonDoor.answerNothing(exchange);
      return;
    }
    if (limits.take(exchange.clientAddress()) > 0) {
      exchange.answer(429, "text/plain; charset=utf-8", OFTEN.getBytes(UTF_8));
      return;
    }
    String code = exchange.request().getParam("code");
    if (code == null || !codes.use(code)) {
      exchange.answer(403, "text/plain; charset=utf-8", STALE.getBytes(UTF_8));
      return;
    }
    String agent = Visitors.agent(exchange);
    Session before = visitors.find(exchange).orElse(null);
    JsonDoor.work(
        exchange,
        () -> {
          if (before != null) {
            sessions.end(before.account(), before.id());
          }
          return sessions.openLocal(account, agent);
        },
        opened -> {
          visitors.enter(exchange, opened.session(), opened.cookie());
          exchange.response().headers().set(HttpHeaders.LOCATION, "/");
          exchange.answer(303, "text/plain; charset=utf-8", new byte[0]);
        });
  }
}
