package com.runspace.dashboard;

import com.runspace.base.Randomness;
import com.runspace.base.Secret;
import com.runspace.base.Watch;
import com.runspace.http.Handler;
import com.runspace.keys.KeySettings;
import com.runspace.keys.Limits;
import com.runspace.keys.StoredKeyring;
import com.runspace.models.Model;
import com.runspace.web.Frame;
import com.runspace.web.OneTimeForms;
import com.runspace.web.Pages;
import com.runspace.web.Viewer;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /connect}: set-ups to paste, for everybody, and, for who is signed in, a key for one
 * client, which is shown once within the set-up of that client.
 */
public final class ConnectPage {

  /**
   * What {@code connect.jte} shows.
   *
   * @param once names this showing of the forms, so that one sent twice makes one key
   * @param confirm whether a wallet has to sign before a form is taken
   * @param refused a form was refused because of that
   * @param problem why no key was made, in words; empty when nothing is wrong
   */
  public record View(
      Frame frame,
      List<Snippets.Setup> setups,
      String once,
      boolean confirm,
      boolean refused,
      String problem) {}

  /** A set-up with the key that was just made; its text is in no other answer. */
  public record Made(Frame frame, Snippets.Setup setup, String secret) {}

  private final Desk desk;
  private final Pages pages;
  private final StoredKeyring keyring;
  private final Supplier<List<Model>> listed;
  private final OneTimeForms forms;
  private final String publicUrl;

  /**
   * Makes the page.
   *
   * @param listed the models that can be called now; reads memory only
   * @param publicUrl where people reach the service, without a slash at its end
   */
  public ConnectPage(
      Desk desk,
      Pages pages,
      StoredKeyring keyring,
      Supplier<List<Model>> listed,
      Randomness random,
      String publicUrl) {
    this.desk = desk;
    this.pages = pages;
    this.keyring = keyring;
    this.listed = listed;
    this.forms = new OneTimeForms(random);
    this.publicUrl = publicUrl;
  }

  /** {@code GET /connect}, for everybody. */
  public Handler page() {
    Handler own = desk.page(visit -> again(visit, 200, false, ""));
    return exchange -> {
      if (desk.viewer(exchange) == null) {
        pages.show(exchange, 200, "connect.jte", view(null, false, false, ""));
      } else {
        own.handle(exchange);
      }
    };
  }

  private View view(@Nullable Viewer viewer, boolean confirm, boolean refused, String problem) {
    Snippets snippets = snippets(null);
    return new View(
        pages.frame("Connect", "/connect", viewer),
        Arrays.stream(Snippets.Client.values()).map(snippets::of).toList(),
        forms.name(),
        confirm,
        refused,
        problem);
  }

  private Snippets snippets(@Nullable Secret key) {
    return new Snippets(publicUrl, key, Snippets.Choice.of(listed.get()));
  }

  /** {@code POST /connect/key}: makes a key for one client. */
  public Handler key(Watch watch) {
    return desk.form(watch, this::made);
  }

  private Desk.Reply made(Desk.Visit visit) throws SQLException {
    Snippets.Client client = Snippets.Client.of(visit.form().text("client")).orElse(null);
    if (client == null) {
      return again(visit, 422, false, "There is no set-up with a key for this client.");
    }
    if (!visit.isConfirmed()) {
      return again(visit, 403, true, "");
    }
    if (keyring.isFull(visit.account())) {
      return again(visit, 422, false, KeysPage.FULL);
    }
    if (!forms.spend(visit.account(), client.name(), visit.form())) {
      return again(
          visit,
          409,
          false,
          "That key was made already, and its text cannot be shown a second time. Revoke it under"
              + " API keys when you have not copied it.");
    }
    KeySettings settings =
        new KeySettings(client.title(), client.doors(), Set.of(), null, Limits.NONE, null);
    StoredKeyring.Created key = keyring.createWithin(visit.account(), settings).orElse(null);
    if (key == null) {
      return again(visit, 422, false, KeysPage.FULL);
    }
    Secret secret = key.secret();
    Made made =
        new Made(
            desk.frame(visit, "Connect " + client.title(), "/connect"),
            snippets(secret).of(client),
            secret.reveal());
    return desk.html(200, "connected.jte", made);
  }

  private Desk.Reply again(Desk.Visit visit, int status, boolean refused, String problem) {
    return desk.html(
        status, "connect.jte", view(visit.viewer(), !visit.isConfirmed(), refused, problem));
  }
}
