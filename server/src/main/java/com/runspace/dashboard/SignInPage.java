package com.runspace.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.wallet.Session;
import com.runspace.web.Form;
import com.runspace.web.Frame;
import com.runspace.web.Page;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import java.net.URLEncoder;
import java.util.Optional;
import java.util.function.Function;

/** {@code GET /sign-in}, and what the start page is to somebody who is not signed in. */
public final class SignInPage implements Handler {
  /** How people come in. */
  public enum Entrance {
    /** By signing with a wallet. */
    WALLET,
    /** By the link that {@code ./runspace open} prints. */
    LOCAL,
    /** Not at all: the operator hands out keys. */
    CLOSED
  }

  /**
   * What the page shows.
   *
   * @param next the path to go to after signing in
   * @param phoneLinks whether a phone could open this page in the browser of a wallet
   */
  public record View(
      Frame frame,
      Entrance entrance,
      String next,
      String host,
      boolean phoneLinks,
      String metamask,
      String phantom) {}

  private final Pages pages;
  private final Entrance entrance;
  private final SameOrigin site;
  private final Function<Exchange, Optional<Session>> visitors;

  /**
   * Makes the page.
   *
   * @param visitors finds the session of a browser in memory
   */
  public SignInPage(
      Pages pages,
      Entrance entrance,
      SameOrigin site,
      Function<Exchange, Optional<Session>> visitors) {
    this.pages = pages;
    this.entrance = entrance;
    this.site = site;
    this.visitors = visitors;
  }

  Entrance entrance() {
    return entrance;
  }

  @Override
  public void handle(Exchange exchange) {
    String next = next(exchange);
    if (visitors.apply(exchange).isPresent()) {
      Page.redirect(exchange, next);
    } else {
      show(exchange, next);
    }
  }

  /** Where to go afterwards; a path of ours, whatever the address says. */
  private static String next(Exchange exchange) {
    String query = exchange.request().query();
    try {
      String next = Form.of(query == null ? "" : query).text("next");
      return Page.isOurs(next) ? next : "/";
    } catch (IllegalArgumentException notEncoded) {
      return "/";
    }
  }

  void show(Exchange exchange, String next) {
    String origin = site.origin();
    String host = origin.substring(origin.indexOf("://") + 3);
    String path = "/sign-in" + (next.equals("/") ? "" : "?next=" + URLEncoder.encode(next, UTF_8));
    String page = URLEncoder.encode(origin + path, UTF_8);
    if (next.startsWith("/oauth/")) {
      // The app may have opened us as a window that reports back to it.
      exchange.response().headers().set("cross-origin-opener-policy", "unsafe-none");
    }
    View view =
        new View(
            pages.frame("Sign in", "", null),
            entrance,
            next,
            host,
            origin.startsWith("https://"),
            "https://link.metamask.io/dapp/" + host + path,
            "https://phantom.app/ul/browse/" + page + "?ref=" + URLEncoder.encode(origin, UTF_8));
    pages.show(exchange, 200, "signin.jte", view);
  }
}
