package com.runspace.auth;

import com.runspace.base.Secret;
import com.runspace.base.Time;
import com.runspace.chain.Json;
import com.runspace.gateway.Refusals;
import com.runspace.http.Exchange;
import com.runspace.keys.Door;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import com.runspace.wallet.Session;
import com.runspace.wallet.Sessions;
import com.runspace.wallet.SignIn;
import com.runspace.wallet.SignInText;
import com.runspace.web.AddressLimits;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /auth/challenge} and {@code POST /auth/verify}: proof that somebody holds a wallet,
 * for signing in, for linking one more wallet, and before changes that matter.
 */
final class SignInEndpoint {
  private static final int CHALLENGES_PER_MINUTE = 20;
  private static final int VERIFICATIONS_PER_MINUTE = 10;
  private static final long KEY_DAYS_MAX = 3650;

  /** How often one address may ask; shared by all event loops. */
  record Pace(AddressLimits challenges, AddressLimits verifications) {
    static Pace of(Time time) {
      return new Pace(
          new AddressLimits(time, CHALLENGES_PER_MINUTE),
          new AddressLimits(time, VERIFICATIONS_PER_MINUTE));
    }
  }

  /** What a sign-in gave, with the key that was asked for. */
  private record Done(SignIn.Outcome outcome, @Nullable Secret key, @Nullable Refusal noKey) {}

  private final JsonDoor door;
  private final Pace pace;
  private final SignIn signIn;
  private final Sessions sessions;
  private final StoredKeyring keyring;
  private final Visitors visitors;
  private final Time time;

  SignInEndpoint(JsonDoor door, Pace pace, Auth.Shared shared) {
    this.door = door;
    this.pace = pace;
    this.signIn = shared.signIn();
    this.sessions = shared.sessions();
    this.keyring = shared.keyring();
    this.visitors = shared.visitors();
    this.time = shared.time();
  }

  void challenge(Exchange exchange) {
    door.read(
        exchange,
        pace.challenges(),
        json -> {
          SignIn.Ask ask =
              new SignIn.Ask(
                  json.member("chain").text(),
                  JsonDoor.optional(json, "address"),
                  json.member("purpose").text());
          Session session = visitors.find(exchange).orElse(null);
          SignIn.Visitor visitor = new SignIn.Visitor(visitors.meet(exchange), session, "");
          JsonDoor.work(
              exchange,
              () -> signIn.challenge(ask, visitor),
              asked -> {
                switch (asked) {
                  case SignIn.Challenge challenge -> JsonDoor.answer(exchange, json(challenge));
                  case SignIn.Refused refused -> Refusals.send(exchange, refusal(refused));
                }
              });
        });
  }

  private static JsonObject json(SignIn.Challenge challenge) {
    SignInText input = challenge.input();
    JsonObject json =
        new JsonObject().put("id", challenge.id()).put("expires_at", input.expires().toString());
    if (challenge.message() != null) {
      json.put("message", challenge.message());
    }
    if (!challenge.isEvm()) {
      json.put(
          "solana",
          new JsonObject()
              .put("domain", input.domain())
              .put("statement", input.statement())
              .put("uri", input.uri())
              .put("version", "1")
              .put("chainId", input.chainId())
              .put("nonce", input.nonce())
              .put("issuedAt", input.issued().toString())
              .put("expirationTime", input.expires().toString())
              .put("requestId", input.requestId()));
    }
    return json;
  }

  void verify(Exchange exchange) {
    door.read(
        exchange,
        pace.verifications(),
        json -> {
          SignIn.Reply reply = reply(json);
          Json wish = json.find("key");
          KeySettings key = wish == null ? null : key(wish, reply.purpose());
          @Nullable Session old = visitors.find(exchange).orElse(null);
          SignIn.Visitor visitor =
              new SignIn.Visitor(visitors.browser(exchange), old, Visitors.agent(exchange));
          JsonDoor.work(exchange, () -> work(reply, visitor, key), done -> answer(exchange, done));
        });
  }

