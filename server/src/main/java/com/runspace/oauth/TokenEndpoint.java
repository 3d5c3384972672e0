package com.runspace.oauth;

import com.runspace.base.Secret;
import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.oauth.Grants.Answer;
import com.runspace.web.Form;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code POST /oauth/token}: a code or a refresh token becomes an access token (OAuth 2.1, section
 * 3.2). All clients are public, so what proves a client is PKCE, and later the refresh token.
 */
final class TokenEndpoint implements Handler {
  private static final List<String> NAMES =
      List.of(
          "grant_type",
          "client_id",
          "code",
          "redirect_uri",
          "code_verifier",
          "refresh_token",
          "scope");

  /** RFC 7636, section 4.1: 43 to 128 unreserved characters. */
  private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");

  private final Watch watch;
  private final OAuth.Shared shared;

  TokenEndpoint(Watch watch, OAuth.Shared shared) {
    this.watch = watch;
    this.shared = shared;
  }

  @Override
  public void handle(Exchange exchange) {
    if (Answers.isTooOften(exchange, shared.limits().tokens())) {
      return;
    }
    Answers.form(exchange, watch, shared.budget(), NAMES, form -> judge(exchange, form));
  }

  private void judge(Exchange exchange, Form form) {
    String authorization = exchange.request().getHeader(HttpHeaders.AUTHORIZATION);
    // Other schemes are what clients add to all that they send, and mean nothing here.
    if (authorization != null && authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
      // "If the client attempted to authenticate via the "Authorization" request header field, the
      // authorization server MUST respond with an HTTP 401" (RFC 6749, section 5.2).
      exchange.response().headers().set("www-authenticate", "Basic realm=\"oauth\"");
      Answers.error(exchange, 401, "invalid_client", "Clients have no secret here.");
      return;
    }
    String grant = form.text("grant_type");
    if (!grant.equals("authorization_code") && !grant.equals("refresh_token")) {
      boolean isMissing = grant.isEmpty();
      Answers.error(
          exchange,
          400,
          isMissing ? "invalid_request" : "unsupported_grant_type",
          "grant_type must be authorization_code or refresh_token.");
      return;
    }
    boolean isCode = grant.equals("authorization_code");
    List<String> needed =
        isCode
            ? List.of("client_id", "code", "redirect_uri", "code_verifier")
            : List.of("client_id", "refresh_token");
    for (String name : needed) {
      if (form.text(name).isEmpty()) {
        Answers.error(exchange, 400, "invalid_request", name + " is missing.");
        return;
      }
    }
    if (!form.all("resource").stream().allMatch(shared.issuer()::isResource)) {
      Answers.error(
          exchange, 400, "invalid_target", "resource must be " + shared.issuer().resource());
      return;
    }
    Answers.work(exchange, () -> exchanged(form, isCode), answer -> say(exchange, answer));
  }

  private Answer exchanged(Form form, boolean isCode) throws SQLException {
    String client = form.text("client_id");
    if (!ClientDocuments.isAddress(client) && shared.grants().client(client).isEmpty()) {
      return new Answer.Refused("invalid_client", "There is no such client; register again.");
    }
    if (!isCode) {
      String token = form.text("refresh_token");
      return Tokens.hasForm(token, Tokens.REFRESH)
          ? shared.grants().refresh(token, client)
          : new Answer.Refused("invalid_grant", "This is no refresh token of ours.");
    }
    String code = form.text("code");
    String verifier = form.text("code_verifier");
    return VERIFIER.matcher(verifier).matches() && Tokens.hasForm(code, Tokens.CODE)
        ? shared.grants().redeem(code, client, form.text("redirect_uri"), verifier)
        : new Answer.Refused("invalid_grant", "The code or its code_verifier has another form.");
  }

  private static void say(Exchange exchange, Answer answer) {
    switch (answer) {
      case Answer.Refused refused ->
          Answers.error(
              exchange,
              refused.error().equals("invalid_client") ? 401 : 400,
              refused.error(),
              refused.description());
      case Answer.Issued issued -> {
        exchange.caller(issued.keyId());
        JsonObject json =
            new JsonObject()
                .put("access_token", issued.access().reveal())
                .put("token_type", "Bearer")
                .put("expires_in", issued.seconds());
        Secret refresh = issued.refresh();
        if (refresh != null) {
          json.put("refresh_token", refresh.reveal());
        }
        Answers.json(exchange, 200, json.put("scope", issued.scope()));
      }
    }
  }
}
