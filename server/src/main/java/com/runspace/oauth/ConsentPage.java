package com.runspace.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.Nanos;
import com.runspace.base.Secret;
import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.wallet.Session;
import com.runspace.web.Form;
import com.runspace.web.Frame;
import com.runspace.web.Page;
import com.runspace.web.Viewer;
import io.vertx.core.MultiMap;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET} and {@code POST /oauth/consent}: somebody sees who asks for what, and says yes or no.
 * The form is taken from this page in this session alone: by where the browser says it comes from,
 * and by a token that no other page can read. It is asked every time, so no app rides on the
 * approval of another one.
 */
public final class ConsentPage {
  private static final String PATH = "/oauth/consent?request=";
  private static final String LIFE = "90";

  /** How long an app may be let in, in days. */
  private static final Map<String, String> LIVES = lives();

  /**
   * What the page shows.
   *
   * @param host of the document that names the app; empty when it named itself
   * @param to the host that the answer is sent to
   * @param isHere whether that is this computer
   * @param isLocalOnly whether any program of this computer could be the app
   * @param token proves that the form is of this page
   * @param confirm whether a wallet has to sign before the form is taken
   * @param refused the form was refused because of that
   */
  public record View(
      Frame frame,
      String name,
      String host,
      String to,
      boolean isHere,
      boolean isLocalOnly,
      String viewer,
      String request,
      String token,
      Map<String, String> lives,
      String life,
      String cap,
      @Nullable String wrong,
      boolean confirm,
      boolean refused) {}

  private final Watch watch;
  private final OAuth.Shared shared;

  ConsentPage(Watch watch, OAuth.Shared shared) {
    this.watch = watch;
    this.shared = shared;
  }

