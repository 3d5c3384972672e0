package com.runspace.account;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.runspace.gateway.Refusals;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.keys.Caller;
import com.runspace.keys.Keyring;
import com.runspace.ledger.Spender;
import com.runspace.ledger.Standing;
import io.vertx.core.json.JsonObject;
import java.util.function.Function;

/** {@code GET /v1/key}: how the day stands for the key that asks. Amounts are nano-dollars. */
public final class KeyEndpoint implements Handler {
  private final Keyring keyring;
  private final Function<Spender, Standing> standings;

  /**
   * Answers from memory.
   *
   * @param standings how a spender's day stands; never blocks
   */
  public KeyEndpoint(Keyring keyring, Function<Spender, Standing> standings) {
    this.keyring = keyring;
    this.standings = standings;
  }

  @Override
  public void handle(Exchange exchange) {
    Caller caller = Refusals.caller(exchange, keyring);
    if (caller == null) {
      return;
    }
    Standing day =
        standings.apply(new Spender(caller.account(), caller.keyId(), caller.dailyCap()));
    JsonObject key =
        new JsonObject()
            .put("object", "key")
            .put("id", caller.keyId())
            .put("name", caller.name())
            .put("unit", "nano_usd")
            .put("limit", day.granted().value())
            .put("used", day.used().value())
            .put("held", day.held().value())
            .put("remaining", day.free().value())
            .put("resets_at", day.day().end().toString())
            .put("key_limit", day.cap() == null ? null : day.cap().value())
            .put("key_used", day.usedOfKey().value())
            .put("key_held", day.heldOfKey().value());
    exchange.json(200, key.encode().getBytes(UTF_8));
  }
}
