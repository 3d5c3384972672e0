package com.runspace.web;

import com.runspace.http.Exchange;
import com.runspace.http.Fallbacks;
import io.vertx.core.http.HttpHeaders;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What no door takes, told to people with a page and to programs as before. Whoever takes HTML and
 * asks for something that is not below the paths of programs is taken for a person.
 */
public final class PageFallbacks implements Fallbacks {
  private static final Set<String> PROGRAMS =
      Set.of("v1", "auth", "mcp", "healthz", "readyz", ".well-known", "oauth", "register");

  private final Fallbacks programs;
  private final Pages pages;
  private final Function<Exchange, @Nullable Viewer> viewers;

  /**
   * Answers people with pages.
   *
   * @param programs answers everybody else
   * @param viewers who is signed in; reads memory only
   */
  public PageFallbacks(
      Fallbacks programs, Pages pages, Function<Exchange, @Nullable Viewer> viewers) {
    this.programs = programs;
    this.pages = pages;
    this.viewers = viewers;
  }

  private static boolean isPerson(Exchange exchange) {
    String accept = exchange.request().getHeader(HttpHeaders.ACCEPT);
    String path = exchange.request().path();
    if (accept == null || !accept.contains("text/html") || path == null) {
      return false;
    }
    String first = path.startsWith("/") ? path.substring(1).split("/", 2)[0] : path;
    return !PROGRAMS.contains(first);
  }

  private void say(Exchange exchange, int status, String title, String text) {
    pages.say(exchange, status, viewers.apply(exchange), title, text);
  }

  @Override
  public void unknownPath(Exchange exchange) {
    if (isPerson(exchange)) {
      say(exchange, 404, "There is no such page", "Look in the navigation for where to go.");
    } else {
      programs.unknownPath(exchange);
    }
  }

  @Override
  public void otherMethod(Exchange exchange, Set<String> allowed) {
    if (isPerson(exchange)) {
      exchange.response().headers().set("allow", String.join(", ", allowed));
      exchange.closeAfterAnswer();
      say(exchange, 405, "Not in that way", "This address cannot be opened like that.");
    } else {
      programs.otherMethod(exchange, allowed);
    }
  }

  @Override
  public void failed(Exchange exchange) {
    if (isPerson(exchange)) {
      say(
          exchange,
          500,
          "Something failed here",
          "It is not your doing. When it stays so, tell the operator the number of this request: "
              + exchange.id());
    } else {
      programs.failed(exchange);
    }
  }

  @Override
  public void unreadable(Exchange exchange) {
    programs.unreadable(exchange);
  }

  @Override
  public void headTooLarge(Exchange exchange) {
    programs.headTooLarge(exchange);
  }
}
