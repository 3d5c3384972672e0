package com.runspace.auth;

import com.runspace.gateway.Refusals;
import com.runspace.http.Exchange;
import com.runspace.wallet.Accounts;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import java.util.function.Consumer;

/** Ends sessions, and takes wallets from accounts. */
final class SessionEndpoint {
  private final JsonDoor door;
  private final Sessions sessions;
  private final Accounts accounts;
  private final Visitors visitors;

  SessionEndpoint(JsonDoor door, Auth.Shared shared) {
    this.door = door;
    this.sessions = shared.sessions();
    this.accounts = shared.accounts();
    this.visitors = shared.visitors();
  }

  /** {@code POST /auth/logout}: it is no error when nobody was signed in. */
  void logout(Exchange exchange) {
    door.read(
        exchange,
        null,
        _ -> {
          visitors.leave(exchange);
          Session session = visitors.find(exchange).orElse(null);
          if (session == null) {
            JsonDoor.answerNothing(exchange);
            return;
          }
          JsonDoor.work(
              exchange,
              () -> sessions.end(session.account(), session.id()),
              _ -> JsonDoor.answerNothing(exchange));
        });
  }

  /** {@code POST /auth/logout-everywhere}. */
  void logoutEverywhere(Exchange exchange) {
    door.read(
        exchange,
        null,
        _ ->
            withSession(
                exchange,
                session -> {
                  visitors.leave(exchange);
                  JsonDoor.work(
                      exchange,
                      () -> sessions.endAll(session.account()),
                      _ -> JsonDoor.answerNothing(exchange));
                }));
  }

  /** {@code POST /auth/end-session}: one of one's own, here or elsewhere. */
  void end(Exchange exchange) {
    door.read(
        exchange,
        null,
        json -> {
          String id = json.member("session").text();
          withSession(
              exchange,
              session ->
                  JsonDoor.work(
                      exchange,
                      () -> sessions.end(session.account(), id),
                      ended -> {
                        if (ended) {
                          JsonDoor.answerNothing(exchange);
                        } else {
                          Refusals.send(
                              exchange,
                              Refusal.of(
                                  ApiError.INVALID_VALUE, "There is no such session.", "session"));
                        }
                      }));
        });
  }

  /** {@code POST /auth/unlink}. */
  void unlink(Exchange exchange) {
    door.read(
        exchange,
        null,
        json -> {
          String wallet = json.member("wallet").text();
          withSession(
              exchange,
              session -> {
                if (!visitors.isConfirmed(session)) {
                  Refusals.send(
                      exchange,
                      Refusal.of(
                          ApiError.CONFIRMATION_REQUIRED,
                          "Sign with a wallet of this account first."));
                  return;
                }
                JsonDoor.work(
                    exchange,
                    () -> accounts.unlink(session.account(), wallet),
                    unlinked -> answer(exchange, unlinked));
              });
        });
  }

  private static void answer(Exchange exchange, Accounts.Unlinked unlinked) {
    switch (unlinked) {
      case DONE -> JsonDoor.answerNothing(exchange);
      case UNKNOWN ->
          Refusals.send(
              exchange,
              Refusal.of(ApiError.INVALID_VALUE, "This account has no such wallet.", "wallet"));
      case LAST ->
          Refusals.send(
              exchange,
              Refusal.of(
                  ApiError.WALLET_CONFLICT,
                  "This is the account's only wallet, and without it nobody could sign in. Link"
                      + " another one first."));
    }
  }

  private void withSession(Exchange exchange, Consumer<Session> then) {
    visitors
        .find(exchange)
        .ifPresentOrElse(
            then,
            () -> Refusals.send(exchange, Refusal.of(ApiError.NOT_SIGNED_IN, "Sign in first.")));
  }
}
