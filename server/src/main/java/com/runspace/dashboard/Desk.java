package com.runspace.dashboard;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.AccountId;
import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.http.Blocking;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.http.MemoryBudget;
import com.runspace.wallet.Session;
import com.runspace.web.Form;
import com.runspace.web.Frame;
import com.runspace.web.Page;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.web.Viewer;
import io.vertx.core.http.HttpHeaders;
import java.lang.System.Logger;
import java.net.URLEncoder;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The way of every page that belongs to somebody: who asks, may they, do the work beside the event
 * loop, answer. A form is taken only from our own pages, and from nobody else before its body is
 * read.
 */
public final class Desk {
  private static final Logger LOG = System.getLogger(Desk.class.getName());
  private static final CharSequence CSV =
      HttpHeaders.createOptimized("text/csv; charset=utf-8; header=present");

  /**
   * What the pages share.
   *
   * @param visitors finds the session of a browser in memory
   * @param viewers who looks on in a session; reads memory only
   * @param confirmed whether a wallet has signed in a session lately enough for a change
   */
  public record Parts(
      Pages pages,
      SignInPage signIn,
      SameOrigin sameOrigin,
      Function<Exchange, Optional<Session>> visitors,
      Function<Session, Viewer> viewers,
      Predicate<Session> confirmed,
      Time time,
      MemoryBudget budget) {}

  /**
   * Somebody asks for a page, or has sent a form.
   *
   * @param path as it was asked for
   * @param query what stands behind the question mark
   * @param form the fields that were sent; empty for a GET
   * @param isConfirmed whether a wallet of theirs has signed just now
   */
  public record Visit(
      Session session,
      Viewer viewer,
      String path,
      Form query,
      Form form,
      boolean isConfirmed,
      Instant now) {
    public AccountId account() {
      return session.account();
    }
  }

  /** The answer to a visit. */
  public sealed interface Reply {
    /** A page. */
    record Html(int status, String html) implements Reply {}

    /** Look there. */
    record To(String path) implements Reply {}

    /** A file to keep. */
    record Download(String name, String text) implements Reply {}
  }

  /** What makes the answer. It may block, and is not on an event loop. */
  @FunctionalInterface
  public interface Work {
    Reply on(Visit visit) throws SQLException;
  }

  private final Parts parts;

  public Desk(Parts parts) {
    this.parts = parts;
  }

  /** A page for who is signed in; others are asked to, and come back to it. */
  public Handler page(Work work) {
    return exchange -> {
      Session session = parts.visitors().apply(exchange).orElse(null);
      if (session == null) {
        Page.redirect(exchange, "/sign-in?next=" + URLEncoder.encode(asked(exchange), UTF_8));
        return;
      }
      run(exchange, session, Form.of(""), work, _ -> {});
    };
  }

  /** The start page: for nobody in particular the sign-in, else what is to be seen. */
  public Handler start(Work work) {
    return exchange -> {
      Session session = parts.visitors().apply(exchange).orElse(null);
      if (session == null) {
        parts.signIn().show(exchange, "/");
      } else {
        run(exchange, session, Form.of(""), work, _ -> {});
      }
    };
  }

  private static String asked(Exchange exchange) {
    String uri = exchange.request().uri();
    return Page.isOurs(uri) ? uri : "/";
  }

  /** Takes a form. */
  public Handler form(Watch watch, Work work) {
    return form(watch, work, _ -> {});
  }

  /**
   * Takes a form.
   *
   * @param before is done to the answer when the work has succeeded
   */
  public Handler form(Watch watch, Work work, Consumer<Exchange> before) {
    return exchange -> {
      if (!parts.sameOrigin().allowsForm(exchange)) {
        refuse(
            exchange,
            403,
            "Not from here",
            "This form was not sent by a page of this service, so nothing was done. Open the page"
                + " from the navigation and send it again.");
        return;
      }
      Session session = parts.visitors().apply(exchange).orElse(null);
      if (session == null) {
        refuse(
            exchange,
            401,
            "Your session has ended",
            "Nothing was done. Sign in again in another tab, come back to this one, and send the"
                + " form once more.");
        return;
      }
      Form.read(
          exchange,
          watch,
          parts.budget(),
          new Form.Listener() {
            @Override
            public void filled(Form form) {
              run(exchange, session, form, work, before);
            }

            @Override
            public void refused(Form.Problem problem) {
              say(exchange, session, problem.status(), "That form cannot be read", words(problem));
            }
          });
    };
  }

