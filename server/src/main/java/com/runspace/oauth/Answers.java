package com.runspace.oauth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.Watch;
import com.runspace.http.Blocking;
import com.runspace.http.Exchange;
import com.runspace.http.MemoryBudget;
import com.runspace.web.AddressLimits;
import com.runspace.web.Form;
import io.vertx.core.MultiMap;
import io.vertx.core.json.JsonObject;
import java.lang.System.Logger;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/**
 * What the endpoints for programs have in common: a form is read, and what is said back is JSON
 * that nobody keeps, errors in the shape of RFC 6749, section 5.2. Of a refusal the log has its
 * reason and the number of the request, and nothing that was sent.
 */
final class Answers {
  private static final Logger LOG = System.getLogger(Answers.class.getName());

  private Answers() {}

  /**
   * Sets the headers: "The authorization server MUST include the HTTP "Cache-Control" response
   * header field with a value of "no-store"" (RFC 6749, section 5.1).
   */
  static void plain(Exchange exchange) {
    MultiMap headers = exchange.response().headers();
    headers.set("cache-control", "no-store");
    headers.set("pragma", "no-cache");
    headers.set("referrer-policy", "no-referrer");
    headers.set("x-content-type-options", "nosniff");
  }

  static void json(Exchange exchange, int status, JsonObject json) {
    plain(exchange);
    exchange.json(status, json.encode().getBytes(UTF_8));
  }

  /**
   * Answers with an error.
   *
   * @param description ours, without anything that was sent
   */
  static void error(Exchange exchange, int status, String error, String description) {
    log(exchange, error, description);
    json(
        exchange,
        status,
        new JsonObject().put("error", error).put("error_description", description));
  }

  /** Notes why something ended, with the number of the request that its sender knows too. */
  static void log(Exchange exchange, String error, String reason) {
    exchange.refusal(error);
    LOG.log(
        Logger.Level.INFO, "{0} {1}: {2} ({3})", exchange.id(), exchange.route(), error, reason);
  }

  /** Whether an address asks too often; it is answered then. */
  static boolean isTooOften(Exchange exchange, AddressLimits limits) {
    long wait = limits.take(exchange.clientAddress());
    if (wait == 0) {
      return false;
    }
    exchange.closeAfterAnswer();
    exchange.response().headers().set("retry-after", Long.toString(wait));
    error(exchange, 429, "temporarily_unavailable", "Too many requests from this address.");
    return true;
  }

  /** Does work that blocks, and answers with what comes of it. */
  static <T> void work(Exchange exchange, Callable<T> work, Consumer<T> answer) {
    work(
        exchange,
        work,
        answer,
        () -> error(exchange, 503, "temporarily_unavailable", "Try again in a moment."));
  }

  /**
   * Does work that blocks.
   *
   * @param failed answers when it cannot be done; the fault is in the log then
   */
  static <T> void work(Exchange exchange, Callable<T> work, Consumer<T> answer, Runnable failed) {
    Blocking.run(
        work,
        answer,
        fault -> {
          LOG.log(Logger.Level.ERROR, exchange.id(), fault);
          failed.run();
        });
  }

  /** Tells somebody that the store does not answer. */
  static void sorry(Exchange exchange, OAuth.Shared shared) {
    shared
        .pages()
        .say(
            exchange,
            503,
            shared.viewers().apply(exchange),
            "That does not work just now",
            "Nothing was approved. Try again in a moment. Reference: " + exchange.id());
  }

  /**
   * Reads the form of a request.
   *
   * @param names that may come once at most: "Request and response parameters MUST NOT be included
   *     more than once" (RFC 6749, section 3.2)
   */
  static void form(
      Exchange exchange,
      Watch watch,
      MemoryBudget budget,
      List<String> names,
      Consumer<Form> then) {
    Form.read(
        exchange,
        watch,
        budget,
        new Form.Listener() {
          @Override
          public void filled(Form form) {
            if (names.stream().anyMatch(name -> form.all(name).size() > 1)) {
              error(exchange, 400, "invalid_request", "A parameter comes twice.");
            } else {
              then.accept(form);
            }
          }

          @Override
          public void refused(Form.Problem problem) {
            int status = problem == Form.Problem.NO_FORM ? 400 : problem.status();
            String error = status == 503 ? "temporarily_unavailable" : "invalid_request";
            error(exchange, status, error, "Send application/x-www-form-urlencoded parameters.");
          }
        });
  }
}
