package com.runspace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.http.Exchange;
import com.runspace.models.Catalogue;
import com.runspace.upstream.Providers;
import java.util.function.BooleanSupplier;

/** {@code GET /healthz} and {@code GET /readyz}: for the machines that look after this one. */
final class Health {
  private static final byte[] OK = "{\"status\":\"ok\"}".getBytes(US_ASCII);
  private static final byte[] NO_MODEL =
      "{\"status\":\"no model can be called\"}".getBytes(US_ASCII);

  private static final byte[] NO_LEASES =
      "{\"status\":\"the store was not reached for minutes, or another node has this one's place\"}"
          .getBytes(US_ASCII);

  private final Catalogue catalogue;
  private final Providers providers;
  private final BooleanSupplier mayCharge;

  /**
   * Looks anew each time.
   *
   * @param mayCharge whether this node may use what it has of allowances
   */
  Health(Catalogue catalogue, Providers providers, BooleanSupplier mayCharge) {
    this.catalogue = catalogue;
    this.providers = providers;
    this.mayCharge = mayCharge;
  }

  /** The process answers: restarting it would not help. */
  void alive(Exchange exchange) {
    exchange.json(200, OK);
  }

  /** Calls can be sent here: at least one model is listed, and they can be charged. */
  void ready(Exchange exchange) {
    if (!mayCharge.getAsBoolean()) {
      exchange.json(503, NO_LEASES);
    } else if (providers.listed(catalogue).isEmpty()) {
      exchange.json(503, NO_MODEL);
    } else {
      exchange.json(200, OK);
    }
  }
}