  private static String words(Form.Problem problem) {
    return switch (problem) {
      case TOO_LARGE -> "It is larger than any form of this service. Nothing was done.";
      case TOO_SLOW -> "It came too slowly. Nothing was done; please send it again.";
      case NO_FORM, BROKEN -> "It is not what a browser sends from a form. Nothing was done.";
      case NO_MEMORY -> "The service has too much to do just now. Please send it again shortly.";
    };
  }

  private void refuse(Exchange exchange, int status, String title, String text) {
    exchange.closeAfterAnswer();
    parts.pages().say(exchange, status, null, title, text);
  }

  private void say(Exchange exchange, Session session, int status, String title, String text) {
    parts.pages().say(exchange, status, viewer(session), title, text);
  }

  private void run(
      Exchange exchange, Session session, Form form, Work work, Consumer<Exchange> before) {
    Visit visit;
    try {
      visit = visit(exchange, session, form);
    } catch (IllegalArgumentException notEncoded) {
      say(exchange, session, 400, "That address cannot be read", "Something in it is not encoded.");
      return;
    }
    Blocking.run(
        () -> work.on(visit),
        reply -> {
          before.accept(exchange);
          answer(exchange, reply);
        },
        fault -> {
          LOG.log(Logger.Level.ERROR, exchange.id(), fault);
          boolean isStore = fault instanceof SQLException;
          say(
              exchange,
              session,
              isStore ? 503 : 500,
              isStore ? "The store does not answer" : "Something failed here",
              (isStore ? "Please try again in a moment." : "It is not your doing.")
                  + " When it stays so, tell the operator the number of this request: "
                  + exchange.id());
        });
  }

  private Visit visit(Exchange exchange, Session session, Form form) {
    String query = exchange.request().query();
    Instant now = Instant.ofEpochMilli(parts.time().epochMillis());
    return new Visit(
        session,
        viewer(session),
        String.valueOf(exchange.request().path()),
        Form.of(query == null ? "" : query),
        form,
        parts.confirmed().test(session),
        now);
  }

  private static void answer(Exchange exchange, Reply reply) {
    switch (reply) {
      case Reply.Html page -> Page.send(exchange, page.status(), page.html());
      case Reply.To there -> Page.redirect(exchange, there.path());
      case Reply.Download file -> {
        Page.secure(exchange);
        exchange.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        exchange
            .response()
            .putHeader("content-disposition", "attachment; filename=\"" + file.name() + "\"");
        exchange.answer(200, CSV, file.text().getBytes(UTF_8));
      }
    }
  }

  /** Whether there are no wallets here, and everybody is the one who runs this machine. */
  boolean isLocal() {
    return parts.signIn().entrance() == SignInPage.Entrance.LOCAL;
  }

  /** Who is signed in, as the frame of a page shows them. */
  public Viewer viewer(Session session) {
    return parts.viewers().apply(session);
  }

  /** Who asks, for pages that are for everybody; null when nobody is signed in. */
  public @Nullable Viewer viewer(Exchange exchange) {
    return parts.visitors().apply(exchange).map(this::viewer).orElse(null);
  }

  /** What stands around a page. */
  public Frame frame(Visit visit, String title, String section) {
    return parts.pages().frame(title, section, visit.viewer());
  }

  /** A page as an answer. */
  public Reply html(int status, String template, Record view) {
    return new Reply.Html(status, parts.pages().render(template, view));
  }

  /** A page that says that something is not there. */
  public Reply missing(Visit visit, String text) {
    return new Reply.Html(404, parts.pages().message("Not found", text, visit.viewer()));
  }
}
