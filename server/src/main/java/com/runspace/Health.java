package com.runspace;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.runspace.http.Exchange;
import com.runspace.models.Catalogue;
import com.runspace.upstream.Providers;

/** {@code GET /healthz} and {@code GET /readyz}: for the machines that look after this one. */
final class Health {
  private static final byte[] OK = "{\"status\":\"ok\"}".getBytes(US_ASCII);
  private static final byte[] NO_MODEL =
      "{\"status\":\"no model can be called\"}".getBytes(US_ASCII);

  private final Catalogue catalogue;
  private final Providers providers;

  Health(Catalogue catalogue, Providers providers) {
    this.catalogue = catalogue;
    this.providers = providers;
  }

  /** The process answers: restarting it would not help. */
  void alive(Exchange exchange) {
    exchange.json(200, OK);
  }

  /** Calls can be sent here: at least one model is listed. */
  void ready(Exchange exchange) {
    boolean ready = !providers.listed(catalogue).isEmpty();
    exchange.json(ready ? 200 : 503, ready ? OK : NO_MODEL);
  }
}
