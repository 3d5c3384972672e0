package com.runspace.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.web.Form;
import com.runspace.web.Page;
import java.net.URLEncoder;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /oauth/authorize}: an app sends somebody here to ask for access (OAuth 2.1, section
 * 4.1.1). First the client and its redirect are judged, and what is wrong there is told on a page:
 * "the authorization server … MUST NOT automatically redirect the user agent to the invalid
 * redirect URI". What is wrong after that is told to the app. Unknown parameters are ignored (3.1),
 * as is {@code prompt}: the page of approval is shown every time.
 */
final class AuthorizeEndpoint implements Handler {
  private static final List<String> NAMES =
      List.of(
          "response_type",
          "response_mode",
          "client_id",
          "redirect_uri",
          "scope",
          "state",
          "code_challenge",
          "code_challenge_method");

  /** 32 bytes of SHA-256 in base64url (RFC 7636, section 4.2). */
  private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

  private static final String AGAIN =
      " Remove the RunSpace connector in the app and add it again. Reference: ";

  private final OAuth.Shared shared;

  AuthorizeEndpoint(OAuth.Shared shared) {
    this.shared = shared;
  }

  /** What a look at the client gave: one of the two. */
  private record Judged(@Nullable Client client, String reason) {}

  @Override
  public void handle(Exchange exchange) {
    if (shared.limits().requests().take(exchange.clientAddress()) > 0) {
      refuse(exchange, 429, "Too many requests", "Wait a minute and try again.", "too often");
      return;
    }
    Form query;
    try {
      String text = exchange.request().query();
      query = Form.of(text == null ? "" : text);
    } catch (IllegalArgumentException notEncoded) {
      refuse(exchange, 400, "That request cannot be read", "", "not encoded");
      return;
    }
    String id = query.text("client_id");
    String redirect = query.text("redirect_uri");
    boolean isTwice = query.all("client_id").size() > 1 || query.all("redirect_uri").size() > 1;
    if (id.isEmpty() || redirect.isEmpty() || isTwice) {
      refuse(
          exchange,
          400,
          "That request is not whole",
          "The app did not say who it is, or where the answer goes." + AGAIN + exchange.id(),
          "client_id or redirect_uri is missing or comes twice");
      return;
    }
    Answers.work(
        exchange,
        () -> client(id, redirect),
        judged -> {
          Client client = judged.client();
          if (client == null) {
            refuse(
                exchange,
                400,
                "RunSpace does not know this app",
                "It is not registered here, or its description cannot be had."
                    + AGAIN
                    + exchange.id(),
                judged.reason());
          } else if (!client.allows(redirect)) {
            refuse(
                exchange,
                400,
                "The answer would go to the wrong place",
                "The app asked to be answered at an address that it has not registered, so nothing"
                    + " was sent there."
                    + AGAIN
                    + exchange.id(),
                "redirect_uri is not registered");
          } else {
            judge(exchange, query, client, redirect);
          }
        },
        () -> Answers.sorry(exchange, shared));
  }

  private Judged client(String id, String redirect) throws SQLException {
    if (!ClientDocuments.isAddress(id)) {
      return shared
          .grants()
          .client(id)
          .map(found -> new Judged(found, ""))
          .orElseGet(() -> new Judged(null, "client_id is unknown"));
    }
    return switch (shared.documents().find(id, redirect)) {
      case ClientDocuments.Found.Known known -> new Judged(known.client(), "");
      case ClientDocuments.Found.Missing missing -> new Judged(null, missing.reason());
    };
  }

  private void refuse(Exchange exchange, int status, String title, String text, String reason) {
    Answers.log(exchange, "page", reason);
    shared.pages().say(exchange, status, shared.viewers().apply(exchange), title, text);
  }

  /** From here on the redirect is trusted. */
  private void judge(Exchange exchange, Form query, Client client, String redirect) {
    String state = query.has("state") ? query.all("state").getFirst() : null;
    Map<String, String> wrong = wrong(query);
    if (!wrong.isEmpty()) {
      Answers.log(exchange, wrong.getOrDefault("error", ""), "to the app");
      answer(exchange, shared.issuer(), redirect, state, wrong);
      return;
    }
    List<String> scopes = Arrays.asList(query.text("scope").split(" ", -1));
    boolean isOffline = scopes.contains(Issuer.OFFLINE);
    Pending.Request request =
        new Pending.Request(
            client,
            redirect,
            state,
            query.text("code_challenge"),
            // What is asked for and unknown is left out, and the answer says so (3.2.2.1).
            Issuer.SCOPE + (isOffline ? " " + Issuer.OFFLINE : ""),
            client.refreshes() || isOffline);
    Page.redirect(exchange, ConsentPage.path(shared.pending().add(request)));
  }

  private Map<String, String> wrong(Form query) {
    for (String name : NAMES) {
      if (query.all(name).size() > 1) {
        return error("invalid_request", name + " comes twice");
      }
    }
    if (!query.text("response_type").equals("code")) {
      return query.has("response_type")
          ? error("unsupported_response_type", "response_type must be code")
          : error("invalid_request", "response_type is missing");
    }
    if (query.has("response_mode") && !query.text("response_mode").equals("query")) {
      return error("invalid_request", "response_mode must be query");
    }
    // "If the server requires PKCE … and the client does not send the code challenge … the
    // authorization endpoint MUST return the error invalid_request" (RFC 7636, section 4.4.1); and
    // what is not S256 would be plain.
    if (!query.text("code_challenge_method").equals("S256")
        || !CHALLENGE.matcher(query.text("code_challenge")).matches()) {
      return error("invalid_request", "a code_challenge of the method S256 is needed");
    }
    return query.all("resource").stream().allMatch(shared.issuer()::isResource)
        ? Map.of()
        : error("invalid_target", "resource must be " + shared.issuer().resource());
  }

  private static Map<String, String> error(String error, String description) {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("error", error);
    parameters.put("error_description", description);
    return parameters;
  }

  /**
   * Sends the browser back to the app with an answer, always with {@code iss} (RFC 9207), so that
   * an app that speaks to several servers knows whose answer it is; and always with 303, since
   * after 307 or 308 the browser would post our form to the app.
   */
  static void answer(
      Exchange exchange,
      Issuer issuer,
      String redirect,
      @Nullable String state,
      Map<String, String> parameters) {
    StringBuilder to = new StringBuilder(redirect);
    char border = redirect.indexOf('?') < 0 ? '?' : '&';
    Map<String, String> all = new LinkedHashMap<>(parameters);
    if (state != null) {
      all.put("state", state);
    }
    all.put("iss", issuer.url());
    for (Map.Entry<String, String> each : all.entrySet()) {
      String value = URLEncoder.encode(each.getValue(), UTF_8).replace("+", "%20");
      to.append(border).append(each.getKey()).append('=').append(value);
      border = '&';
    }
    ConsentPage.headers(exchange);
    Page.secure(exchange);
    Answers.plain(exchange);
    exchange.response().headers().set("location", to.toString());
    exchange.answer(303, "text/plain; charset=utf-8", new byte[0]);
  }
}
