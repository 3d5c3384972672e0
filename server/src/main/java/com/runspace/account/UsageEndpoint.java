package com.runspace.account;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.base.Day;
import com.runspace.base.Time;
import com.runspace.gateway.Refusals;
import com.runspace.http.Blocking;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.ledger.LocalLedger;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.lang.System.Logger;

/**
 * {@code GET /v1/usage?from=DAY&to=DAY&by=day,model,key&format=csv}: what the account of the key
 * has used and was charged. Calls are in it a second or so after their end.
 */
public final class UsageEndpoint implements Handler {
  private static final Logger LOG = System.getLogger(UsageEndpoint.class.getName());

  private static final CharSequence CSV =
      HttpHeaders.createOptimized("text/csv; charset=utf-8; header=present");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");

  private final Keyring keyring;
  private final LocalLedger ledger;
  private final Time time;

  public UsageEndpoint(Keyring keyring, LocalLedger ledger, Time time) {
    this.keyring = keyring;
    this.ledger = ledger;
    this.time = time;
  }

  @Override
  public void handle(Exchange exchange) {
    Caller caller = Refusals.caller(exchange, keyring);
    if (caller == null) {
      return;
    }
    HttpServerRequest request = exchange.request();
    UsageReport.Query query;
    try {
      query =
          UsageReport.Query.of(
              request.getParam("from"),
              request.getParam("to"),
              request.getParam("by"),
              Day.ofEpochMillis(time.epochMillis()));
    } catch (IllegalArgumentException wrong) {
      Refusals.send(
          exchange, Refusal.of(ApiError.INVALID_VALUE, String.valueOf(wrong.getMessage())));
      return;
    }
    boolean csv = "csv".equals(request.getParam("format"));
    Blocking.run(
        () -> UsageReport.of(ledger.history(), caller.account(), query),
        report -> {
          String text = csv ? report.csv() : report.json().encode();
          exchange.answer(200, csv ? CSV : JSON, text.getBytes(UTF_8));
        },
        fault -> {
          LOG.log(Logger.Level.ERROR, exchange.id(), fault);
          Refusals.send(
              exchange,
              Refusal.of(ApiError.OVERLOADED, "The history cannot be read just now.")
                  .retryAfter(5));
        });
  }
}