  private static Map<String, String> lives() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("1", "1 day");
    all.put("7", "7 days");
    all.put("30", "30 days");
    all.put(LIFE, "90 days");
    all.put("365", "A year");
    return all;
  }

  /** Where the page of a request is. */
  static String path(String handle) {
    return PATH + handle;
  }

  /**
   * What differs from other pages. There is no form-action: Chromium applies it to the whole chain
   * of redirects after the form, and where an app sends the browser next is its own affair. And the
   * app may have opened us as a window that reports back to it.
   */
  static void headers(Exchange exchange) {
    MultiMap headers = exchange.response().headers();
    headers.set("content-security-policy", Page.POLICY.replace(" form-action 'self';", ""));
    headers.set("cross-origin-opener-policy", "unsafe-none");
  }

  /** {@code GET /oauth/consent}. */
  void show(Exchange exchange) {
    String handle = handle(exchange);
    Session session = shared.visitors().find(exchange).orElse(null);
    if (session == null) {
      headers(exchange);
      Page.redirect(exchange, "/sign-in?next=" + URLEncoder.encode(path(handle), UTF_8));
      return;
    }
    Pending.Request request = shared.pending().find(handle).orElse(null);
    if (request == null) {
      expired(exchange);
    } else {
      show(exchange, 200, session, request, handle, LIFE, "", null, false);
    }
  }

  private static String handle(Exchange exchange) {
    try {
      String query = exchange.request().query();
      String handle = Form.of(query == null ? "" : query).text("request");
      return handle.matches("[\\w-]{1,64}") ? handle : "none";
    } catch (IllegalArgumentException notEncoded) {
      return "none";
    }
  }

  private void expired(Exchange exchange) {
    say(
        exchange,
        400,
        "This request has expired",
        "It was answered already, or is older than ten minutes. Go back to the app and connect"
            + " again. Reference: "
            + exchange.id());
  }

  private void say(Exchange exchange, int status, String title, String text) {
    Answers.log(exchange, "page", title);
    shared.pages().say(exchange, status, shared.viewers().apply(exchange), title, text);
  }

  private void show(
      Exchange exchange,
      int status,
      Session session,
      Pending.Request request,
      String handle,
      String life,
      String cap,
      @Nullable String wrong,
      boolean refused) {
    Viewer viewer = shared.viewers().apply(exchange);
    Client client = request.client();
    View view =
        new View(
            shared.pages().frame("Let " + client.name() + " in?", "/apps", viewer),
            client.name(),
            client.host(),
            Client.hostOf(request.redirect()),
            Client.isLoopback(request.redirect()),
            client.isLocalOnly(),
            viewer == null ? "" : viewer.name(),
            handle,
            shared.pending().token(handle, session.id()),
            LIVES,
            life,
            cap,
            wrong,
            !shared.visitors().isConfirmed(session),
            refused);
    headers(exchange);
    shared.pages().show(exchange, status, "consent.jte", view);
  }

  /** {@code POST /oauth/consent}. */
  void decide(Exchange exchange) {
    if (!shared.origin().allowsForm(exchange)) {
      exchange.closeAfterAnswer();
      say(
          exchange,
          403,
          "Not from here",
          "This form was not sent by the page that asks, so nothing was approved.");
      return;
    }
    Session session = shared.visitors().find(exchange).orElse(null);
    if (session == null) {
      exchange.closeAfterAnswer();
      say(
          exchange,
          401,
          "Your session has ended",
          "Nothing was approved. Go back to the app and connect again.");
      return;
    }
    Form.read(
        exchange,
        watch,
        shared.budget(),
        new Form.Listener() {
          @Override
          public void filled(Form form) {
            decide(exchange, session, form);
          }

          @Override
          public void refused(Form.Problem problem) {
            say(exchange, problem.status(), "That form cannot be read", "Nothing was approved.");
          }
        });
  }

  private void decide(Exchange exchange, Session session, Form form) {
    String handle = form.text("request");
    if (!shared.pending().isToken(form.text("token"), handle, session.id())) {
      say(
          exchange,
          403,
          "Not from here",
          "This form is not the one that was shown to you, so nothing was approved.");
      return;
    }
    Pending.Request request = shared.pending().find(handle).orElse(null);
    if (request == null) {
      expired(exchange);
    } else if (form.text("decision").equals("deny")) {
      shared.pending().take(handle);
      Answers.log(exchange, "access_denied", "by the user");
      AuthorizeEndpoint.answer(
          exchange,
          shared.issuer(),
          request.redirect(),
          request.state(),
          Map.of("error", "access_denied"));
    } else if (form.text("decision").equals("approve")) {
      approve(exchange, session, form, request, handle);
    } else {
      expired(exchange);
    }
  }

  private void approve(
      Exchange exchange, Session session, Form form, Pending.Request request, String handle) {
    String life = form.text("life");
    String cap = form.text("cap");
    Nanos most = cap.isEmpty() ? null : dollars(cap);
    if (!LIVES.containsKey(life) || (most == null && !cap.isEmpty())) {
      String wrong = "Write an amount of dollars such as 0.50, or leave it empty.";
      String chosen = LIVES.containsKey(life) ? life : LIFE;
      show(exchange, 422, session, request, handle, chosen, cap, wrong, false);
      return;
    }
    if (!shared.visitors().isConfirmed(session)) {
      show(exchange, 403, session, request, handle, life, cap, null, true);
      return;
    }
    Answers.work(
        exchange,
        () -> {
          if (shared.grants().isFull(session.account())) {
            return Optional.<Secret>empty();
          }
          // Taken at the last moment, and once: two clicks give one code.
          return shared.pending().take(handle).isEmpty()
              ? Optional.of(new Secret(""))
              : Optional.of(
                  shared
                      .grants()
                      .approve(
                          new Grants.Approval(
                              session.account(),
                              request.client(),
                              request.redirect(),
                              request.challenge(),
                              request.scope(),
                              request.refreshes(),
                              Long.parseLong(life),
                              most)));
        },
        code -> approved(exchange, request, code.map(Secret::reveal).orElse(null)),
        () -> Answers.sorry(exchange, shared));
  }

  private void approved(Exchange exchange, Pending.Request request, @Nullable String code) {
    if (code == null) {
      say(
          exchange,
          409,
          "You have let in as many apps as there can be",
          "End one of them under Apps, then connect again from the app.");
    } else if (code.isEmpty()) {
      expired(exchange);
    } else {
      AuthorizeEndpoint.answer(
          exchange, shared.issuer(), request.redirect(), request.state(), Map.of("code", code));
    }
  }

  private static @Nullable Nanos dollars(String text) {
    String plain = text.startsWith("$") ? text.substring(1).strip() : text;
    return plain.matches("[0-9]{1,9}(\\.[0-9]{1,9})?") ? Nanos.ofUsd(new BigDecimal(plain)) : null;
  }
}
