package com.runspace.oauth;

import com.runspace.base.Watch;
import com.runspace.chain.Json;
import com.runspace.http.BodyReader;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.http.MemoryBudget;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.HexFormat;
import java.util.Locale;

/**
 * {@code POST /oauth/register} (RFC 7591): any program may make itself known, since all that it
 * gets is a name for itself. What it says is shown to people as what it says. Of the metadata only
 * what is taken is echoed: "The authorization server MAY reject or replace any of the client's
 * requested metadata values" (section 3.2.1).
 */
final class RegistrationEndpoint implements Handler {
  private static final int BODY_BYTES_MAX = 16 << 10;
  private static final String METADATA = "invalid_client_metadata";

  private final Watch watch;
  private final OAuth.Shared shared;

  RegistrationEndpoint(Watch watch, OAuth.Shared shared) {
    this.watch = watch;
    this.shared = shared;
  }

  @Override
  public void handle(Exchange exchange) {
    if (Answers.isTooOften(exchange, shared.limits().registrations())) {
      return;
    }
    String type = exchange.request().getHeader(HttpHeaders.CONTENT_TYPE);
    if (type == null
        || !type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals("application/json")) {
      exchange.closeAfterAnswer();
      Answers.error(exchange, 400, METADATA, "Send the metadata as application/json.");
      return;
    }
    BodyReader.read(
        exchange,
        watch,
        shared.budget(),
        BODY_BYTES_MAX,
        new BodyReader.Listener() {
          @Override
          public void whole(byte[] body, MemoryBudget.Share share) {
            share.giveBack();
            register(exchange, body);
          }

          @Override
          public void refused(BodyReader.Problem problem) {
            exchange.closeAfterAnswer();
            boolean isOurs = problem == BodyReader.Problem.NO_MEMORY;
            Answers.error(
                exchange,
                isOurs ? 503 : 400,
                isOurs ? "temporarily_unavailable" : METADATA,
                "The metadata could not be read; 16 KiB are the most.");
          }
        });
  }

  private void register(Exchange exchange, byte[] body) {
    Client client;
    try {
      String id = "client_" + HexFormat.of().toHexDigits(shared.random().nextLong());
      client = Client.read(id, Json.read(body), shared.redirects());
    } catch (Client.WrongRedirect wrong) {
      Answers.error(exchange, 400, "invalid_redirect_uri", wrong.getMessage() + ".");
      return;
    } catch (IllegalArgumentException wrong) {
      Answers.error(exchange, 400, METADATA, "The metadata do not have the form of RFC 7591.");
      return;
    }
    Answers.work(
        exchange,
        () -> shared.grants().register(client),
        isKept -> {
          if (isKept) {
            Answers.json(exchange, 201, json(client));
          } else {
            exchange.response().headers().set("retry-after", "60");
            Answers.error(
                exchange, 503, "temporarily_unavailable", "Too many clients register just now.");
          }
        });
  }

  private JsonObject json(Client client) {
    JsonArray grants = new JsonArray().add("authorization_code");
    if (client.refreshes()) {
      grants.add("refresh_token");
    }
    return new JsonObject()
        .put("client_id", client.id())
        .put("client_id_issued_at", shared.time().epochMillis() / 1000)
        .put("client_name", client.name())
        .put("redirect_uris", new JsonArray(client.redirects()))
        .put("grant_types", grants)
        .put("response_types", new JsonArray().add("code"))
        .put("token_endpoint_auth_method", "none");
  }
}