  private static SignIn.Reply reply(Json json) {
    return new SignIn.Reply(
        json.member("id").text(),
        json.member("chain").text(),
        json.member("address").text(),
        json.member("purpose").text(),
        json.member("signature").text(),
        JsonDoor.optional(json, "kind"),
        JsonDoor.optional(json, "signed"),
        JsonDoor.optional(json, "message"));
  }

  /** Everything about the key is judged before the signature is used up. */
  private KeySettings key(Json wish, String purpose) {
    if (!purpose.equals("sign_in")) {
      throw new IllegalArgumentException("'key' is for the purpose sign_in alone.");
    }
    Json days = wish.find("expires_days");
    @Nullable Instant expires = null;
    if (days != null) {
      long number = days.number();
      if (number < 1 || number > KEY_DAYS_MAX) {
        throw new IllegalArgumentException("key.expires_days must be from 1 to " + KEY_DAYS_MAX);
      }
      expires = Instant.ofEpochMilli(time.epochMillis()).plus(Duration.ofDays(number));
    }
    return new KeySettings(
        wish.member("name").text(), Door.OF_KEYS, Set.of(), null, Limits.NONE, expires);
  }

  private Done work(SignIn.Reply reply, SignIn.Visitor visitor, @Nullable KeySettings key)
      throws SQLException {
    SignIn.Outcome outcome = signIn.verify(reply, visitor);
    if (!(outcome instanceof SignIn.SignedIn signedIn)) {
      return new Done(outcome, null, null);
    }
    StoredKeyring.Created made =
        key == null ? null : keyring.createWithin(signedIn.wallet().account(), key).orElse(null);
    if (key != null && made == null) {
      sessions.end(signedIn.session().account(), signedIn.session().id());
      String full = "The account has " + StoredKeyring.LIVE_MAX + " live keys.";
      return new Done(outcome, null, Refusal.of(ApiError.WALLET_CONFLICT, full));
    }
    // Whoever had this browser before is signed out of it.
    Session before = visitor.session();
    if (before != null) {
      sessions.end(before.account(), before.id());
    }
    return new Done(outcome, made == null ? null : made.secret(), null);
  }

  private void answer(Exchange exchange, Done done) {
    if (done.noKey() != null) {
      Refusals.send(exchange, done.noKey());
      return;
    }
    switch (done.outcome()) {
      case SignIn.SignedIn in -> {
        visitors.enter(exchange, in.session(), in.cookie());
        JsonObject json = json(in.session(), in.wallet().address().shown());
        JsonDoor.answer(exchange, done.key() == null ? json : json.put("key", done.key().reveal()));
      }
      case SignIn.Linked linked ->
          JsonDoor.answer(exchange, json(linked.session(), linked.address().shown()));
      case SignIn.Confirmed confirmed ->
          JsonDoor.answer(exchange, json(confirmed.session(), confirmed.address().shown()));
      case SignIn.Refused refused -> Refusals.send(exchange, refusal(refused));
    }
  }

  private static JsonObject json(Session session, String address) {
    return new JsonObject()
        .put("account", session.account().value())
        .put("address", address)
        .put("session", true);
  }

  private static Refusal refusal(SignIn.Refused refused) {
    ApiError error =
        switch (refused.reason()) {
          case MALFORMED -> ApiError.INVALID_VALUE;
          case CHALLENGE -> ApiError.CHALLENGE_EXPIRED;
          case SIGNATURE -> ApiError.SIGNATURE_INVALID;
          case NOT_SIGNED_IN -> ApiError.NOT_SIGNED_IN;
          case NOT_CONFIRMED -> ApiError.CONFIRMATION_REQUIRED;
          case ELSEWHERE, FULL -> ApiError.WALLET_CONFLICT;
          case TOO_OFTEN -> ApiError.RATE_LIMITED;
          case UNAVAILABLE -> ApiError.CHAIN_UNAVAILABLE;
        };
    Refusal refusal = Refusal.of(error, refused.message());
    return switch (refused.reason()) {
      case TOO_OFTEN -> refusal.retryAfter(Duration.ofHours(1).toSeconds());
      case UNAVAILABLE -> refusal.retryAfter(10);
      default -> refusal;
    };
  }
}
