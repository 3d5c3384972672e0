package com.runspace.oauth;

import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * {@code POST /oauth/revoke} (RFC 7009): ends the grant that a token belongs to. "The authorization
 * server responds with HTTP status code 200 if the token has been revoked successfully or if the
 * client submitted an invalid token" (section 2.2), so nobody learns which tokens there are.
 */
final class RevocationEndpoint implements Handler {
  private static final List<String> NAMES = List.of("token", "token_type_hint", "client_id");

  private final Watch watch;
  private final OAuth.Shared shared;

  RevocationEndpoint(Watch watch, OAuth.Shared shared) {
    this.watch = watch;
    this.shared = shared;
  }

  @Override
  public void handle(Exchange exchange) {
    if (Answers.isTooOften(exchange, shared.limits().tokens())) {
      return;
    }
    Answers.form(
        exchange,
        watch,
        shared.budget(),
        NAMES,
        form -> {
          String token = form.text("token");
          String client = form.text("client_id");
          if (token.isEmpty() || client.isEmpty()) {
            Answers.error(exchange, 400, "invalid_request", "token and client_id are needed.");
            return;
          }
          Answers.work(
              exchange,
              () -> {
                shared.grants().revokeToken(token, client);
                return true;
              },
              _ -> Answers.json(exchange, 200, new JsonObject()));
        });
  }
}
