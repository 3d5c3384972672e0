package com.runspace.dashboard;

import com.runspace.base.AccountId;
import com.runspace.base.Watch;
import com.runspace.gateway.Refusals;
import com.runspace.http.Exchange;
import com.runspace.http.Handler;
import com.runspace.keys.Caller;
import com.runspace.keys.Door;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import com.runspace.models.Model;
import com.runspace.wallet.Session;
import com.runspace.web.Frame;
import com.runspace.web.Pages;
import com.runspace.web.SameOrigin;
import com.runspace.wire.ApiError;
import com.runspace.wire.Refusal;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /playground}: a chat in the browser. Its calls go the way of all others, under a
 * credential of its own that stands among the keys, can be revoked there, and whose text nobody has
 * ever seen.
 */
public final class PlaygroundPage {
  private static final String NAME = "Playground";

  /**
   * What {@code playground.jte} shows.
   *
   * @param isOn whether the playground's credential is alive
   */
  public record View(Frame frame, boolean isOn, List<Choice> models, String script) {}

  /** A model; prices in nano-dollars per million tokens, for the page to reckon with. */
  public record Choice(String id, String name, long input, long cached, long output) {}

  private final Desk desk;
  private final Pages pages;
  private final StoredKeyring keyring;
  private final Supplier<List<Model>> listed;
  private final Function<Exchange, Optional<Session>> visitors;
  private final SameOrigin origin;

  /**
   * Makes the page.
   *
   * @param listed the models that can be called now; reads memory only
   */
  public PlaygroundPage(
      Desk desk,
      Pages pages,
      StoredKeyring keyring,
      Supplier<List<Model>> listed,
      Function<Exchange, Optional<Session>> visitors,
      SameOrigin origin) {
    this.desk = desk;
    this.pages = pages;
    this.keyring = keyring;
    this.listed = listed;
    this.visitors = visitors;
    this.origin = origin;
  }

  /** {@code GET /playground}. */
  public Handler show() {
    return desk.page(visit -> {
      AccountId account = visit.account();
      // Whoever comes for the first time finds it on; whoever revoked it finds it off.
      if (keyring.playground(account).isEmpty() && !everHad(account)) {
        make(account);
      }
      boolean isOn = keyring.playground(account).isPresent();
      List<Choice> models = listed.get().stream().map(PlaygroundPage::choice).toList();
      Frame frame = desk.frame(visit, "Playground", "/playground");
      View view = new View(frame, isOn, models, pages.path("playground.js"));
      return desk.html(200, "playground.jte", view);
    });
  }

  private static Choice choice(Model model) {
    return new Choice(
        model.id(),
        model.card().name(),
        model.price().input(),
        model.price().cached(),
        model.price().output());
  }

  private boolean everHad(AccountId account) throws SQLException {
    return keyring.list(account).stream()
        .anyMatch(key -> key.settings().doors().contains(Door.PLAYGROUND));
  }

  private void make(AccountId account) throws SQLException {
    KeySettings settings =
        new KeySettings(NAME, Set.of(Door.PLAYGROUND), Set.of(), null, Limits.NONE, null);
    var _ = keyring.create(account, settings);
  }

  /** {@code POST /playground/key}: switches it on again after it was revoked. */
  public Handler switchOn(Watch watch) {
    return desk.form(
        watch,
        visit -> {
          if (keyring.playground(visit.account()).isEmpty()) {
            make(visit.account());
          }
          return new Desk.Reply.To("/playground");
        });
  }

  /** Who chats; null when that is nobody, and then it is answered. Never blocks. */
  public @Nullable Caller caller(Exchange exchange) {
    Session session = origin.allowsScript(exchange) ? visitors.apply(exchange).orElse(null) : null;
    if (session == null) {
      return refused(exchange, Refusal.of(ApiError.NOT_SIGNED_IN, "Sign in first."));
    }
    Caller caller = keyring.playground(session.account()).orElse(null);
    if (caller == null) {
      return refused(
          exchange,
          Refusal.of(ApiError.KEY_SCOPE, "The playground is off. Switch it on on its page."));
    }
    exchange.caller(caller.keyId());
    return caller;
  }

  private static @Nullable Caller refused(Exchange exchange, Refusal refusal) {
    exchange.closeAfterAnswer();
    Refusals.send(exchange, refusal);
    return null;
  }
}
