package com.runspace.gateway;

import com.runspace.base.JsonText;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.models.Catalogue;
import com.runspace.models.Model;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
final class ModelsEndpoint implements Handler {
  static final String PATH = "/v1/models";

  private final Keyring keyring;
  private final Catalogue catalogue;
  private final long createdSeconds;

  ModelsEndpoint(Keyring keyring, Catalogue catalogue, long createdSeconds) {
    this.keyring = keyring;
    this.catalogue = catalogue;
    this.createdSeconds = createdSeconds;
  }

  @Override
  public void handle(Exchange exchange) {
    String bearer = exchange.bearer();
    Caller caller = bearer == null ? null : keyring.find(bearer).orElse(null);
    if (caller == null) {
      Refusals.send(exchange, Refusals.invalidKey(bearer == null));
      return;
    }
    exchange.caller(caller.keyId());
    String path = exchange.request().path();
    if (path == null || path.length() <= PATH.length() + 1) {
      exchange.json(200, list().getBytes(StandardCharsets.UTF_8));
    } else {
      one(exchange, path.substring(PATH.length() + 1));
    }
  }

  /** Ids may hold slashes, which some clients encode and some do not. */
  private void one(Exchange exchange, String encoded) {
    String id;
    try {
      // The decoder is one for forms; in a path a plus is a plus.
      id = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException notEncoded) {
      id = encoded;
    }
    Model model = catalogue.find(id).orElse(null);
    if (model == null) {
      Refusals.send(exchange, Completion.notFound(id));
      return;
    }
    String json = json(new StringBuilder(), model).toString();
    exchange.json(200, json.getBytes(StandardCharsets.UTF_8));
  }

  private String list() {
    StringBuilder out = new StringBuilder("{\"object\":\"list\",\"data\":[");
    String comma = "";
    for (Model model : catalogue.list()) {
      json(out.append(comma), model);
      comma = ",";
    }
    return out.append("]}").toString();
  }

  private StringBuilder json(StringBuilder out, Model model) {
    out.append("{\"id\":");
    JsonText.quote(out, model.id()).append(",\"object\":\"model\",\"created\":");
    out.append(createdSeconds).append(",\"owned_by\":\"runspace\",\"name\":");
    JsonText.quote(out, model.name()).append(",\"context_length\":").append(model.window());
    out.append(",\"max_output_tokens\":").append(model.outputMax());
    return out.append('}');
  }
}
