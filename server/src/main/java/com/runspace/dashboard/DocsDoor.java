package com.runspace.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.web.Frame;
import com.runspace.web.Page;
import com.runspace.web.Pages;
import com.runspace.web.Viewer;
import gg.jte.Content;
import io.vertx.core.http.HttpHeaders;
import java.util.Collection;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code /docs}, {@code /docs/PAGE}, {@code /docs/PAGE.md}, {@code /llms.txt} and {@code
 * /openapi.json}: the public documentation, for people and for programs.
 */
public final class DocsDoor {
  private static final String BELOW = "/docs/";
  private static final String MARKDOWN = ".md";
  private static final CharSequence MARKDOWN_TYPE =
      HttpHeaders.createOptimized("text/markdown; charset=utf-8");
  private static final CharSequence TEXT_TYPE =
      HttpHeaders.createOptimized("text/plain; charset=utf-8");

  /** What {@code docs.jte} shows. */
  public record View(
      Frame frame, Docs.Article article, Content text, Collection<Docs.Article> all) {}

  private final Docs docs;
  private final Pages pages;
  private final Function<Exchange, @Nullable Viewer> viewers;

  /**
   * Serves these docs.
   *
   * @param viewers who looks, null when nobody is signed in; never blocks
   */
  public DocsDoor(Docs docs, Pages pages, Function<Exchange, @Nullable Viewer> viewers) {
    this.docs = docs;
    this.pages = pages;
    this.viewers = viewers;
  }

  /** {@code GET /docs} and all below it. */
  public Handler articles() {
    return exchange -> {
      String path = String.valueOf(exchange.request().path());
      String name = path.startsWith(BELOW) ? path.substring(BELOW.length()) : Docs.INDEX;
      if (name.endsWith(MARKDOWN)) {
        docs.article(name.substring(0, name.length() - MARKDOWN.length()))
            .ifPresentOrElse(
                article -> plain(exchange, MARKDOWN_TYPE, article.markdown()),
                () -> unknown(exchange));
      } else {
        docs.article(name)
            .filter(article -> article.path().equals(path))
            .ifPresentOrElse(article -> show(exchange, article), () -> unknown(exchange));
      }
    };
  }

  private void show(Exchange exchange, Docs.Article article) {
    String title = article.name().equals(Docs.INDEX) ? "Docs" : article.title();
    Frame frame = pages.frame(title, "/docs", viewers.apply(exchange));
    // The text is ours, and its HTML was escaped where it was rendered.
    Content text = output -> output.writeContent(article.html());
    pages.show(exchange, 200, "docs.jte", new View(frame, article, text, docs.articles()));
  }

  private void unknown(Exchange exchange) {
    pages.say(
        exchange,
        404,
        viewers.apply(exchange),
        "There is no such page",
        "The documentation has no page of this name.");
  }

  private static void plain(Exchange exchange, CharSequence type, String text) {
    Page.secure(exchange);
    exchange.response().headers().set(HttpHeaders.CACHE_CONTROL, "public, max-age=300");
    exchange.answer(200, type, text.getBytes(UTF_8));
  }

  /** {@code GET /llms.txt}. */
  public Handler llms() {
    return exchange -> plain(exchange, TEXT_TYPE, docs.llms());
  }

  /** {@code GET /openapi.json}. */
  public Handler openApi() {
    return exchange -> {
      // Tools in a browser read it from pages of any origin; there is nothing secret in it.
      exchange.response().headers().set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
      plain(exchange, "application/json", docs.openApi());
    };
  }
}
