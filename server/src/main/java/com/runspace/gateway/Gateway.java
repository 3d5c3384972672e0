package com.runspace.gateway;

import com.runspace.base.Time;
import com.runspace.base.Watch;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.http.MemoryBudget;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.keys.Keyring;
import com.runspace.ledger.Ledger;
import com.runspace.models.Catalogue;
import com.runspace.upstream.Providers;
import com.runspace.upstream.Upstreams;
import com.runspace.wire.AnswerScan;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The doors of this room as one event loop has them. */
public final class Gateway {
  private final ChatEndpoint chat;
  private final Loop loop;
  private final Completion completion;
  private final ModelsEndpoint models;

  /**
   * What all loops share.
   *
   * @param ledgers gives each loop its own
   */
  public record Shared(
      Keyring keyring,
      Catalogue catalogue,
      Providers providers,
      Supplier<Ledger> ledgers,
      MemoryBudget budget,
      Time time,
      CallObserver observer) {}

  /**
   * Hands to the journal what no answer has taken along: the admission of a call whose provider is
   * silent, and records that a disk did not take before.
   */
  private static final class Recording extends Watch.Watched {
    private final Ledger ledger;

    Recording(Ledger ledger) {
      this.ledger = ledger;
    }

    @Override
    protected void tick(long nowNanos) {
      ledger.flush();
    }
  }

  public Gateway(Vertx vertx, Watch watch, Shared shared) {
    Context context = vertx.getOrCreateContext();
    Ledger ledger = shared.ledgers().get();
    loop =
        new Loop(
            context,
            watch,
            shared.time(),
            ledger,
            new Loop.Turn(context, ledger),
            new Upstreams(vertx, shared.providers()),
            shared.budget(),
            shared.observer(),
            new AnswerScan(),
            new HashMap<>());
    watch.add(new Recording(ledger));
    completion = new Completion(shared.catalogue(), loop);
    chat =
        new ChatEndpoint(
            Door.API, exchange -> Refusals.caller(exchange, shared.keyring()), loop, completion);
    models =
        new ModelsEndpoint(
            shared.keyring(),
            shared.catalogue(),
            shared.providers(),
            shared.time().epochMillis() / 1000);
  }

  /** {@code POST /v1/chat/completions}. */
  public Handler chat() {
    return chat;
  }

  /**
   * The chat for another door than the API.
   *
   * @param who finds the caller of a request, or answers it and gives null; never blocks
   */
  public Handler chat(Door door, Function<Exchange, @Nullable Caller> who) {
    return new ChatEndpoint(door, who, loop, completion);
  }

  /** The way in for surfaces that speak another format. */
  public Completion completion() {
    return completion;
  }

  /** {@code GET /v1/models} and what is below it. */
  public Handler models() {
    return models;
  }
}
